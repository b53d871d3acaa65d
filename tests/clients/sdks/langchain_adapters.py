"""LangChain's MCP adapters, which start a server of its own for every call, with elicitation and progress."""
from contextlib import asynccontextmanager

from langchain_mcp_adapters.callbacks import Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient
from mcp.types import ElicitResult

from story import Result, tell


class Client:
    era = None
    elicits = True
    progresses = True

    def __init__(self, server, person):
        self._person = person
        self._on_progress = None
        connection = {"transport": "stdio", "command": server.command, "args": server.args, "env": server.env}
        callbacks = Callbacks(on_elicitation=self._elicit, on_progress=self._progress)
        self._client = MultiServerMCPClient({"lumabill": connection}, callbacks=callbacks)
        self._tools = {}

    async def names(self):
        self._tools = {tool.name: tool for tool in await self._client.get_tools()}
        return list(self._tools)

    async def call(self, name, args, on_progress):
        self._on_progress = on_progress
        message = await self._tools[name].ainvoke({"type": "tool_call", "id": "1", "name": name, "args": args})
        text = "\n".join(block["text"] for block in message.content)
        structured = message.artifact and message.artifact["structured_content"]
        return Result(text, structured, message.status == "error")

    async def _elicit(self, _session, params, _context):
        return ElicitResult(action=self._person.answer(params.message), content={})

    async def _progress(self, *step):
        if self._on_progress:
            await self._on_progress(*step)


@asynccontextmanager
async def session(server, person):
    yield Client(server, person)


tell("langchain", "langchain-mcp-adapters", session)
