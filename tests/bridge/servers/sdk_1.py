"""A server on the Python SDK 1.x: the older eras."""
import books
import tokens
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.fastmcp import Context, FastMCP
from mcp.server.fastmcp.exceptions import ToolError


class Ways:
    ToolError = ToolError

    @staticmethod
    async def changed(ctx, what):
        await (ctx.session.send_tool_list_changed() if what == "tools" else ctx.session.send_resource_list_changed())

    @staticmethod
    async def updated(ctx, uri):
        await ctx.session.send_resource_updated(uri)

    @staticmethod
    async def ask(ctx, message, schema):
        answer = await ctx.elicit(message, schema)
        said = answer.data.model_dump() if answer.action == "accept" else None
        return f"{answer.action}: {said}"

    @staticmethod
    def learn(server, more):
        server.add_tool(books.extra) if more else server.remove_tool("extra")


auth = {}
if tokens.TOKEN or tokens.ISSUER:
    auth = {
        "auth": AuthSettings(
            issuer_url=tokens.ISSUER or tokens.HERE, resource_server_url=tokens.RESOURCE, required_scopes=["books"],
            validate_token_resource=False),
        "token_verifier": tokens.Verifier(AccessToken),
    }
server = FastMCP("books-1", instructions="Keeps books.", **auth)
books.fill(server, Context, Ways)
books.serve(server.streamable_http_app())
