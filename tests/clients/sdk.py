"""A client library, driven by a program of ours below sdks/.

The program reads one JSON object from stdin:
  {"command": PATH, "args": [], "env": {…}, "invoice": {arguments of `create_invoice`}}
starts `command` with `env` (beside what the library passes on by itself) over stdio, lists the tools, calls
`list_invoices` and `create_invoice`, of which this one invoice stays, ends the connection, and prints one line
of JSON as its last:
  {"client": …, "version": …, "era": …, "tools": N, "listed": true, "invoice_id": …, "error": null}
It runs in a fresh folder; CLIENT_PACK names the folder where its pack is installed.
In clients.json `run` is its command: `node` and `python` are the pinned ones, `sdks/…` lies here, and
`examples/…` is one of cargo's beside the binary.
"""
import json

from installs import HERE, node_folder, version
from sandbox import INVOICE

# Seconds for the whole run on a busy machine.
PATIENCE = 90


def run(row, place, outcome):
    job = {"command": place.command, "args": place.arguments, "env": place.variables, "invoice": INVOICE}
    environment = dict(place.home.environment)
    if place.pack:
        environment["CLIENT_PACK"] = str(place.pack.folder)
    ran = place.home.run(command(row, place), environment, PATIENCE, json.dumps(job))
    outcome.seconds = ran.seconds
    said = last_line(ran.out)
    outcome.tools = f"{said.get('tools')} of {len(place.expected)}"
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
    places = {"sdks": HERE, "examples": place.lumabill.parent}
    command = [places[part.split("/")[0]] / part if part.split("/")[0] in places else part for part in row["run"]]
    if command[0] == "node":
        command[0] = node_folder() / "node"
    elif command[0] == "python":
        command[0] = place.pack.program("python")
    return command


def last_line(out):
    try:
        said = json.loads(out.strip().rpartition("\n")[2])
    except ValueError:
        said = {"error": "its last line is no JSON"}
    return said if isinstance(said, dict) else {"error": "its last line is no object"}
