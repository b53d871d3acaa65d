// A byte-for-byte bridge from streamable HTTP to a program that speaks MCP on stdin and stdout, since the
// conformance suite speaks HTTP only. The body of a POST is one line of the child's stdin, unchanged; a line
// of its stdout is one SSE event (or, for an error, one JSON body), unchanged. Messages are parsed to find
// their way, never to be written anew, and none is made here: what HTTP adds (session ids, status codes,
// `Host`) is the bridge's, every byte of JSON is the child's.
//
// One child for each session that `initialize` opens; one for each other POST, since from 2026-07-28 on no
// request may depend on an earlier one: but what comes while a subscription is open goes to its child, which
// alone can tell of changes.
//
// node bridge.mjs PROGRAM [ARGUMENT...]   prints its address as one line, and runs until its stdin ends
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const [program, ...given] = process.argv.slice(2);
const sessions = new Map();
let listening = null;

/** A child, and the open HTTP answers that its lines go to. */
class Child {
  constructor() {
    this.posts = new Map(); // by the JSON of the request's id, in order of arrival
    this.stream = null; // the answer to a GET
    this.unsent = [];
    this.process = spawn(program, given, { stdio: ["pipe", "pipe", "inherit"] });
    this.process.stdin.on("error", () => {});
    this.gone = new Promise((gone) => this.process.on("close", gone));
    this.gone.then(() => this.posts.forEach((answer) => (answer.headersSent ? answer.end() : status(answer, 502))));
    createInterface({ input: this.process.stdout, crlfDelay: Infinity }).on("line", (line) => this.route(line));
  }

  write(line) {
    this.process.stdin.write(line + "\n");
  }

  end() {
    this.process.stdin.end();
    return this.gone;
  }

  route(line) {
    const message = JSON.parse(line);
    const key = JSON.stringify(message.id ?? null);
    if (message.method === undefined && this.posts.has(key)) {
      const answer = this.posts.get(key);
      this.posts.delete(key);
      if (message.error && !answer.headersSent && this.errors) {
        answer.writeHead(this.errors(message.error.code), { "Content-Type": "application/json" });
        answer.end(line);
      } else {
        event(answer, line);
        answer.end();
      }
    } else {
      // Only what is for a subscription says so; anything else goes with the newest request that is open.
      const subscription = message.params?._meta?.["io.modelcontextprotocol/subscriptionId"];
      const subscribed = this.posts.get(JSON.stringify(subscription));
      const answer = subscribed ?? [...this.posts.values()].at(-1) ?? this.stream;
      if (answer) event(answer, line);
      else this.unsent.push(line);
    }
  }
}

function event(answer, line) {
  if (!answer.headersSent) answer.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  answer.write(`event: message\ndata: ${line}\n\n`);
}

function status(answer, code) {
  answer.writeHead(code).end();
}

/** The status that the HTTP binding of 2026-07-28 gives an error. */
function statusOf(code) {
  if (code === -32601) return 404;
  return code === -32603 ? 200 : 400;
}

function post(request, answer, body) {
  let message;
  try {
    message = JSON.parse(body);
  } catch {
    return status(answer, 400);
  }
  if (/[\r\n]/.test(body)) return status(answer, 400); // would be two lines
  const id = request.headers["mcp-session-id"];
  let child = sessions.get(id);
  if (id !== undefined && !child) return status(answer, 404);
  if (!child && listening && message.id !== undefined && !listening.posts.has(JSON.stringify(message.id))) {
    child = listening;
  }
  if (!child) {
    child = new Child();
    if (message.method === "initialize" && message.params?.protocolVersion) {
      const session = randomUUID();
      sessions.set(session, child);
      answer.setHeader("Mcp-Session-Id", session);
    } else {
      child.errors = statusOf;
      if (message.method === "subscriptions/listen") listening = child;
      answer.on("close", () => {
        if (listening === child) listening = null;
        child.end();
      });
    }
  }
  child.write(body);
  if (message.method === undefined || message.id === undefined) return status(answer, 202);
  const key = JSON.stringify(message.id);
  child.posts.set(key, answer);
  answer.on("close", () => child.posts.delete(key));
}

async function handle(request, answer) {
  const names = [request.headers.host, request.headers.origin?.replace(/^https?:\/\//, "")];
  if (names.some((name) => name !== undefined && !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(name))) {
    return status(answer, 403);
  }
  const child = sessions.get(request.headers["mcp-session-id"]);
  if (request.method === "POST") {
    const parts = [];
    for await (const part of request) parts.push(part);
    return post(request, answer, Buffer.concat(parts).toString());
  }
  if (request.method === "DELETE" && child) {
    sessions.delete(request.headers["mcp-session-id"]);
    await child.end();
    return status(answer, 200);
  }
  if (request.method === "GET" && child) {
    answer.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
    child.stream = answer;
    child.unsent.splice(0).forEach((line) => event(answer, line));
    return answer.on("close", () => (child.stream = null));
  }
  status(answer, request.headers["mcp-session-id"] ? 404 : 405);
}

const server = createServer((request, answer) => void handle(request, answer));
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
// Whoever started us is gone: children see the end of their input with us.
process.stdin.on("end", () => process.exit(0)).resume();
