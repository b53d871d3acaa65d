// Runs the conformance suite through the bridge, against the product and against the fixtures on the product's
// src/mcp, and judges what it found. Beyond the suite's own word on the baseline: each entry has a reason beside
// it and still fails, and no message breaks the revision's schema, whatever the baseline says. Called by
// tests/conformance/run.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** Codex and Gemini speak 2025-06-18. Nobody froze what it requires, and whatever fails there fails later too. */
const REVISIONS = [
  { revision: "2025-06-18", baselined: "2025-11-25", scenarios: ["--suite", "all", "--spec-version", "2025-06-18"] },
  ...["2025-11-25", "2026-07-28"].map((revision) => ({ revision, scenarios: ["--requirements", revision] })),
];
const [installed, binary, fixtures, ...chosen] = process.argv.slice(2);
const SERVERS = [
  { server: "lumabill", command: [resolve(binary), "serve", "--sandbox"], prefix: "" },
  { server: "fixtures", command: [resolve(fixtures)], prefix: "fixtures-" },
];
const folder = mkdtempSync(join(tmpdir(), "lumabill-conformance-"));

/** The whole environment of a server: nothing of the person who runs this is read or written. */
function sealed(home) {
  const environment = { PATH: process.env.PATH, HOME: home };
  for (const name of ["LUMABILL_CONFIG_DIR", "LUMABILL_STATE_DIR", "XDG_RUNTIME_DIR"]) {
    environment[name] = join(home, name.toLowerCase());
    mkdirSync(environment[name], { recursive: true });
  }
  return environment;
}

/** What a program wrote and how it ended. */
function ended(child) {
  let output = "";
  child.stdout.on("data", (part) => (output += part));
  child.stderr.on("data", (part) => (output += part));
  return new Promise((done) => child.on("close", (code) => done({ code, output })));
}

/** Entries of a baseline (`scenario` or `scenario:check`) with their reasons. */
function entries(file) {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines
    .map((line) => /^\s+-\s+([^\s#]+)\s*(?:#\s*(.*))?$/.exec(line))
    .filter(Boolean)
    .map(([, entry, reason]) => ({ entry, reason }));
}

/** Every check that the suite made, by scenario. */
function checks(folder) {
  return readdirSync(folder).flatMap((name) => {
    const scenario = name.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");
    return JSON.parse(readFileSync(join(folder, name, "checks.json"), "utf8")).map((check) => ({ scenario, ...check }));
  });
}

async function run({ server, command, prefix }, { revision, baselined, scenarios }) {
  const baseline = `tests/conformance/${prefix}${baselined ?? revision}.yml`;
  const home = join(folder, prefix + revision);
  const env = sealed(home);
  const results = join(home, "results");
  const began = Date.now();
  const bridge = spawn(process.execPath, ["tests/conformance/bridge.mjs", ...command], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const url = await new Promise((up, fail) => {
    createInterface({ input: bridge.stdout }).once("line", up);
    bridge.once("exit", (code) => fail(new Error(`the bridge ended with ${code}`)));
  });
  const program = join(installed, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
  const options = ["--url", url, ...scenarios, "--expected-failures", baseline, "-o", results];
  const suite = await ended(spawn(process.execPath, [program, "server", ...options], { env, stdio: "pipe" }));
  bridge.stdin.end();

  const found = checks(results);
  // As with the suite's own baseline, what it only warns of is to be explained too.
  const failed = found.filter((check) => check.status === "FAILURE" || check.status === "WARNING");
  const ran = new Set(found.map((check) => check.scenario));
  const expected = entries(baseline).filter(({ entry }) => !baselined || ran.has(entry.split(":")[0]));
  const excuses = ({ entry }, check) => entry === check.scenario || entry === `${check.scenario}:${check.id}`;
  const problems = [
    ...failed
      .filter((check) => check.id === "wire-schema-valid" || !expected.some((entry) => excuses(entry, check)))
      .map((check) => `${check.scenario}:${check.id} failed: ${check.errorMessage} ${JSON.stringify(check.details ?? {})}`),
    ...expected.filter((entry) => !failed.some((check) => excuses(entry, check))).map(({ entry }) => `${entry} is in the baseline and did not fail`),
    ...expected.filter(({ reason }) => !reason).map(({ entry }) => `${entry} is in the baseline without a reason`),
  ];
  if (suite.code !== 0 && !problems.length) problems.push(`the suite ended with ${suite.code}:\n${suite.output}`);
  const schemas = found.filter((check) => check.id === "wire-schema-valid");
  if (!schemas.some((check) => check.status === "SUCCESS")) problems.push("no message was checked against its schema");
  return {
    problems: problems.map((problem) => `${server} at ${revision}: ${problem}`),
    row: {
      server,
      revision,
      scenarios: ran.size,
      passed: found.filter((check) => check.status === "SUCCESS").length,
      "failed or warned": failed.length,
      "entries in baseline": expected.length,
      "schema of messages": `${schemas.filter((check) => check.status === "SUCCESS").length}/${schemas.length}`,
      seconds: ((Date.now() - began) / 1000).toFixed(1),
    },
  };
}

try {
  const revisions = REVISIONS.filter(({ revision }) => !chosen.length || chosen.includes(revision));
  // All at once: most of their time they wait for what must not come.
  const runs = await Promise.all(revisions.flatMap((revision) => SERVERS.map((server) => run(server, revision))));
  const table = runs.map(({ row }) => Object.values(row).map(String));
  const head = Object.keys(runs[0].row);
  const widths = head.map((name, at) => Math.max(name.length, ...table.map((row) => row[at].length)));
  for (const row of [head, ...table]) console.log(row.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd());
  const problems = runs.flatMap(({ problems }) => problems);
  problems.forEach((problem) => console.error(problem));
  process.exitCode = problems.length ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
