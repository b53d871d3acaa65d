"""`lumabill serve` with a bridged account, in a home of its own: logging in, and the connection over stdio."""
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

from peer import Peer

ACCOUNT = "third"


class LoginFailed(Exception):
    """`lumabill login` did not do its work; the text holds what it said."""


class Home:
    """Folders for one account, and an environment that knows nothing of the caller's."""

    def __init__(self, folder, lumabill):
        self.path, self._lumabill = Path(folder), lumabill
        for name in ("config", "state", "home"):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        self.environment = {
            "HOME": str(self.path / "home"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1",
            "LUMABILL_CONFIG_DIR": str(self.path / "config"), "LUMABILL_STATE_DIR": str(self.path / "state"),
        }

    def login(self, address, auth, key, browse):
        """Logs the account in as a person would; `browse` is given the address that a browser would open."""
        arguments = ["login", "--account", ACCOUNT, "--service", address, "--insecure-storage"]
        if auth == "oauth":
            return self._sign_in([*arguments, "--no-browser"], browse)
        ran = self.run([*arguments, *(["--with-token"] if key else [])], given=f"{key}\n" if key else "")
        if ran.returncode:
            raise LoginFailed(f"`lumabill {' '.join(arguments)}` ended with {ran.returncode}: {ran.stderr}{ran.stdout}")
        return ran.stdout + ran.stderr

    def believe(self, reads):
        """Says in the settings which tools only read."""
        file = self.path / "config" / "config.toml"
        head = f"[accounts.{ACCOUNT}]\n"
        text = file.read_text()
        if head not in text:
            raise LoginFailed(f"the config file names no account `{ACCOUNT}`:\n{text}")
        text = re.sub(r"(?m)^reads = .*\n", "", text)
        file.write_text(text.replace(head, f"{head}reads = {json.dumps(reads)}\n"))

    def fresh(self):
        """The state as it was at the login: nothing that was done since counts as done before."""
        state, kept = self.path / "state", self.path / "kept"
        if kept.exists():
            shutil.rmtree(state)
            shutil.copytree(kept, state)
        else:
            shutil.copytree(state, kept)

    def run(self, arguments, given="", seconds=60):
        return subprocess.run(
            [self._lumabill, *arguments], env=self.environment, cwd=self.path, input=given, capture_output=True,
            text=True, timeout=seconds)

    def serve(self, era, arguments):
        return Served([self._lumabill, "serve", "--account", ACCOUNT, *arguments], self.environment, era)

    def files_with(self, secret):
        """The files below it that hold this text, by path."""
        files = (file for file in self.path.rglob("*") if file.is_file())
        return sorted(str(file.relative_to(self.path)) for file in files if secret.encode() in file.read_bytes())

    def secrets(self, key):
        """What must not be told, the key or the tokens that a sign-in stored; and the one file that may hold them."""
        file = Path("config") / f"{ACCOUNT}.key"
        if not (self.path / file).exists():
            return set(), file
        tokens = re.findall(r'"(?:access_token|refresh_token)"\s*:\s*"([^"]+)"', (self.path / file).read_text())
        return {*tokens, *([key] if key else [])}, file

    def _sign_in(self, arguments, browse):
        process = subprocess.Popen(
            [self._lumabill, *arguments], env=self.environment, cwd=self.path, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if found := re.search(r"https?://\S*[?&]code_challenge=\S*", line):
                    browse(found[0])
        finally:
            # What browsing broke must not leave it waiting.
            if process.poll() is None and not said:
                process.kill()
        if process.wait(60):
            raise LoginFailed(f"`lumabill {' '.join(arguments)}` ended with {process.returncode}: {''.join(said)}")
        return "".join(said)


class Served(Peer):
    """The other end of the stdin and stdout of `lumabill serve`."""

    def __init__(self, command, environment, era):
        super().__init__(era)
        # A file and not a pipe, which would fill up.
        self._log = os.memfd_create("stderr")
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log)
        self._writing = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def close(self):
        """Ends it as a client does. Returns the seconds that it took, None where it had to be killed."""
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        return True

    def logged(self):
        return os.pread(self._log, 1 << 20, 0).decode(errors="replace")

    def _send(self, message):
        with self._writing:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def _read(self):
        for line in self._process.stdout:
            self._take(json.loads(line))
        self._break("the server closed its output")
