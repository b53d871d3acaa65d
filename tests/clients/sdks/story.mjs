// What every JavaScript client goes through with lumabill, told once: connect, list, call, be refused, be asked, close.
// A runner says how its client does each step; story.py tells the same in Python. What goes in and out: ../sdk.py.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

// Milliseconds. Two seconds after closing, the SDKs send SIGTERM: a server that ends at the end of its input is gone before.
const GONE_WITHIN = 1900;
const STORY_WITHIN = 80_000;

const WANTED = ["list_invoices", "create_invoice", "get_invoice", "delete_invoice"];

/**
 * Runs the story and prints its one line of JSON. `connect(server, answer)` starts the client, whose version is the
 * package's, on `server = {command, args, env}` and returns
 *
 * - `era`: the protocol version in use, where the client tells it
 * - `list()`: the tools
 * - `call(name, args, onProgress)`: `{text, structured, failed}`; `structured` is undefined where it is not to be had
 * - `close()`
 * - `elicits`: whether it puts a question to `answer(message)`, which returns "accept" or "decline"
 * - `progresses`: whether it hands progress to `onProgress`
 */
export async function tell(client, name, connect) {
  const line = { client, version: null, era: null, tools: 0, listed: false, invoice_id: null, error: null };
  const late = setTimeout(() => end(line, new Error(`took over ${STORY_WITHIN / 1000} s`)), STORY_WITHIN);
  let failure = null;
  try {
    const manifest = `${process.env.CLIENT_PACK}/node_modules/${name}/package.json`;
    line.version = JSON.parse(readFileSync(manifest, "utf8")).version;
    await steps(line, JSON.parse(readFileSync(0, "utf8")), connect);
  } catch (error) {
    failure = error;
  }
  clearTimeout(late);
  end(line, failure);
}

function end(line, error) {
  // The message again as the last line, which is what the table shows.
  line.error = error && `${error.stack}\n${error.message.split("\n")[0]}`;
  // The process ends here even if the client left something open; once the pipe has taken the line.
  process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(error ? 1 : 0));
}

async function steps(line, { command, args, env, invoice }, connect) {
  const questions = [];
  let reply = "decline";
  const answer = (message) => {
    questions.push(message);
    return reply;
  };
  const session = await connect({ command, args, env }, answer);
  line.era = session.era ?? null;

  const names = (await session.list()).map((tool) => tool.name);
  line.tools = names.length;
  for (const name of WANTED) assert(names.includes(name), `no ${name} among ${names}`);
  const list = done(await session.call("list_invoices", { limit: 2 }));
  assert.equal(list.items.length, 2);
  line.listed = true;

  const refused = await session.call("list_invoices", { nonsense: 1 });
  assert(refused.failed, `an unknown argument was taken: ${refused.text}`);
  assert.match(refused.text, /`list_invoices` has no argument `nonsense`/);
  if (refused.structured) assert(refused.text.includes(refused.structured.error.message), refused.text);

  line.invoice_id = done(await session.call("create_invoice", invoice)).record.id;
  line.confirmed_by = await deletion(session, invoice, questions, () => (reply = "accept"));

  // Some clients start a server for each call: there is nothing to close.
  const stays = children().length > 0;
  const start = Date.now();
  const closed = session.close();
  for (let left = children(); left.length > 0; left = children()) {
    assert(Date.now() - start < GONE_WITHIN, `still running after closing:\n${left.join("\n")}`);
    await sleep(20);
  }
  line.gone_ms = stays ? Date.now() - start : null;
  await closed;
}

/** A second invoice is deleted after a yes and not before. Returns how the yes was given. */
async function deletion(session, invoice, questions, sayYes) {
  const other = { ...invoice, lines: [{ ...invoice.lines[0], price: 90 }] };
  const draft = done(await session.call("create_invoice", other)).record;
  const get = (by, onProgress) => session.call("get_invoice", by, onProgress);
  const remove = (more) => session.call("delete_invoice", { id: draft.id, ...more });

  // A look-up by number reads the list, and says so to a client that wants to know.
  let progress = 0;
  assert.equal(done(await get({ number: draft.number }, () => (progress += 1))).record.id, draft.id);
  if (session.progresses) assert(progress > 0, "no progress was told");

  const declined = await remove({});
  assert(declined.failed, `deleted without a yes: ${declined.text}`);
  done(await get({ id: draft.id }));
  if (session.elicits) {
    assert.equal(questions.length, 1);
    assert(questions[0].includes(draft.number), questions[0]);
    sayYes();
    done(await remove({}));
    assert.equal(questions.length, 2);
  } else {
    assert.match(declined.text, /`confirm_number`/);
    done(await remove({ confirm_number: draft.number }));
  }
  assert((await get({ id: draft.id })).failed, "the draft is still there");
  return session.elicits ? "elicitation" : "argument";
}

/** The facts of a call that succeeded, after a look that text and structured content hold the same. */
function done({ text, structured, failed }) {
  assert(!failed, text);
  const facts = JSON.parse(text);
  if (structured !== undefined) assert.deepEqual(structured, facts);
  return facts;
}

/** Processes that this one started and that run, but for the `ps` that looks. */
function children() {
  const rows = execFileSync("ps", ["-eo", "ppid=,stat=,args="], { encoding: "utf8" }).split("\n");
  return rows.filter((row) => {
    const [parent, state, program] = row.trim().split(/\s+/);
    return parent === String(process.pid) && !state.startsWith("Z") && program !== "ps";
  });
}

/** Text and facts of a result in the protocol's own shape. */
export function result({ content, structuredContent, isError }) {
  const text = content.map((block) => block.text).join("\n");
  return { text, structured: structuredContent, failed: isError === true };
}
