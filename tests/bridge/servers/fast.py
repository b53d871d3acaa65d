"""A server on FastMCP 4: all eras."""
import os

import books
import mcp.types as types
import tokens
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier, StaticTokenVerifier
from mcp.server.auth.settings import ClientRegistrationOptions
from two import asked


def modern(ctx):
    return ctx.request_context.protocol_version >= "2026-07-28"


class Ways:
    ToolError = ToolError

    @staticmethod
    async def changed(ctx, what):
        notice = types.ToolListChangedNotification if what == "tools" else types.ResourceListChangedNotification
        await ctx.send_notification(notice())

    @staticmethod
    async def updated(ctx, uri):
        await ctx.send_notification(
            types.ResourceUpdatedNotification(params=types.ResourceUpdatedNotificationParams(uri=uri)))

    @staticmethod
    async def ask(ctx, message, schema):
        if modern(ctx):
            return asked(ctx, message, schema)
        answer = await ctx.elicit(message, schema)
        said = answer.data.model_dump() if answer.action == "accept" else None
        return f"{answer.action}: {said}"

    @staticmethod
    def learn(server, more):
        server.tool(books.extra) if more else server.local_provider.remove_tool("extra")


def guard():
    """Who is let in."""
    if tokens.TOKEN:
        return StaticTokenVerifier({tokens.TOKEN: {"client_id": "fixed", "scopes": ["books"]}}, required_scopes=["books"])
    if tokens.ISSUER:
        verifier = JWTVerifier(
            jwks_uri=f"{tokens.ISSUER}/jwks", issuer=tokens.ISSUER, audience=tokens.RESOURCE, required_scopes=["books"])
        return RemoteAuthProvider(verifier, authorization_servers=[tokens.ISSUER], base_url=tokens.HERE)
    if os.environ.get("OWN_AUTHORITY"):
        registration = ClientRegistrationOptions(enabled=True, valid_scopes=["books"], default_scopes=["books"])
        return InMemoryOAuthProvider(
            base_url=tokens.HERE, client_registration_options=registration, required_scopes=["books"])
    return None


server = FastMCP("books-fast", version="4", instructions="Keeps books.", auth=guard(), list_page_size=5)
books.fill(server, Context, Ways)
books.serve(server.http_app(path="/mcp"))
