#!/usr/bin/env python3
"""Runs the real clients against `lumabill serve` and prints a table; exit code 1 where one of them failed.

  run.py [--set ci|all] [--only NAME]... [--lumabill PATH] [--keep]

A client is a row of clients.json. An *agent* runs a whole loop: a scripted model asks for `create_invoice`, the
client calls us, and a sandbox in a process of its own says what it has afterwards: one more invoice, of the right
total. It does so once with a configuration written by hand, and once with what `lumabill install` wrote (trip.py).
An *sdk* runs a program of ours below sdks/ that connects, lists and calls (sdk.py). Nothing is sent beyond
loopback; what a client printed is shown where it failed.
"""
import argparse
import sys
import time
from pathlib import Path

import trial
from installs import NODE, NotInstalled, packs, rows, version

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["client", "version", "era", "tools", "call", "invoice", "ms", "installed", "result"]


def run(row, lumabill, keep):
    """Runs one client. Returns its line of the table."""
    outcome = trial.with_sandbox(row, lumabill, keep)
    problems, installed = outcome.problems, "-"
    if row["kind"] == "agent":
        there_and_back = trial.installed(row, lumabill, keep).problems
        problems, installed = [*problems, *there_and_back], "no" if there_and_back else "yes"
    call = "yes" if outcome.called else "no"
    took = f"{outcome.seconds * 1000:.0f}"
    result = problems[0][:60] if problems else "ok"
    return [row["title"], version(row), outcome.era, outcome.tools, call, outcome.invoice, took, installed, result]


def install(chosen):
    """Installs what the clients need. Returns the names of the packs that could not be."""
    broken = set()
    for pack in packs(chosen):
        try:
            if line := pack.install():
                print(f"installed {line}", flush=True)
        except NotInstalled as error:
            broken.add(pack.name)
            print(f"error: {error}", flush=True)
    return broken


def show(lines):
    widths = [max(len(line[column]) for line in [COLUMNS, *lines]) for column in range(len(COLUMNS))]
    for line in [COLUMNS, *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def main():
    parser = argparse.ArgumentParser(description="Runs the real clients against `lumabill serve`.")
    parser.add_argument("--set", choices=["ci", "all"], default="all")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--lumabill", type=Path, default=ROOT / "target/debug/lumabill")
    parser.add_argument("--keep", action="store_true", help="leave the clients' homes behind")
    options = parser.parse_args()
    chosen = rows(options.set, options.only)
    broken = install(chosen)
    lines = []
    for row in chosen:
        start = time.monotonic()
        if broken & {NODE, row["pack"]}:
            lines.append([row["title"], version(row), *"-" * 6, "could not be installed"])
        else:
            lines.append(run(row, options.lumabill.resolve(), options.keep))
        print(f"{row['name']}: {lines[-1][-1]} ({time.monotonic() - start:.1f} s)", flush=True)
    print()
    show(lines)
    fine = sum(line[-1] == "ok" for line in lines)
    print(f"\n{fine} of {len(lines)} clients ok")
    return 0 if fine == len(lines) else 1


if __name__ == "__main__":
    sys.exit(main())
