"""FastMCP's client, on Python SDK 2.x, with elicitation and progress."""
from contextlib import asynccontextmanager

from fastmcp import Client as FastMcpClient
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import StdioTransport

from story import Result, tell


class Client:
    elicits = True
    progresses = True

    def __init__(self, client):
        self._client = client
        self.era = client.protocol_version

    async def names(self):
        return [tool.name for tool in await self._client.list_tools()]

    async def call(self, name, args, on_progress):
        result = await self._client.call_tool(name, args, progress_handler=on_progress, raise_on_error=False)
        text = "\n".join(block.text for block in result.content)
        return Result(text, result.structured_content, result.is_error)


@asynccontextmanager
async def session(server, person):
    async def elicit(message, _answer_type, _params, _context):
        return ElicitResult(action=person.answer(message), content={})

    transport = StdioTransport(server.command, server.args, env=server.env)
    client = FastMcpClient(transport, elicitation_handler=elicit)
    try:
        async with client:
            yield Client(client)
    finally:
        # Left by itself, FastMCP keeps the server for the next connection.
        await client.close()


tell("fastmcp", "fastmcp", session)
