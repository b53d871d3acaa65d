"""The Windows program in wine: WINE LUMABILL.EXE LUMABILL, the last one for this system. Called by tests/platforms.sh."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

WINE, PROGRAM, NATIVE = sys.argv[1:]
SHOWN = r'C:\"Claude Extensions"\server\lumabill.exe'


def run(*words, code=0, given=None):
    """What the program prints on both streams."""
    ended = subprocess.run([WINE, PROGRAM, *words], input=given, capture_output=True, timeout=120, check=False)
    said = (ended.stdout + ended.stderr).decode()
    assert ended.returncode == code, f"{words}: exit code {ended.returncode}\n{said}"
    return said.replace("\r\n", "\n")


def lines(*messages):
    return "".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages).encode()


def hints_work():
    """The command in a hint is one to cmd, quotes and all."""
    said = run("status", code=3)
    assert f"`{SHOWN} login`" in said, said
    # Through a file, as a person's line: Python and wine would quote it once more.
    script = Path(PROGRAM).with_name("hint.bat")
    script.write_text(f"@{SHOWN} login --help\r\n", encoding="ascii")
    ended = subprocess.run([WINE, "cmd", "/c", str(script.name)], cwd=script.parent, capture_output=True, timeout=120, check=False)
    assert b"Usage: " in ended.stdout, ended.stdout + ended.stderr


def serves():
    client = {"name": "platforms", "version": "1"}
    opening = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    given = lines(
        {"id": 1, "method": "initialize", "params": opening},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
        {"id": 3, "method": "tools/call", "params": {"name": "create_client", "arguments": {"name": "Wein AG"}}},
        {"id": 4, "method": "tools/call", "params": {"name": "list_clients", "arguments": {"search": "Wein"}}},
    )
    with subprocess.Popen([WINE, PROGRAM, "serve", "--sandbox=true", "--account="], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        server.stdin.write(given)
        server.stdin.flush()
        answers = {}
        while len(answers) < 4:
            answer = json.loads(server.stdout.readline())
            answers[answer.get("id")] = answer
        server.stdin.close()
        assert server.wait(timeout=20) == 0
    assert len(answers[2]["result"]["tools"]) > 30
    assert not answers[3]["result"].get("isError"), answers[3]
    assert "Wein AG" in run("call", "--sandbox", "list_clients", "search=Wein") or "Wein" in str(answers[4])


def keeps_the_key_here():
    """A key in Credential Manager stays on this machine: 2 is `CRED_PERSIST_LOCAL_MACHINE`, 3 would roam."""
    with subprocess.Popen([NATIVE, "sandbox"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as sandbox:
        said = ""
        while "keys (" not in said:
            said += sandbox.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", said)[0]
        key = sandbox.stdout.readline().split()[0]
        try:
            told = run("login", "--with-token", "--api-url", url, given=key.encode())
            assert "keyring" in told, told
            assert "Anna" in run("call", "list_clients", "search=Anna")
            subprocess.run([str(Path(WINE).with_name("wineserver64")), "-k"], check=False)
            subprocess.run([str(Path(WINE).with_name("wineserver64")), "-w"], check=False)
            registry = (Path(os.environ["WINEPREFIX"]) / "user.reg").read_text(encoding="utf-8", errors="replace")
            item = registry.split(rf"Credential Manager\\Generic: lumabill@{url}.lumabill]")[1].split("\n\n")[0]
            assert '"Persist"=dword:00000002' in item, item
            assert "removed" in run("logout", "--all")
        finally:
            sandbox.terminate()


print(run("--version").strip(), "for Windows")
hints_work()
serves()
keeps_the_key_here()
print("hints, serve and Credential Manager work in wine")
