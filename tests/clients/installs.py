#!/usr/bin/env python3
"""Installs clients at their pinned versions below .cache/clients: once for each lock file, in a folder that
carries the lock's hash in its name, so that several checkouts and runs can use the same.

  installs.py [--set ci|all]     prints a line per pack: seconds and size where it was installed now

A pack is a folder with package.json and package-lock.json (installed by `npm ci`), a requirements file of exact
versions (installed into a venv of its own), or a cargo package with its Cargo.lock (built).
"""
import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache" / "clients"
# Some clients want a newer node than distributions have; all are run by this one.
NODE = "node"
# Seconds for one pack; the largest takes 10 on a good line.
PATIENCE = 300


class NotInstalled(Exception):
    """A pack could not be installed; the text holds what the installer said."""


@dataclass(frozen=True)
class Pack:
    """What is installed together: `name` is its path below `within`; it is installed below `cache`."""

    name: str
    within: Path = HERE
    cache: Path = CACHE

    @property
    def source(self):
        return self.within / self.name

    @property
    def is_python(self):
        return self.source.suffix == ".txt"

    @property
    def is_rust(self):
        return (self.source / "Cargo.toml").exists()

    @property
    def lock(self):
        if self.is_python:
            return self.source
        return self.source / ("Cargo.lock" if self.is_rust else "package-lock.json")

    @property
    def folder(self):
        """Where it lies when installed."""
        # What is built from a program of ours is built anew when that changes.
        sources = [self.source / "Cargo.toml", *sorted(self.source.rglob("*.rs"))] if self.is_rust else []
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in [self.lock, *sources])).hexdigest()[:12]
        stem = self.name.removesuffix(".txt").replace("/", "-")
        return self.cache / f"{stem}-{digest}"

    def version(self, package):
        """The pinned version of one of its packages."""
        if self.is_python:
            wanted = re.compile(rf"{re.escape(package)}==([^\s;\\]+)", re.IGNORECASE)
            found = (wanted.match(line) for line in self.lock.read_text().splitlines())
            return next(match[1] for match in found if match)
        if self.is_rust:
            return re.search(rf'name = "{re.escape(package)}"\nversion = "([^"]+)"', self.lock.read_text())[1]
        return json.loads(self.lock.read_text())["packages"][f"node_modules/{package}"]["version"]

    def program(self, name):
        """A program that it installed."""
        folder = "bin" if self.is_python else "debug" if self.is_rust else "node_modules/.bin"
        return self.folder / folder / name

    def install(self):
        """Installs it unless it is there. Returns a line for people, or None where nothing was to be done."""
        self.cache.mkdir(parents=True, exist_ok=True)
        done = self.folder / "installed"
        with open(f"{self.folder}.lock", "w") as lock:
            # Another run may be at it: it is then waited for.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if done.exists():
                return None
            shutil.rmtree(self.folder, ignore_errors=True)
            start = time.monotonic()
            install = self._install_python if self.is_python else self._build if self.is_rust else self._install_node
            install()
            # By inode: some installers link a program to a second place.
            files = {found.st_ino: found.st_size for found in map(Path.lstat, self.folder.rglob("*"))}
            line = f"{self.name}: {time.monotonic() - start:.0f} s, {sum(files.values()) / 1e6:.0f} MB"
            done.write_text(line + "\n")
            return line

    def _install_node(self):
        self.folder.mkdir()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(self.source / file, self.folder)
        environment = dict(os.environ)
        if self.name != NODE:
            environment["PATH"] = f"{node_folder()}:{environment['PATH']}"
        self._run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], self.folder, environment)

    def _install_python(self):
        self._run([sys.executable, "-m", "venv", str(self.folder)], self.cache, None)
        pip = [str(self.folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        self._run([*pip, "--no-deps", "-r", str(self.lock)], self.cache, None)

    def _build(self):
        self._run(["cargo", "build", "--locked", "--quiet", "--target-dir", str(self.folder)], self.source, None)

    def _run(self, command, folder, environment):
        # A file and not a pipe, which something that an installer left behind could hold open.
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            try:
                process = subprocess.Popen(
                    command, cwd=folder, env=environment, start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
            except OSError as error:
                raise NotInstalled(f"{self.name}: {error}") from error
            code = None
            try:
                code = process.wait(PATIENCE)
            except subprocess.TimeoutExpired as error:
                raise NotInstalled(f"{self.name}: {error}") from error
            finally:
                # All that it started goes with it: what would go on writing is in the way of the next try.
                if code is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            if code:
                said.seek(0)
                raise NotInstalled(f"{self.name}: `{' '.join(command)}` failed\n{said.read()}")


def node_folder():
    """The folder of the node that runs every client, for a PATH."""
    # Not below .bin: npm puts no link there for a package that another platform would leave out.
    found = sorted((Pack(NODE).folder / "node_modules").glob("node-*/bin"))
    if not found:
        raise NotInstalled("node: there is none for this platform in its pack")
    return found[0]


def version(row):
    """The pinned version of the package that a row runs."""
    return Pack(row["pack"]).version(row["package"])


def packs(rows):
    """The packs that these rows of the table need: node first, since others are installed by it."""
    return [Pack(name) for name in dict.fromkeys([NODE, *(row["pack"] for row in rows if "pack" in row)])]


def rows(chosen, names=()):
    """The rows of the table in a set (`all` holds `ci`), or those of these names."""
    table = json.loads((HERE / "clients.json").read_text())
    if names:
        unknown = set(names) - {row["name"] for row in table}
        if unknown:
            raise SystemExit(f"error: clients.json names no {', '.join(sorted(unknown))}")
        return [row for row in table if row["name"] in names]
    return [row for row in table if chosen == "all" or row["set"] == "ci"]


def main():
    parser = argparse.ArgumentParser(description="Installs the clients that the tests run.")
    parser.add_argument("--set", choices=["ci", "all"], default="all")
    # Whoever started it may end: the installer at work is then ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = False
    for pack in packs(rows(parser.parse_args().set)):
        try:
            line = pack.install()
        except NotInstalled as error:
            failed = True
            print(f"error: {error}", file=sys.stderr)
        else:
            print(line or f"{pack.name}: is there", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
