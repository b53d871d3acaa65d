// Clients that are programs: each call is a run of its own, with a config file in the folder where they run.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";

// Milliseconds for one call.
const CALL_WITHIN = 30_000;

/** Writes the server, as `mcpServers` files have it, to a file that only this user can read. Returns its name. */
export function configure({ command, args, env }) {
  const config = { mcpServers: { lumabill: { command, args, env } } };
  writeFileSync("mcp.json", JSON.stringify(config), { mode: 0o600 });
  return "mcp.json";
}

/** Runs a program of the pack. Returns what it printed and its exit code, which has to be one of `codes`. */
export function run(name, args, codes) {
  const path = `${process.env.CLIENT_PACK}/node_modules/.bin/${name}`;
  return new Promise((resolve, reject) => {
    const options = { timeout: CALL_WITHIN, maxBuffer: 16 << 20 };
    execFile(process.execPath, [path, ...args], options, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      if (codes.includes(code)) resolve({ code, stdout });
      else reject(new Error(`${name} ${args.join(" ")}: ended with ${code}\n${stdout}\n${stderr}`));
    });
  });
}
