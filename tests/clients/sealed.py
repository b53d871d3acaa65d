"""A home folder, an environment and a watch for one client: nothing of the caller's, nothing beyond loopback."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# Nobody listens there: a client that wants to tell the world something fails at once.
DEAD_PORT = "http://127.0.0.1:1"
# How long a server may stay when its client has ended.
AFTERWARDS = 2.0


@dataclass(frozen=True)
class Ran:
    """What a program did. `code` is None where it was out of time."""

    code: int | None
    out: str
    errors: str
    seconds: float

    @property
    def problem(self):
        """What is wrong with how it ended, if something is."""
        return None if self.code == 0 else "out of time" if self.code is None else f"ended with {self.code}"


class Home:
    """A fresh home below the system's temporary folder, with a copy of `lumabill` in its `bin`."""

    def __init__(self, name, lumabill, programs):
        self.path = Path(tempfile.mkdtemp(prefix=f"lumabill-{name}-"))
        self.project = self.path / "project"
        self.lumabill = self.path / "bin" / "lumabill"
        self.log = self.path / "client.log"
        # Variables of the session that its user is logged in to.
        self.session = {}
        self._programs = programs
        for folder in (self.project, self.lumabill.parent, self.path / "tmp"):
            folder.mkdir()
        # A file of its own name: that is how its processes are told from everybody else's.
        try:
            os.link(lumabill, self.lumabill)
        except OSError:
            shutil.copy2(lumabill, self.lumabill)

    def remove(self):
        """Removes it. What a client holds open or still writes is left to the system."""
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def environment(self):
        """The whole environment of the client."""
        proxies = {name: DEAD_PORT for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
        direct = {"NO_PROXY": "127.0.0.1,localhost,::1"}
        both = {**proxies, **direct}
        return {
            "HOME": str(self.path),
            "PATH": ":".join([*map(str, self._programs), "/usr/bin", "/bin"]),
            "TMPDIR": str(self.path / "tmp"),
            "USER": "tester",
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "DO_NOT_TRACK": "1",
            **self.session,
            **both,
            **{name.lower(): value for name, value in both.items()},
        }

    def run(self, command, environment, seconds, given=""):
        """Runs a client in the project's folder to its end, or to the end of its time; keeps in `log` what it said."""
        start = time.monotonic()
        # Files and not pipes: a server that outlives its client would hold a pipe open.
        with tempfile.TemporaryFile("w+") as asked, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
            asked.write(given)
            asked.seek(0)
            process = subprocess.Popen(
                command, cwd=self.project, env=environment, start_new_session=True,
                stdin=asked, stdout=said, stderr=told)
            try:
                code = process.wait(seconds)
            except BaseException as error:
                # Ctrl-C does not reach it: it is in a session of its own.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                code = None
            took = time.monotonic() - start
            out, errors = (_text(file) for file in (said, told))
        ran = Ran(code, out, errors, took)
        with open(self.log, "a") as log:
            shown = " ".join(map(str, command))
            log.write(f"$ {shown}\n{out}\n--- stderr\n{errors}\n--- exit code {code}, {ran.seconds:.1f} s\n\n")
        return ran

    def files_with(self, secret):
        """The paths of the files below it that hold this text."""
        files = (file for file in self.path.rglob("*") if file.is_file() and not file.is_symlink())
        found = (file for file in files if secret.encode() in file.read_bytes())
        # The program knows the keys of its sandbox.
        return [str(file.relative_to(self.path)) for file in found if file != self.lumabill]

    def servers_left(self):
        """Waits for the servers of this home to be gone; returns the pids of those that stay, and ends them."""
        end = time.monotonic() + AFTERWARDS
        while (left := self._servers()) and time.monotonic() < end:
            time.sleep(0.02)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        return left

    def _servers(self):
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    program = os.readlink(entry / "exe")
                    state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                except OSError:
                    continue
                if program.removesuffix(" (deleted)") == str(self.lumabill) and state != "Z":
                    found.append(int(entry.name))
        return found


def _text(file):
    file.seek(0)
    # Some colour what they say although nobody can see it.
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", file.read().decode(errors="replace"))
