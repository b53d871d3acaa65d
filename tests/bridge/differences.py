"""Where a conversation through `lumabill` may differ from a direct one, each place with its reason, and the comparison."""
import json
import re
from dataclasses import dataclass
from typing import Callable

from peer import META, MODERN

MISSING = "(nothing)"
# Rows of lists are told apart by these.
NAMES = ("uri", "uriTemplate", "name")


@dataclass(frozen=True)
class Pair:
    """The two conversations that are compared."""

    # The row of servers.json.
    row: dict
    # The era of our client, and of the direct connection.
    era: str
    upstream: str
    # Tools that do more than read, as the server says and the settings repeat.
    writes: set
    # What direct connections recorded, by era: one of them may be the era that we speak with the server.
    direct: dict

    @property
    def crosses(self):
        """The client is of another era than the server."""
        return self.era != self.upstream


@dataclass(frozen=True)
class Case:
    """One place where two conversations differ."""

    # `step/key/key/…`; a row of a list is named by its name.
    path: str
    direct: object
    served: object
    pair: Pair

    @property
    def tool(self):
        """The tool that the place is about, as its step or its row is called."""
        called = re.match(r"call (\S+) \d+/", self.path) or re.match(r"list tools/list/rows/([^/]+)", self.path)
        return called[1] if called else None

    @property
    def writes(self):
        return self.tool in self.pair.writes

    def shown(self):
        return f"{self.path}\n    direct: {_short(self.direct)}\n    served: {_short(self.served)}"


@dataclass(frozen=True)
class Allowed:
    """Differences whose path this pattern fits (from its beginning) and that `holds` says yes to."""

    reason: str
    path: str
    holds: Callable[[Case], bool] = lambda case: True
    # The rows of servers.json where it has to be met at least once, by name; empty for any one of a run.
    met_at: tuple = ()

    def fits(self, case):
        return re.match(self.path + r"$", case.path) is not None and self.holds(case)


def compare(direct, served, pair):
    """Every difference between two records."""
    found = []
    for step in [*direct, *(step for step in served if step not in direct)]:
        _walk(step, direct.get(step, MISSING), served.get(step, MISSING), found)
    return [Case(path, one, other, pair) for path, one, other in found]


def _walk(path, direct, served, found):
    if isinstance(direct, dict) and isinstance(served, dict):
        for key in [*direct, *(key for key in served if key not in direct)]:
            _walk(f"{path}/{key}", direct.get(key, MISSING), served.get(key, MISSING), found)
    elif isinstance(direct, list) and isinstance(served, list) and (name := _named(direct + served)):
        rows = [{row[name]: row for row in side} for side in (direct, served)]
        _walk(path, *rows, found)
        shared = [[row[name] for row in side if row[name] in rows[0] and row[name] in rows[1]] for side in (direct, served)]
        if shared[0] != shared[1]:
            found.append((f"{path}/(order)", *shared))
    elif isinstance(direct, list) and isinstance(served, list) and len(direct) == len(served):
        for n, (one, other) in enumerate(zip(direct, served, strict=True)):
            _walk(f"{path}/{n}", one, other, found)
    # 1 and 1.0 are the same number, true is none.
    elif direct != served or isinstance(direct, bool) != isinstance(served, bool):
        found.append((path, direct, served))


def _named(rows):
    """The key by which all these rows are told apart."""
    for name in NAMES:
        if rows and all(isinstance(row, dict) and isinstance(row.get(name), str) for row in rows):
            return name
    return None


def _short(value):
    text = value if value is MISSING else json.dumps(value, ensure_ascii=False)
    return text if len(text) < 600 else f"{text[:600]}… ({len(text)} characters)"


def marked(case):
    """Ours is theirs with the account's name before it, its hidden characters written out, perhaps cut."""
    prefix = "[third] "
    if not isinstance(case.direct, str) or not str(case.served).startswith(prefix):
        return False
    ours = case.served.removeprefix(prefix)
    return ours == " ".join(case.direct.split()) or (ours.endswith("…") and len(ours) > 200)


def tightened(case):
    """A hint says no more good of a tool than the server does; one that is left out says the worst, and of a tool that
    reads only `readOnlyHint` and `openWorldHint` say anything."""
    hint = case.path.rsplit("/", 1)[1]
    careful = {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": False, "openWorldHint": True}
    silent = not case.writes and hint in ("destructiveHint", "idempotentHint")
    said = careful[hint] if case.served is MISSING else case.served
    return said == careful[hint] or (silent and case.served is MISSING)


def visible(case):
    """The same text with its hidden characters written out."""
    def out(text):
        hidden = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\x00-\x08\x0b-\x1f\x7f]")
        return hidden.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", text)
    return isinstance(case.direct, str) and case.served == out(case.direct)


def asks(case):
    """The same question with the asker's name before it."""
    return case.served == f"127.0.0.1 asks: {case.direct}"


def ours(value):
    return isinstance(value, dict) and value.get("name") == "lumabill"


