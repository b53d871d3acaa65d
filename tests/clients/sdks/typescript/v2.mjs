// TypeScript SDK v2, which asks the server for its era first, in a process of its own.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { result, tell } from "../story.mjs";

await tell("typescript-v2", "@modelcontextprotocol/client", async (server, answer) => {
  const client = new Client(
    { name: "story", version: "1" },
    { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: "auto" } },
  );
  client.setRequestHandler("elicitation/create", ({ params }) => ({ action: answer(params.message), content: {} }));
  await client.connect(new StdioClientTransport(server));
  return {
    era: client.getNegotiatedProtocolVersion(),
    elicits: true,
    progresses: true,
    list: async () => (await client.listTools()).tools,
    call: async (name, args, onprogress) => result(await client.callTool({ name, arguments: args }, { onprogress })),
    close: () => client.close(),
  };
});
