// TypeScript SDK v1, `Client` on stdio, with elicitation and progress.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { result, tell } from "../story.mjs";

await tell("typescript-v1", "@modelcontextprotocol/sdk", async (server, answer) => {
  const client = new Client({ name: "story", version: "1" }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({ action: answer(params.message), content: {} }));
  const transport = new StdioClientTransport(server);
  let era;
  transport.setProtocolVersion = (version) => (era = version);
  await client.connect(transport);
  return {
    era,
    elicits: true,
    progresses: true,
    list: async () => (await client.listTools()).tools,
    call: async (name, args, onprogress) =>
      result(await client.callTool({ name, arguments: args }, undefined, { onprogress })),
    close: () => client.close(),
  };
});
