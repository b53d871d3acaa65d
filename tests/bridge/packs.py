"""What has to be installed for the third-party servers: packs of node below .cache/bridge, and those of Python that
the clients' tests pin too, so that one installation serves both.

  packs.py [--set ci|all]     prints a line per pack: seconds and size where it was installed now
"""
import argparse
import json
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "clients"))

from installs import NODE, NotInstalled, Pack  # noqa: E402

CACHE = HERE.parents[1] / ".cache" / "bridge"


def pack(name):
    """A pack by the name that servers.json gives it; `sdks/…` are the clients' own."""
    return Pack(name) if name.startswith("sdks/") else Pack(name, HERE, CACHE)


def rows(chosen, names=()):
    """The rows of the table in a set (`all` holds `ci`), or those of these names."""
    table = json.loads((HERE / "servers.json").read_text())
    if names:
        unknown = set(names) - {row["name"] for row in table}
        if unknown:
            raise SystemExit(f"error: servers.json names no {', '.join(sorted(unknown))}")
        return [row for row in table if row["name"] in names]
    return [row for row in table if chosen == "all" or row["set"] == "ci"]


def packs(chosen):
    """The packs that these rows need, node first: others are installed by it."""
    names = [name for row in chosen for name in (row["pack"], row.get("authority")) if name]
    return [Pack(NODE), *(pack(name) for name in dict.fromkeys(names))]


def install(chosen):
    """Installs what these rows need. Returns what could not be installed, in words."""
    failed = []
    for each in packs(chosen):
        try:
            if line := each.install():
                print(f"installed {line}", flush=True)
        except NotInstalled as error:
            failed.append(str(error))
    return failed


def main():
    parser = argparse.ArgumentParser(description="Installs the servers that the bridge is tested with.")
    parser.add_argument("--set", choices=["ci", "all"], default="all")
    # Whoever started it may end: the installer at work is then ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = install(rows(parser.parse_args().set))
    for why in failed:
        print(f"error: {why}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
