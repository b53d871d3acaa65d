"""One third-party server, asked directly and through `lumabill serve`, in both eras of the client."""
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import direct
from differences import ALLOWED, compare
from peer import LEGACY, MODERN
from scripts import SCRIPTS
from served import Home
from serving import origin, third_party
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
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"lumabill-bridge-")))
        process = stack.enter_context(third_party(row, folder / "server", {}))
        address = origin(process.port) + row["path"]
        home = None if twice else Home(folder / "ours", lumabill)
        if home:
            home.login(address, row["auth"], "", None)
        try:
            return [_era(row, era, address, home) for era in (LEGACY, MODERN)]
        except Exception as error:
            error.add_note(f"{row['name']} said:\n{process.said()}")
            raise


def _era(row, era, address, home):
    began = time.monotonic()
    upstream = era if era in row["eras"] else row["eras"][0]
    done = Compared(row, era, upstream)
    one = _talk(row, TRANSPORTS[row["transport"]](address, upstream, {}))
    if home:
        reads = [tool["name"] for tool in one.record["list tools/list"]["rows"] if reading(tool)]
        home.believe(reads)
        other = _talk(row, home.serve(era, ["--confirm", "never"]))
    else:
        other = _talk(row, TRANSPORTS[row["transport"]](address, upstream, {}))
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
