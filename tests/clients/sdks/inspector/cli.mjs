// MCP Inspector on the command line. Its argument is what it is told of the protocol: `legacy` or `modern`.
import assert from "node:assert/strict";
import { configure, run } from "../program.mjs";
import { result, tell } from "../story.mjs";

const era = process.argv[2];
// Its exit code for a result with `isError`.
const IS_ERROR = 5;

await tell(`inspector-${era}`, "@modelcontextprotocol/inspector", (server) => {
  const config = configure(server);
  const method = async (name, ...more) => {
    const options = ["--cli", "--config", config, "--server", "lumabill", "--protocol-era", era, "--format", "json"];
    const { stdout } = await run("mcp-inspector", [...options, "--method", name, ...more], [0, IS_ERROR]);
    return JSON.parse(stdout);
  };
  return {
    elicits: false,
    progresses: false,
    list: async () => {
      // What other clients or models might not take of our schemas.
      const { result, schemaFindings } = await method("tools/list", "--strict");
      assert.equal(schemaFindings, undefined);
      return result.tools;
    },
    call: async (name, args) => {
      const answer = await method("tools/call", "--tool-name", name, "--tool-args-json", JSON.stringify(args));
      return result(answer.result);
    },
    close: () => {},
  };
});
