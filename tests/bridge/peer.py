"""One end of a conversation in MCP as raw JSON: what is sent, everything that comes back, and what was asked between.

A peer knows nothing of what it is told. Both eras come out in one form (`Exchange`), so that they can be compared.
"""
import itertools
import threading
import time
from dataclasses import dataclass, field

LEGACY = "2025-11-25"
MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
CLIENT = {"name": "bridge-test", "version": "1"}
CAPABILITIES = {"elicitation": {"form": {}, "url": {}}}
# Seconds until a request without an answer has failed.
PATIENCE = 30.0


class Silent(Exception):
    """Something that had to come did not."""


@dataclass
class Exchange:
    """One request with all that belongs to it."""

    # `{"result": …}` or `{"error": …}`; None where none came.
    answer: dict | None = None
    # `params` of every `notifications/progress`, without the token.
    progress: list = field(default_factory=list)
    # What was asked while it was under way: `{"method": …, "params": …}`.
    asked: list = field(default_factory=list)
    # How long it took.
    seconds: float = 0.0

    def shown(self):
        """As it is compared: the time is not."""
        return {"answer": self.answer, "progress": self.progress, "asked": self.asked}


class Peer:
    """Sends through `_send`, which a transport gives; the transport hands in what arrives through `_take`."""

    def __init__(self, era):
        self.era = era
        self.heard = []
        # What broke below: told by whoever waits.
        self.broken = None
        self.server = None
        self._ids = itertools.count(1)
        self._news = threading.Condition()
        self._replies = []
        self._asked = []

    # --- what a test says

    def open(self):
        """Shakes hands, or asks what the server is; keeps the answer in `server`."""
        if self.era == MODERN:
            self.server = self.request("server/discover", {}).answer
            return self.server
        params = {"protocolVersion": self.era, "capabilities": CAPABILITIES, "clientInfo": CLIENT}
        self.server = self.request("initialize", params).answer
        self.notify("notifications/initialized", {})
        return self.server

    def request(self, method, params, *, progress=False, replies=(), cancel_after=None, patience=PATIENCE):
        """Sends a request and waits for its answer.

        `replies` are the results that questions get, in their order; those without one are declined.
        `cancel_after` cancels it after so many progress notifications, and waits for `patience` that nothing comes.
        """
        began = time.monotonic()
        with self._news:
            self._replies, self._asked = list(replies), []
        exchange = Exchange()
        further = {}
        while True:
            token = f"progress-{next(self._ids)}" if progress else None
            id = self._begin(method, {**params, **further}, token)
            if cancel_after is not None:
                self._until(lambda: len(self._progress(token)) >= cancel_after, PATIENCE, f"progress of `{method}`")
                self._cancel(id)
                exchange.answer = self._answer(id, patience)
                break
            exchange.answer = self._answer(id, patience)
            if exchange.answer is None:
                raise Silent(f"no answer to `{method}` in {patience:.0f} s")
            result = exchange.answer.get("result")
            if not isinstance(result, dict) or result.get("resultType") != "input_required":
                break
            exchange.progress += self._progress(token)
            further = self._asked_again(result)
        # How much more is told when the word is on its way is chance.
        exchange.progress += self._progress(token)[:cancel_after]
        exchange.asked = self._asked
        exchange.seconds = time.monotonic() - began
        return exchange

    def together(self, method, all_params):
        """Requests that are all under way at once, each with progress. Returns an `Exchange` for each."""
        began = time.monotonic()
        tokens = [f"progress-{next(self._ids)}" for _ in all_params]
        ids = [self._begin(method, params, token) for params, token in zip(all_params, tokens, strict=True)]
        answers = [self._answer(id, PATIENCE) for id in ids]
        seconds = time.monotonic() - began
        return [Exchange(answer, self._progress(token), [], seconds) for answer, token in zip(answers, tokens, strict=True)]

    def notify(self, method, params):
        self._send({"jsonrpc": "2.0", "method": method, "params": self._with_meta(params, None)})

    def listen(self, asked):
        """`subscriptions/listen`: what the server acknowledged, or its refusal, in the words of an answer."""
        since, id = self.mark(), self._begin("subscriptions/listen", asked, None)
        def acknowledged():
            method = "notifications/subscriptions/acknowledged"
            said = [message["params"]["notifications"] for message in self.heard[since:] if message.get("method") == method]
            return {"result": said[0]} if said else self._found(id)
        self._until(acknowledged, PATIENCE, "the acknowledgement of a subscription")
        return acknowledged()

    def notices(self, since, method, patience):
        """`params` of the notifications of this method since a `mark`, once there is one; empty where none comes."""
        def found():
            return [message.get("params", {}) for message in self.heard[since:] if message.get("method") == method]
        try:
            self._until(found, patience, method)
        except Silent:
            pass
        return found()

    def mark(self):
        """Where in the conversation we are, for `notices`."""
        with self._news:
            return len(self.heard)

    def close(self):
        pass

    # --- what a transport says

    def _send(self, message):
        raise NotImplementedError

    def _cancel(self, id):
        self.notify("notifications/cancelled", {"requestId": id, "reason": "changed my mind"})

    def _take(self, message):
        """One message that arrived."""
        if "method" in message and "id" in message:
            self._send({"jsonrpc": "2.0", "id": message["id"], **self._reply(message)})
        with self._news:
            self.heard.append(message)
            self._news.notify_all()

    def _break(self, why):
        with self._news:
            self.broken = why
            self._news.notify_all()

    # --- inside

    def _begin(self, method, params, token):
        number = next(self._ids)
        # Both kinds that the protocol knows.
        id = number if number % 2 else f"number {number}"
        message = {"jsonrpc": "2.0", "id": id, "method": method, "params": self._with_meta(params, token)}
        self._send(message)
        return id

    def _with_meta(self, params, token):
        meta = dict(params.get("_meta", {}))
        if token is not None:
            meta["progressToken"] = token
        if self.era == MODERN:
            meta[META + "protocolVersion"] = MODERN
            meta[META + "clientCapabilities"] = CAPABILITIES
            meta[META + "clientInfo"] = CLIENT
        return {**params, "_meta": meta} if meta else params

    def _reply(self, message):
        """The answer to a question of the server's."""
        if message["method"] == "ping":
            return {"result": {}}
        if message["method"] != "elicitation/create":
            return {"error": {"code": -32601, "message": "not here"}}
        return {"result": self._asked_for(message["method"], message.get("params", {}))}

    def _asked_for(self, method, params):
        with self._news:
            self._asked.append({"method": method, "params": params})
            return self._replies.pop(0) if self._replies else {"action": "decline"}

    def _asked_again(self, result):
        """What the same request carries further, once its questions are answered."""
        asked = result.get("inputRequests") or {}
        responses = {key: self._asked_for(each["method"], each.get("params", {})) for key, each in asked.items()}
        further = {"inputResponses": responses}
        if "requestState" in result:
            further["requestState"] = result["requestState"]
        return further

    def _answer(self, id, patience):
        try:
            self._until(lambda: self._found(id), patience, "an answer")
        except Silent:
            if self.broken:
                raise
            return None
        return self._found(id)

    def _found(self, id):
        answer = next((message for message in self.heard if message.get("id") == id and "method" not in message), {})
        return {key: value for key, value in answer.items() if key in ("result", "error")} or None

    def _progress(self, token):
        """Progress of a token, in order; nothing without one."""
        if token is None:
            return []
        told = [message["params"] for message in self.heard if message.get("method") == "notifications/progress"]
        mine = [params for params in told if params.get("progressToken") == token]
        return [{key: value for key, value in params.items() if key != "progressToken"} for params in mine]

    def _until(self, holds, patience, what):
        end = time.monotonic() + patience
        with self._news:
            while not holds():
                if self.broken:
                    raise Silent(f"{what} did not come: {self.broken}")
                left = end - time.monotonic()
                if left <= 0:
                    raise Silent(f"{what} did not come in {patience:.1f} s")
                self._news.wait(left)
