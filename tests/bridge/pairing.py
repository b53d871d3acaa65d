"""One third-party server, asked directly and through `lumabill serve`, in both eras of the client."""
import secrets
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import browser
import direct
from differences import ALLOWED, compare
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
        address, environment, key = origin(port) + row["path"], {}, ""
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
                place.home.login(address, row["auth"], key, browser.browse)
            return [_era(place, era) for era in (LEGACY, MODERN)]
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

    def direct(self, era):
        return TRANSPORTS[self.row["transport"]](self.address, era, self.headers)


def _era(place, era):
    began, row = time.monotonic(), place.row
    upstream = era if era in row["eras"] else row["eras"][0]
    done = Compared(row, era, upstream)
    one = _talk(row, place.direct(upstream))
    if place.home:
        place.home.believe([tool["name"] for tool in one.record["list tools/list"]["rows"] if reading(tool)])
        other = _talk(row, place.home.serve(era, ["--confirm", "never"]))
    else:
        other = _talk(row, place.direct(upstream))
    cases = compare(one.record, other.record, row, era)
    done.allowed = [(case, rule) for case in cases for rule in [_rule(case)] if rule]
    done.problems = [case.shown() for case in cases if not _rule(case)]
    done.steps = len(one.record)
    done.equal = done.steps - len({case.path.split("/")[0] for case in cases})
    done.seconds = time.monotonic() - began
    return done


def reading(tool):
    return tool.get("annotations", {}).get("readOnlyHint", False)


def _talk(row, peer):
    talk = Talk(peer)
    try:
        talk.keep("open", {"answer": peer.open()})
        SCRIPTS[row["script"]](talk)
    finally:
        peer.close()
    return talk


def _rule(case):
    return next((rule for rule in ALLOWED if rule.fits(case)), None)
