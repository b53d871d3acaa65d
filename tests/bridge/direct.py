"""A direct connection to a server: streamable HTTP in both eras, and the older HTTP+SSE. Raw JSON, one thread a stream."""
import http.client
import json
import threading
import urllib.parse

from peer import MODERN, PATIENCE, Peer, Silent

ACCEPT = "application/json, text/event-stream"
# These say in `Mcp-Name` what they are about.
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


class Refused(Exception):
    """The server answered with a status and not with a message."""


def events(response):
    """The events of a stream, as pairs of name and data, until it ends."""
    name, data = "message", []
    for line in response:
        line = line.decode().rstrip("\r\n")
        if not line:
            # An empty one only tells an id to go on from.
            if any(data):
                yield name, "\n".join(data)
            name, data = "message", []
        elif line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))


class _Http(Peer):
    """What both transports share: an address, headers, and streams that are read by threads."""

    def __init__(self, address, era, headers):
        super().__init__(era)
        self.address = urllib.parse.urlsplit(address)
        self._headers = headers
        self._sockets = []
        self._closing = False

    def close(self):
        self._closing = True
        for connection in self._sockets:
            if connection.sock:
                # A read of another thread ends by it.
                try:
                    connection.sock.shutdown(2)
                except OSError:
                    pass
            connection.close()

    def _open(self, method, path, body, headers, opened=lambda connection: None):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=PATIENCE)
        self._sockets.append(connection)
        opened(connection)
        connection.request(method, path, body, {**self._headers, **headers})
        return connection.getresponse()

    def _behind(self, work, *arguments):
        def run():
            try:
                work(*arguments)
            except Exception as error:
                if not self._closing:
                    self._break(f"{type(error).__name__}: {error}")
        threading.Thread(target=run, daemon=True).start()


class Streamable(_Http):
    """Streamable HTTP: each message is a POST, answered with JSON or a stream; the legacy era also has a GET stream."""

    def __init__(self, address, era, headers):
        super().__init__(address, era, headers)
        self._session = None
        # The connections of requests that are under way, by id.
        self._under_way = {}

    def open(self):
        answer = super().open()
        if self._session:
            listening = threading.Event()
            self._behind(self._listen, listening)
            if not listening.wait(PATIENCE):
                raise Silent("the server opened no stream")
        return answer

    def close(self):
        if self._session and not self._closing:
            self._open("DELETE", self.address.path, None, self._era_headers()).read()
        super().close()

    def _send(self, message):
        if "id" in message and "method" in message:
            self._behind(self._post, message)
        else:
            self._post(message)

    def _cancel(self, id):
        if self.era != MODERN:
            return super()._cancel(id)
        # The end of the stream is the word for it there.
        connection = self._under_way.pop(id)
        connection.sock.shutdown(2)

    def _post(self, message):
        headers = {"content-type": "application/json", "accept": ACCEPT, **self._era_headers()}
        if self.era == MODERN and "method" in message:
            headers["mcp-method"] = message["method"]
            if field := NAMED.get(message["method"]):
                headers["mcp-name"] = message["params"].get(field, "")
        id, body = message.get("id"), json.dumps(message).encode()
        response = self._open(
            "POST", self.address.path, body, headers, lambda connection: self._under_way.update({id: connection}))
        self._session = response.headers.get("mcp-session-id", self._session)
        kind = response.headers.get("content-type", "").split(";")[0]
        if kind == "text/event-stream" and response.status < 400:
            try:
                for name, data in events(response):
                    if name == "message":
                        self._take(json.loads(data))
            except (OSError, http.client.HTTPException):
                # Cancelled by us.
                if id in self._under_way:
                    raise
            return
        body = response.read()
        if kind == "application/json" and body:
            parsed = json.loads(body)
            if "jsonrpc" in parsed and ("result" in parsed or "error" in parsed):
                # Some answer a refused request without its id.
                self._take({**parsed, "id": message.get("id")})
                return
        if response.status >= 400:
            raise Refused(f"{response.status} to `{message.get('method')}`: {body[:200]}")

    def _era_headers(self):
        version = (self.server or {}).get("result", {}).get("protocolVersion")
        headers = {"mcp-protocol-version": MODERN if self.era == MODERN else version} if self._speaks() else {}
        return {**headers, "mcp-session-id": self._session} if self._session else headers

    def _speaks(self):
        return self.era == MODERN or self.server is not None

    def _listen(self, listening):
        response = self._open("GET", self.address.path, None, {"accept": "text/event-stream", **self._era_headers()})
        listening.set()
        if response.status != 200:
            return
        response.fp.raw._sock.settimeout(None)
        for name, data in events(response):
            if name == "message":
                self._take(json.loads(data))


class Older(_Http):
    """HTTP+SSE: one stream brings every message; its first event names the address that takes them."""

    def open(self):
        self._named = threading.Event()
        self._behind(self._listen)
        if not self._named.wait(PATIENCE):
            raise Silent(f"the stream named no address for messages: {self.broken}")
        return super().open()

    def _send(self, message):
        path = self._messages.path + (f"?{self._messages.query}" if self._messages.query else "")
        response = self._open("POST", path, json.dumps(message).encode(), {"content-type": "application/json"})
        body = response.read()
        if response.status >= 400:
            raise Refused(f"{response.status} to `{message.get('method')}`: {body[:200]}")

    def _listen(self):
        response = self._open("GET", self.address.path, None, {"accept": "text/event-stream"})
        if response.status != 200:
            raise Refused(f"{response.status} to the stream")
        response.fp.raw._sock.settimeout(None)
        for name, data in events(response):
            if name == "endpoint":
                self._messages = urllib.parse.urlsplit(urllib.parse.urljoin(self.address.geturl(), data))
                self._named.set()
            elif name == "message":
                self._take(json.loads(data))
