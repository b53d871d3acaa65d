"""What is said to a server, and what came of it: a record of named steps, the same on every connection."""
import base64
import json
import re

from peer import MODERN

# What no two runs have in common: ids of sessions and elicitations, and the time of day.
VOLATILE = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b"), "<id>"),
    (re.compile(r"\b\d{1,2}:\d\d:\d\d( [AP]M)?"), "<time>"),
]
LISTS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}
# Seconds in which a notification comes, and in which it is taken not to come.
SOON = 15.0


class Talk:
    """A peer under test, and the record of what it said."""

    def __init__(self, peer, origin, news):
        self.peer = peer
        # The eras of a client that hears of a resource; not every server lets clients subscribe.
        self.news = news
        # The server's own, for addresses that lead to it.
        self.origin = origin
        self.record = {}
        # Seconds of each request, for people.
        self.seconds = {}
        self._began = 0

    def keep(self, step, shown):
        if step in self.record:
            raise ValueError(f"two steps are called `{step}`")
        self.record[step] = settled(shown)

    def ask(self, step, method, params, **how):
        """One request, kept. Returns its result, empty where it failed."""
        exchange = self.peer.request(method, params, **how)
        self.seconds[step] = exchange.seconds
        self.keep(step, exchange.shown())
        return (exchange.answer or {}).get("result", {})

    def call(self, step, tool, arguments, **how):
        return self.ask(f"call {step}", "tools/call", {"name": tool, "arguments": arguments}, **how)

    def together(self, step, tool, all_arguments):
        """Calls that are all under way at once."""
        params = [{"name": tool, "arguments": arguments} for arguments in all_arguments]
        exchanges = self.peer.together("tools/call", params)
        self.seconds[step] = exchanges[0].seconds
        self.keep(f"call {step}", [exchange.shown() for exchange in exchanges])

    def walk(self, method):
        """A list over all its pages, kept as rows beside what else the last page says. Returns the rows."""
        rows, rest = self._walked(method)
        self.keep(f"list {method}", {**rest, "rows": rows})
        return rows

    def rows(self, method):
        """The rows of a list as they are now; nothing is kept."""
        return self._walked(method)[0]

    def _walked(self, method):
        rows, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            answer = self.peer.request(method, {"cursor": cursor} if cursor else {}).answer
            if "error" in answer:
                return [], answer
            result = answer["result"]
            rows += result.pop(LISTS[method])
            cursor, pages = result.pop("nextCursor", None), pages + 1
        return rows, result

    def heard(self, step, since, method, patience=SOON):
        """Whether such a notification came since a mark; those of a burst count once. Keeps its `params`."""
        came = self.peer.notices(since, method, patience)
        distinct = {json.dumps(without_meta(params), sort_keys=True) for params in came}
        self.keep(f"heard {step}", sorted(distinct))

    def subscribe(self, uri):
        """Asks for news of one resource and of every list; for the legacy era lists need no asking."""
        if self.peer.era != MODERN:
            self.ask("subscribe", "resources/subscribe", {"uri": uri})
            return
        lists = {name: True for name in ("toolsListChanged", "promptsListChanged", "resourcesListChanged")}
        answer = self.peer.listen({"notifications": {**lists, "resourceSubscriptions": [uri]}})
        self.keep("subscribe", {"answer": answer, "progress": [], "asked": []})

    def unasked(self):
        """The methods of all that the server said besides progress and what was waited for."""
        known = ("notifications/progress", "notifications/subscriptions/acknowledged")
        methods = {message.get("method") for message in self.peer.heard if "id" not in message}
        self.keep("notifications", {method: True for method in sorted(methods - {None, *known})})


def without_meta(params):
    return {key: value for key, value in params.items() if key != "_meta"}


def settled(value):
    """The same value with whatever differs between two runs replaced, also inside of base64."""
    if isinstance(value, dict):
        return {key: _bytes(each) if key == "blob" else settled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [settled(each) for each in value]
    if isinstance(value, str):
        for pattern, shown in VOLATILE:
            value = pattern.sub(shown, value)
    return value


def _bytes(value):
    try:
        return "base64 of: " + settled(base64.b64decode(value, validate=True).decode())
    except (ValueError, TypeError):
        return value
