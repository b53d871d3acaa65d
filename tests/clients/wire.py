"""What a client writes to a server's stdin, kept byte for byte beside the server, and the era that it speaks.

The server stays the client's own child: bash becomes the server, and only the copy is made by a second process.
"""
import json
import shlex
from pathlib import Path


class Tap:
    """A command that becomes `lumabill ARGUMENTS` while what arrives on stdin is copied into `folder`."""

    def __init__(self, folder, lumabill, arguments):
        self._folder = Path(folder)
        self._folder.mkdir()
        self.command = self._folder / "lumabill"
        server = shlex.join([str(lumabill), *arguments])
        # A file a process: some clients start a server twice. It keeps the name by which the client started it.
        copy = f"exec tee {shlex.quote(str(self._folder))}/$$.wire"
        self.command.write_text(f'#!/bin/bash\nexec -a "$0" {server} < <({copy})\n')
        self.command.chmod(0o755)

    def messages(self):
        """Every message that the client sent, in order of the processes."""
        found = []
        for file in sorted(self._folder.glob("*.wire"), key=lambda file: file.stat().st_mtime_ns):
            for line in file.read_text(errors="replace").splitlines():
                try:
                    found.append(json.loads(line))
                except ValueError:
                    found.append({"method": f"not JSON: {line[:80]}"})
        return found

    def era(self):
        """The protocol version that the calls were made under, as the client wrote it; None without a call."""
        agreed = None
        for message in self.messages():
            params = message.get("params") or {}
            if message.get("method") == "initialize":
                agreed = params.get("protocolVersion")
            if message.get("method") == "tools/call":
                return (params.get("_meta") or {}).get("io.modelcontextprotocol/protocolVersion", agreed)
        return None
