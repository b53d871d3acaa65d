"""A client library, driven by a program of ours below sdks/.

The program reads one JSON object from stdin:
  {"command": PATH, "args": [], "env": {…}, "invoice": {arguments of `create_invoice`}}
starts `command` with `env` (beside what the library passes on by itself) over stdio, lists the tools, calls
`list_invoices` and `create_invoice`, of which this one invoice stays, ends the connection, and prints one line
of JSON as its last:
  {"client": …, "version": …, "era": …, "tools": N, "listed": true, "invoice_id": …, "error": null}
It runs in a fresh folder; CLIENT_PACK names the folder where its pack is installed.
In clients.json `run` is its command: `node` is the pinned one, `sdks/…` lies here, and other programs are its pack's.
"""
import json

from installs import HERE, node_folder, version
from sandbox import INVOICE

# Seconds for the whole run on a busy machine.
PATIENCE = 90


def run(row, place, outcome):
    job = {"command": place.command, "args": place.arguments, "env": place.variables, "invoice": INVOICE}
    environment = {**place.home.environment, "CLIENT_PACK": str(place.pack.folder)}
    ran = place.home.run(command(row, place), environment, PATIENCE, json.dumps(job))
    outcome.seconds = ran.seconds
    said = last_line(ran.out)
    outcome.tools = f"{said.get('tools')} of {len(place.expected)}"
    outcome.era = said.get("era") or "-"
    outcome.called = bool(said.get("invoice_id"))
    outcome.results = [str(said.get("invoice_id"))]
    if ran.problem:
        outcome.problems.append(ran.problem)
    if said.get("error"):
        outcome.problems.append(str(said["error"]).strip().splitlines()[-1][:200])
        outcome.notes.append(str(said["error"]))
    if said.get("tools") != len(place.expected):
        outcome.problems.append(f"listed {said.get('tools')} tools")
    if not said.get("listed"):
        outcome.problems.append("`list_invoices` gave no list")
    if said.get("version") != version(row):
        outcome.problems.append(f"says that it is {said.get('version')} and not {version(row)}")


def command(row, place):
    program, *arguments = row["run"]
    program = node_folder() / program if program == "node" else place.pack.program(program)
    return [program, *(HERE / part if part.startswith("sdks/") else part for part in arguments)]


def last_line(out):
    try:
        said = json.loads(out.strip().rpartition("\n")[2])
    except ValueError:
        said = {"error": "its last line is no JSON"}
    return said if isinstance(said, dict) else {"error": "its last line is no object"}
