"""One third-party server, asked directly and through `lumabill serve`, in both eras of the client."""
import json
import secrets
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asking
import browser
import direct
from differences import ALLOWED, Pair, compare
from peer import LEGACY, MODERN
from scripts import SCRIPTS
from served import Home
from serving import authority, free_port, origin, third_party
from talk import Talk

TRANSPORTS = {"streamable": direct.Streamable, "older": direct.Older}


@dataclass
class Compared:
    """What came of one server with a client of one era."""

    row: dict
    era: str
    # The era of the direct connection.
    upstream: str = "-"
    steps: int = 0
    equal: int = 0
    allowed: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    seconds: float = 0.0


def run(row, lumabill, twice):
    """All of a row. `twice` compares two direct connections. Returns a `Compared` for each era of the client."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lumabill-bridge-")))
        port = free_port()
        address, environment, key, issuer = origin(port) + row["path"], {}, "", None
        if row["auth"] == "bearer":
            environment["TOKEN"] = key = secrets.token_urlsafe(24)
        elif "authority" in row:
            issuer = stack.enter_context(authority(row, folder / "authority", address))
            environment["ISSUER"] = origin(issuer.port)
        elif row["auth"] == "oauth":
            environment["OWN_AUTHORITY"] = "1"
        server = stack.enter_context(third_party(row, folder / "server", port, environment))
        try:
            given = browser.token(address, "books") if row["auth"] == "oauth" else key
            place = Place(row, address, {"authorization": f"Bearer {given}"} if given else {})
            if not twice:
                place.home = Home(folder / "ours", lumabill)
                place.said.append(place.home.login(address, row["auth"], key, browser.browse))
            known = {era: _talk(place, place.direct(era)).record for era in row["eras"]}
            done = [_era(place, era, known) for era in (LEGACY, MODERN)]
            if not twice:
                done[-1].problems += _told(place, key) + _renewed(row, issuer)
            return done
        except Exception as error:
            error.add_note(f"{row['name']} said:\n{server.said()}")
            raise


@dataclass
class Place:
    """A server that runs, and how it is reached."""

    row: dict
    address: str
    # Of the direct connection.
    headers: dict
    # Where our account lives; None to compare two direct connections.
    home: Home | None = None
    # All that our program said, on whichever way.
    said: list = field(default_factory=list)

    @property
    def origin(self):
        return self.address.removesuffix(self.row["path"])

    def direct(self, era):
        return TRANSPORTS[self.row["transport"]](self.address, era, self.headers)


def _era(place, era, known):
    began, row = time.monotonic(), place.row
    upstream = era if era in row["eras"] else row["eras"][0]
    done = Compared(row, era, upstream)
    one = known[upstream]
    if uncovered := {step: names for step, names in one.items() if step.startswith("covered") and any(names.values())}:
        done.problems.append(f"the script does not cover the server: {uncovered}")
    tools = {tool["name"]: tool for tool in one["list tools/list"]["rows"]}
    writes = {name for name, tool in tools.items() if not tool.get("annotations", {}).get("readOnlyHint")}
    if place.home:
        place.home.believe([name for name, tool in tools.items() if name not in writes])
        place.home.fresh()
        peer = place.home.serve(era, ["--confirm", "never"])
        other = _talk(place, peer)
        place.said += [json.dumps(peer.heard), peer.logged()]
        place.home.fresh()
        done.problems += asking.check(row, place.home, era, place.origin)
    else:
        other = _talk(place, place.direct(upstream))
    cases = compare(one, other.record, Pair(row, era, upstream, writes, known))
    done.allowed = [(case, rule) for case in cases for rule in [_rule(case)] if rule]
    done.problems += [case.shown() for case in cases if not _rule(case)]
    done.steps = len(one)
    done.equal = done.steps - len({case.path.split("/")[0] for case in cases})
    if done.problems and place.home:
        done.problems.append(f"`lumabill` logged: {peer.logged()[-3000:]}")
    done.seconds = time.monotonic() - began
    return done


def _told(place, key):
    """Where a secret came out."""
    secrets, keeper = place.home.secrets(key)
    if place.row["auth"] != "none" and not secrets:
        return ["no stored key or token was found"]
    problems = [f"`lumabill` said a secret: {text[:300]}" for text in place.said if any(each in text for each in secrets)]
    held = {file for each in secrets for file in place.home.files_with(each)}
    return problems + [f"a secret lies in {file}" for file in sorted(held - {str(keeper)})]


def _renewed(row, issuer):
    """An authorization server of ours gives tokens of three seconds: they were renewed, and nothing was refused."""
    if issuer is None:
        return []
    said = issuer.said().splitlines()
    if not any("refresh_token" in line for line in said) or any(line.startswith("refused") for line in said):
        return [f"the token was not renewed as it should be: {said}"]
    return []


def _talk(place, peer):
    row, talk = place.row, Talk(peer, place.origin, place.row.get("news", [LEGACY, MODERN]))
    try:
        talk.keep("open", {"answer": peer.open()})
        SCRIPTS[row["script"]](talk)
    finally:
        peer.close()
    return talk


def _rule(case):
    return next((rule for rule in ALLOWED if rule.fits(case)), None)
