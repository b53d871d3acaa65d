"""Python SDK 2.x: `Client`, which asks the server for its era first, with elicitation and progress."""
from contextlib import asynccontextmanager

import mcp_types as types
from mcp import Client as McpClient
from mcp import StdioServerParameters

from story import Result, tell


class Client:
    elicits = True
    progresses = True

    def __init__(self, client):
        self._client = client
        self.era = client.protocol_version

    async def names(self):
        return [tool.name for tool in (await self._client.list_tools()).tools]

    async def call(self, name, args, on_progress):
        result = await self._client.call_tool(name, args, progress_callback=on_progress)
        text = "\n".join(block.text for block in result.content)
        return Result(text, result.structured_content, result.is_error)


@asynccontextmanager
async def session(server, person):
    async def elicit(_context, params):
        return types.ElicitResult(action=person.answer(params.message), content={})

    parameters = StdioServerParameters(command=server.command, args=server.args, env=server.env)
    async with McpClient(parameters, elicitation_callback=elicit) as connected:
        yield Client(connected)


tell("python-2", "mcp", session)
