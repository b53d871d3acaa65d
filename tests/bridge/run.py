#!/usr/bin/env python3
"""Compares third-party servers as they answer directly with the same servers through `lumabill serve`, message by
message; exit code 1 where they differ in anything that differences.py does not allow with a reason, or where
something allowed there is never met.

  run.py [--set ci|all] [--only NAME]... [--lumabill PATH] [--direct] [--show]

A server is a row of servers.json. `--direct` compares a direct connection with a second one: the test of this test.
"""
import argparse
import concurrent.futures
import sys
import time
import traceback
from pathlib import Path

from packs import install, pack, rows  # first: it finds the modules of the clients' tests
import pairing
from differences import ALLOWED

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["server", "version", "auth", "client", "upstream", "steps", "equal", "allowed", "s", "result"]


def show(lines):
    widths = [max(len(line[column]) for line in [COLUMNS, *lines]) for column in range(len(COLUMNS))]
    for line in [COLUMNS, *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def main():
    parser = argparse.ArgumentParser(description="Compares third-party servers with themselves through lumabill.")
    parser.add_argument("--set", choices=["ci", "all"], default="all")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--lumabill", type=Path, default=ROOT / "target/debug/lumabill")
    parser.add_argument("--direct", action="store_true", help="compare two direct connections")
    parser.add_argument("--show", action="store_true", help="show what is allowed too")
    options = parser.parse_args()
    chosen = rows(options.set, options.only)
    if failed := install(chosen):
        print(*(f"error: {why}" for why in failed), sep="\n")
        return 1
    began = time.monotonic()
    # As many at once as there are cores: most of their time they wait for what must not come.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda row: attempt(row, options), chosen))
    compared = [each for result in results for each in result]
    problems = [f"{each.row['name']} with a client of {each.era}: {problem}" for each in compared for problem in each.problems]
    if options.show:
        for each in compared:
            for case, rule in each.allowed:
                print(f"allowed: {each.row['name']} with a client of {each.era}: {case.shown()}\n    {rule.reason}")
    if not options.direct and not options.only:
        problems += stale(compared, chosen)
    print(*problems, sep="\n\n", end="\n\n" if problems else "")
    show([line(each) for each in compared])
    fine = sum(not each.problems for each in compared)
    print(f"\n{fine} of {len(compared)} pairs ok, {len(problems)} problems, {time.monotonic() - began:.0f} s")
    return 1 if problems else 0


def attempt(row, options):
    """A row compared; what fails there ends only it."""
    try:
        return pairing.run(row, options.lumabill.resolve(), options.direct)
    except Exception as error:
        return [pairing.Compared(row, "-", problems=["".join(traceback.format_exception(error))])]


def line(each):
    row = each.row
    verdict = "ok" if not each.problems else f"{len(each.problems)} problems"
    counts = [str(each.steps), str(each.equal), str(len(each.allowed)), f"{each.seconds:.1f}"]
    return [row["title"], pack(row["pack"]).version(row["package"]), row["auth"], each.era, each.upstream, *counts, verdict]


def stale(compared, chosen):
    """What is allowed and was not met, although the servers where it has to be met were all asked."""
    met = {id(rule) for each in compared for _, rule in each.allowed}
    names = {row["name"] for row in chosen}
    return [
        f"allowed and never met: `{rule.path}` ({rule.reason})"
        for rule in ALLOWED
        if id(rule) not in met and set(rule.met_at) <= names
    ]


if __name__ == "__main__":
    sys.exit(main())
