"""A third-party server as a process of its own, on a free port of loopback."""
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from packs import HERE, pack
from installs import node_folder

# Seconds until it accepts connections, on a busy machine.
PATIENCE = 40


class NotUp(Exception):
    """A server did not start; the text holds what it said."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(row, words):
    """`node` is the pinned one, a path of node is one of the pack's modules, `servers/…` lies here."""
    program, *arguments = words
    installed = pack(row["pack"])
    if program == "node":
        program = node_folder() / "node"
        modules = installed.folder / "node_modules"
        arguments = [modules / each if (modules / each).is_file() else each for each in arguments]
    else:
        program = installed.program(program)
    return [str(HERE / each) if str(each).startswith("servers/") else str(each) for each in (program, *arguments)]


class Process:
    """A program that listens on `port`, for the length of a `with`; what it says is kept in a file."""

    def __init__(self, name, words, port, environment, folder):
        self.name, self.port = name, port
        self._command, self._folder = words, folder
        quiet = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
        self._environment = {**quiet, "PORT": str(port), "HOST": "127.0.0.1", **environment}

    def __enter__(self):
        self._said = tempfile.TemporaryFile("w+", errors="replace")
        self._process = subprocess.Popen(
            self._command, env=self._environment, cwd=self._folder, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=self._said, stderr=subprocess.STDOUT)
        end = time.monotonic() + PATIENCE
        while not self._accepts():
            if self._process.poll() is not None or time.monotonic() > end:
                said = self.said()
                self.__exit__()
                raise NotUp(f"{self.name} did not start: {said}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._said.close()

    def said(self):
        """The end of what it printed."""
        self._said.seek(0)
        return self._said.read()[-4000:]

    def _accepts(self):
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def origin(port):
    return f"http://127.0.0.1:{port}"


def third_party(row, folder, port, environment):
    """The server of a row; `environment` says who is let in."""
    Path(folder).mkdir(exist_ok=True)
    return Process(row["name"], command(row, row["run"]), port, environment, folder)


def authority(row, folder, resource):
    """The authorization server of a row, which gives out tokens for this resource."""
    Path(folder).mkdir(exist_ok=True)
    words = [str(node_folder() / "node"), str(HERE / "authority" / "authority.mjs")]
    environment = {"PACK": str(pack(row["authority"]).folder), "RESOURCES": resource}
    return Process(f"the authorization server of {row['name']}", words, free_port(), environment, folder)
