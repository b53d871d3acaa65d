"""OpenAI Agents SDK: `MCPServerStdio`, which can neither ask nor show progress."""
from contextlib import asynccontextmanager

from agents.mcp import MCPServerStdio

from story import Result, tell


class Client:
    elicits = False
    progresses = False

    def __init__(self, server):
        self._server = server
        self.era = server.session.protocol_version

    async def names(self):
        return [tool.name for tool in await self._server.list_tools()]

    async def call(self, name, args, _on_progress):
        result = await self._server.call_tool(name, args)
        text = "\n".join(block.text for block in result.content)
        return Result(text, result.structured_content, result.is_error)


@asynccontextmanager
async def session(server, _person):
    params = {"command": server.command, "args": server.args, "env": server.env}
    async with MCPServerStdio(params, client_session_timeout_seconds=30) as connected:
        yield Client(connected)


tell("openai-agents", "openai-agents", session)
