"""Python SDK 1.x: `ClientSession` over `stdio_client`, with elicitation and progress."""
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client

from story import Result, tell


class Client:
    elicits = True
    progresses = True

    def __init__(self, session, era):
        self._session = session
        self.era = era

    async def names(self):
        return [tool.name for tool in (await self._session.list_tools()).tools]

    async def call(self, name, args, on_progress):
        result = await self._session.call_tool(name, args, progress_callback=on_progress)
        text = "\n".join(block.text for block in result.content)
        return Result(text, result.structuredContent, result.isError)


@asynccontextmanager
async def session(server, person):
    async def elicit(_context, params):
        return types.ElicitResult(action=person.answer(params.message), content={})

    parameters = StdioServerParameters(command=server.command, args=server.args, env=server.env)
    async with stdio_client(parameters) as (read, write):
        async with ClientSession(read, write, elicitation_callback=elicit) as connected:
            started = await connected.initialize()
            yield Client(connected, started.protocolVersion)


tell("python-1", "mcp", session)