def only_our_name(case):
    """A result has nothing in `_meta` but who we are, or that instead of who the server is."""
    name = f"{META}serverInfo"
    if case.path.endswith("_meta"):
        return case.direct is MISSING and list(case.served) == [name] and ours(case.served[name])
    if case.path.endswith(name):
        return case.pair.era == MODERN and case.direct is MISSING and ours(case.served)
    return case.pair.era == MODERN and (case.served in ("lumabill", "Lumabill", "0.1.0") or case.served is MISSING)


def as_in_the_other_era(case):
    """Directly, in an era that the client does not speak, the server says exactly this."""
    others = [record for era, record in case.pair.direct.items() if era != case.pair.upstream]
    return any(_at(record, case.path.split("/")) == case.served for record in others)


def _at(value, keys):
    """The value at a path; keys may hold slashes themselves."""
    if not keys:
        return value
    for n in range(1, len(keys) + 1):
        key, rest = "/".join(keys[:n]), keys[n:]
        if isinstance(value, dict) and key in value:
            return _at(value[key], rest)
        if isinstance(value, list) and n == 1 and key.isdigit() and int(key) < len(value):
            return _at(value[int(key)], rest)
    return MISSING


def modern(case):
    return case.pair.era == MODERN


def unseen(case):
    """A question was declined without anybody seeing it: the server was told so."""
    return "decline" in json.dumps(case.served) if "/answer/" in case.path else case.served == [] and case.direct != []


ALLOWED = [
    Allowed("we speak for ourselves: name, version, instructions and what we can do", r"open/.*",
            lambda case: case.pair.crosses or not case.path.endswith("protocolVersion")),
    Allowed("what stands in a list names its account, and hides nothing",
            r"list [^ ]+/rows/.*/(description|title)", marked),
    Allowed("hints are not believed, or say nothing more", r"list tools/list/rows/[^/]+/annotations/\w+Hint", tightened),
    Allowed("a tool of which the server says nothing is one that writes", r"list tools/list/rows/[^/]+/annotations",
            lambda case: case.direct is MISSING and case.served == {"readOnlyHint": False}),
    Allowed("tools that write take arguments of ours",
            r"list tools/list/rows/[^/]+/inputSchema/properties/(dry_run|confirm_number|allow_duplicate)",
            lambda case: case.writes and case.direct is MISSING),
    Allowed("a tool that writes may answer with a preview of ours, which fits no schema of theirs",
            r"list tools/list/rows/[^/]+/outputSchema", lambda case: case.writes and case.served is MISSING),
    Allowed("how long a list is good for is ours to say", r"(list .*|read .*/answer/result)/(ttlMs|cacheScope)", modern),
    Allowed("the server's name in a result is ours", rf".*/_meta(/{META}serverInfo(/.*)?)?", only_our_name),
    Allowed("the modern era says that a result is complete", r"(call|list|read|prompt|complete) .*/resultType",
            lambda case: case.pair.crosses and case.served == "complete"),
    Allowed("hidden characters in a text are written out", r"call .*/text", visible),
    Allowed("a question of the server's says who asks", r"call .*/asked/\d+/params/message", asks),
    Allowed("our library numbers its requests", r"call .*/asked/\d+/params/_meta",
            lambda case: case.direct is MISSING and list(case.served) == ["progressToken"]),
    Allowed("a question for a secret is declined unseen", r"call hand_over \d+/asked", unseen),
    Allowed("`pin` in a description counts as a question for a secret",
            r"call (trigger-elicitation-request 1|elicitation (answered|cancelled))/(asked|answer/result/content.*)", unseen),
    Allowed("an address outside of the service is not shown to anybody", r"call trigger-url-elicitation 1/asked", unseen),
    Allowed("a tool, prompt or reference that is not listed is refused here, nothing is sent",
            r"(call unknown tool|prompt (unknown|none)|complete unknown)/answer/(result|error.*)",
            lambda case: "error" not in case.path or case.served is MISSING or case.served == -32602
            or re.search("nothing was sent|there is no prompt|names no prompt", json.dumps(case.served)) is not None),
    Allowed("a method that nobody knows is refused here", r"unknown method/answer/error/(code|message|data)",
            lambda case: case.served in (-32601, MISSING, "the method `billing/nothing` is not served here")),
    Allowed("a request that was cancelled gets no answer", r"call cancelled/answer", lambda case: case.served is None),
    Allowed("the server says so in the era that we speak with it", r"(call|read|prompt|complete) .*/(asked|answer)/.*",
            as_in_the_other_era),
    Allowed("news of a resource go to whom the server lets subscribe", r"heard resources/updated 1",
            lambda case: case.served is MISSING and case.pair.crosses),
    Allowed("a server's log is not passed on", r"notifications/notifications/message", lambda case: case.served is MISSING),
    Allowed("a change of one list is told of all, and of none where what we list is the same",
            r"notifications/notifications/\w+/list_changed", lambda case: case.direct is MISSING or "/tools/" not in case.path),
    Allowed("news that nobody may subscribe to are not passed on", r"notifications/notifications/resources/updated",
            lambda case: case.served is MISSING and case.pair.era not in case.pair.row.get("news", [case.pair.era])),
    Allowed("a subscription is answered by us, and in the client's era", r"subscribe/answer.*",
            lambda case: "error" not in str(case.served)),
]
