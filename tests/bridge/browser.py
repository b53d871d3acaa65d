"""Plays the person and the browser of an OAuth sign-in, and the client of one for the direct connection."""
import base64
import hashlib
import http.cookiejar
import json
import re
import secrets
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request

# Pages of a sign-in between the first and the last.
PAGES = 12


class NoSignIn(Exception):
    """The pages led nowhere; the text holds the last one."""


def browse(address):
    """Goes where a sign-in leads: fills in the forms and follows, up to the page of whoever waits for it."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)
    page, here = _get(opener, address)
    for _ in range(PAGES):
        form = re.search(r"<form[^>]*\baction=\"([^\"]+)\".*?</form>", page, re.DOTALL)
        if not form:
            return page
        fields = re.findall(r"<input[^>]*\bname=\"([^\"]+)\"(?:[^>]*\bvalue=\"([^\"]*)\")?", form[0])
        given = {name: value or "erika" for name, value in fields}
        page, here = _get(opener, urllib.parse.urljoin(here, form[1]), given)
    raise NoSignIn(page[:500])


def _get(opener, address, form=None):
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        with opener.open(urllib.request.Request(address, data), timeout=20) as answer:
            return answer.read().decode(errors="replace"), answer.url
    except urllib.error.HTTPError as error:
        raise NoSignIn(f"{error.code} at {error.url}: {error.read().decode(errors='replace')[:1000]}") from error


def token(resource, scope):
    """An access token for the direct connection: discovery, registration, PKCE and all."""
    split = urllib.parse.urlsplit(resource)
    origin = f"{split.scheme}://{split.netloc}"
    protected = _json(f"{origin}/.well-known/oauth-protected-resource{split.path}")
    issuer = protected["authorization_servers"][0].rstrip("/")
    server = _json(f"{issuer}/.well-known/oauth-authorization-server")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        redirect = f"http://127.0.0.1:{listener.getsockname()[1]}/done"
        client = _json(server["registration_endpoint"], {
            "client_name": "direct", "redirect_uris": [redirect], "token_endpoint_auth_method": "none",
            "application_type": "native", "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"], "scope": scope})
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = urllib.parse.urlencode({
            "response_type": "code", "client_id": client["client_id"], "redirect_uri": redirect, "scope": scope,
            "state": "direct", "code_challenge": challenge, "code_challenge_method": "S256",
            "resource": protected["resource"], "prompt": "consent"})
        came = []
        waiting = threading.Thread(target=lambda: came.append(_redirected(listener)), daemon=True)
        waiting.start()
        browse(f"{server['authorization_endpoint']}?{query}")
        waiting.join(20)
    form = {
        "grant_type": "authorization_code", "code": came[0]["code"], "redirect_uri": redirect,
        "client_id": client["client_id"], "code_verifier": verifier, "resource": protected["resource"]}
    return _json(server["token_endpoint"], form, kind="form")["access_token"]


def _redirected(listener):
    """The query of the one request that comes."""
    connection, _ = listener.accept()
    with connection:
        line = connection.recv(65536).decode().split(" ")[1]
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone")
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(line).query))


def _json(address, body=None, kind="json"):
    data, headers = None, {}
    if body is not None:
        data = json.dumps(body).encode() if kind == "json" else urllib.parse.urlencode(body).encode()
        headers = {"content-type": "application/json" if kind == "json" else "application/x-www-form-urlencoded"}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(address, data, headers), timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise NoSignIn(f"{error.code} at {address}: {error.read().decode(errors='replace')[:1000]}") from error
