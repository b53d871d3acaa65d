"""Who is let in: a fixed token, or one that an authorization server signed for this very server."""
import asyncio
import os

import jwt

TOKEN = os.environ.get("TOKEN", "")
ISSUER = os.environ.get("ISSUER", "")
HERE = f"http://127.0.0.1:{os.environ['PORT']}"
RESOURCE = f"{HERE}/mcp"


class Verifier:
    """The verifier of the Python SDK, for both of its lines; `AccessToken` is the line's own."""

    def __init__(self, AccessToken):
        self._access = AccessToken
        self._keys = jwt.PyJWKClient(f"{ISSUER}/jwks") if ISSUER else None

    async def verify_token(self, token):
        if TOKEN:
            return self._access(token=token, client_id="fixed", scopes=["books"]) if token == TOKEN else None
        try:
            key = await asyncio.to_thread(self._keys.get_signing_key_from_jwt, token)
            claims = jwt.decode(token, key.key, algorithms=["RS256"], issuer=ISSUER, audience=RESOURCE)
        except jwt.PyJWTError:
            return None
        return self._access(
            token=token, client_id=claims["client_id"], scopes=claims.get("scope", "").split(), resource=RESOURCE,
            expires_at=claims["exp"])
