"""A session bus with an unlocked keyring, for the clients that are started on it."""
import subprocess
from pathlib import Path

WITH_KEYRING = Path(__file__).resolve().parents[1] / "with-keyring.sh"
# Tells where the bus is, and stays until its stdin ends.
HOLD = 'echo "$DBUS_SESSION_BUS_ADDRESS"; echo "$XDG_RUNTIME_DIR"; exec cat >/dev/null'


class Keyring:
    """There until the end of the `with`; `variables` lead to it. Its files lie in a home of its own."""

    def __enter__(self):
        self._process = subprocess.Popen(
            [str(WITH_KEYRING), "sh", "-c", HOLD],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        address, runtime = (self._process.stdout.readline().strip() for _ in range(2))
        if not address:
            raise RuntimeError("there is no keyring: tests/install-tools.sh installs what it needs")
        self.variables = {"DBUS_SESSION_BUS_ADDRESS": address, "XDG_RUNTIME_DIR": runtime}
        return self

    def __exit__(self, *_):
        self._process.communicate()
