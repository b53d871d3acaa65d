"""Where a conversation through `lumabill` may differ from a direct one, each place with its reason, and the comparison."""
import json
import re
from dataclasses import dataclass
from typing import Callable

MISSING = "(nothing)"
# Rows of lists are told apart by these.
NAMES = ("uri", "uriTemplate", "name")


@dataclass(frozen=True)
class Case:
    """One place where two conversations differ."""

    # `step/key/key/…`; a row of a list is named by its name.
    path: str
    direct: object
    served: object
    # The row of servers.json, and the era of the client.
    row: dict
    era: str

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


def compare(direct, served, row, era):
    """Every difference between two records."""
    found = []
    for step in [*direct, *(step for step in served if step not in direct)]:
        _walk(step, direct.get(step, MISSING), served.get(step, MISSING), found)
    return [Case(path, one, other, row, era) for path, one, other in found]


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


ALLOWED = []
