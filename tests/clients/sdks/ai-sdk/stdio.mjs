// Vercel AI SDK: the tools as `generateText` would be given them, with elicitation.
import { createMCPClient, ElicitationRequestSchema } from "@ai-sdk/mcp";
import { Experimental_StdioMCPTransport as StdioTransport } from "@ai-sdk/mcp/mcp-stdio";
import { result, tell } from "../story.mjs";

await tell("ai-sdk", "@ai-sdk/mcp", async (server, answer) => {
  const client = await createMCPClient({
    transport: new StdioTransport(server),
    capabilities: { elicitation: {} },
  });
  client.onElicitationRequest(ElicitationRequestSchema, ({ params }) => ({
    action: answer(params.message),
    content: {},
  }));
  const tools = await client.tools();
  return {
    era: client.initializeResult.protocolVersion,
    elicits: true,
    progresses: false,
    list: async () => Object.keys(tools).map((name) => ({ name })),
    call: async (name, args) => result(await tools[name].execute(args, { toolCallId: name, messages: [] })),
    close: () => client.close(),
  };
});
