#!/usr/bin/env python3
"""Runs the real clients against `lumabill serve` and prints a table; exit code 1 where one of them failed.

  run.py [--set ci|all] [--only NAME]... [--lumabill PATH] [--keep]

A client is a row of clients.json. An *agent* runs a whole loop: a scripted model asks for `create_invoice`, the
client calls us, and a sandbox in a process of its own says what it has afterwards: one more invoice, of the right
total. An *sdk* runs a program of ours below sdks/ that connects, lists and calls (see `sdk.py`). Nothing is
sent beyond loopback; what a client printed is shown where it failed.
"""
import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import agent
import sdk
from installs import NODE, NotInstalled, Pack, node_folder, packs, rows
from sandbox import TOTAL, Sandbox
from sealed import Home
from wire import Tap

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["client", "version", "era", "tools", "call", "invoice", "ms", "result"]


@dataclass
class Place:
    """What a client is run with: its home and pack, the server's command, and the sandbox that it works on."""

    home: Home
    pack: Pack
    command: str
    arguments: list
    variables: dict
    expected: list
    model_url: str = ""


@dataclass
class Outcome:
    """What was seen of one client. `problems` is empty where all was as it should be."""

    tools: str = ""
    # The protocol version in use, where the client tells it.
    era: str | None = None
    called: bool = False
    seconds: float = 0.0
    problems: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    # Whether what came back to the client names this invoice.
    returned: object = None


def default_tools(lumabill, environment):
    """The names of the tools that are served without any option."""
    listed = subprocess.run([str(lumabill), "tools", "--json"], env=environment, capture_output=True, text=True, check=True)
    return [tool["name"] for tool in json.loads(listed.stdout)]


def run(row, lumabill, keep):
    """Runs one client. Returns its line of the table and whether it was all right."""
    home = Home(row["name"], lumabill, [node_folder()])
    try:
        outcome, era, invoice = observed(row, home, lumabill)
        if outcome.problems:
            print(f"\n=== {row['name']}: {'; '.join(outcome.problems)}", *outcome.notes, sep="\n")
            if home.log.exists():
                print(home.log.read_text())
    finally:
        if keep:
            print(f"{row['name']}: {home.path}")
        else:
            home.remove()
    result = "; ".join(outcome.problems) or "ok"
    call = "yes" if outcome.called else "no"
    return [row["title"], Pack(row["pack"]).version(row["package"]), era, outcome.tools, call, invoice, f"{outcome.seconds * 1000:.0f}", result]


def observed(row, home, lumabill):
    """The client's own outcome, and what server and sandbox say of it: era and invoice."""
    with Sandbox(lumabill, home.path, home.environment) as sandbox:
        before = sandbox.invoices()
        tap = Tap(home.path / "wire", home.lumabill, ["serve"])
        expected = default_tools(lumabill, {**home.environment, **sandbox.account})
        place = Place(home, Pack(row["pack"]), str(tap.command), [], sandbox.account, expected)
        outcome = (agent if row["kind"] == "agent" else sdk).run(row, place, Outcome())
        left = home.servers_left()
        if left:
            outcome.problems.append(f"{len(left)} servers of it stayed")
        new = [invoice for id, invoice in sandbox.invoices().items() if id not in before]
    # What a client asked for on the wire is not always what it got; a library knows.
    era = outcome.era or tap.era()
    if era != row["era"]:
        outcome.problems.append(f"spoke {era} and not {row['era']}")
    if [invoice["total"] for invoice in new] != [TOTAL]:
        outcome.problems.append(f"{len(new)} new invoices, of {[str(row['total']) for row in new]} and not of {TOTAL}")
    elif not outcome.returned(new[0]):
        outcome.problems.append("the invoice's id did not come back")
    invoice = " ".join(f"{row['number']} {row['total']}" for row in new) or "none"
    return outcome, era or "none", invoice


def main():
    parser = argparse.ArgumentParser(description="Runs the real clients against `lumabill serve`.")
    parser.add_argument("--set", choices=["ci", "all"], default="all")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--lumabill", type=Path, default=ROOT / "target/debug/lumabill")
    parser.add_argument("--keep", action="store_true", help="leave the clients' homes behind")
    options = parser.parse_args()
    chosen = rows(options.set, options.only)
    broken = {}
    for pack in packs(chosen):
        try:
            if line := pack.install():
                print("installed", line, flush=True)
        except NotInstalled as error:
            broken[pack.name] = error
            print(f"error: {error}", flush=True)
    lines = []
    for row in chosen:
        start = time.monotonic()
        if {NODE, row["pack"]} & broken.keys():
            lines.append([row["title"], Pack(row["pack"]).version(row["package"]), *"-----", "not installed"])
        else:
            lines.append(run(row, options.lumabill.resolve(), options.keep))
        print(f"{row['name']}: {lines[-1][-1]} ({time.monotonic() - start:.1f} s)", flush=True)
    widths = [max(len(line[column]) for line in [COLUMNS, *lines]) for column in range(len(COLUMNS))]
    print()
    for line in [COLUMNS, *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    failed = [line for line in lines if line[-1] != "ok"]
    print(f"\n{len(lines) - len(failed)} of {len(lines)} clients ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
