// mcporter on the command line: as `text` it prints a result's text, as `json` its structured content.
import { configure, run } from "../program.mjs";
import { tell } from "../story.mjs";

await tell("mcporter", "mcporter", (server) => {
  const options = ["--config", configure(server)];
  const call = (name, args, output) =>
    run("mcporter", [...options, "call", `lumabill.${name}`, "--args", JSON.stringify(args), "--output", output], [0, 1]);
  return {
    elicits: false,
    progresses: false,
    list: async () => JSON.parse((await run("mcporter", [...options, "list", "lumabill", "--json"], [0])).stdout).tools,
    call: async (name, args) => {
      const { code, stdout: text } = await call(name, args, "text");
      // A read may be done twice, a write not.
      const reads = /^(list|get)_/.test(name);
      const structured = reads ? JSON.parse((await call(name, args, "json")).stdout) : undefined;
      return { text, structured, failed: code !== 0 };
    },
    close: () => {},
  };
});
