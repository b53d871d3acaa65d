"""One client at work: what it is run with, what is seen of it, and what server and sandbox say afterwards."""
import json
import subprocess
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import agent
import sdk
import trip
from installs import Pack, node_folder
from sandbox import TOTAL, Sandbox
from sealed import Home
from wire import Tap


@dataclass
class Place:
    """What a client is run with."""

    home: Home
    pack: Pack
    # As it was built; the client starts a copy below its home.
    lumabill: Path
    # The entry of the server: command, arguments, environment.
    command: str = ""
    arguments: list = field(default_factory=list)
    variables: dict = field(default_factory=dict)
    # Names of the tools that are served.
    expected: list = field(default_factory=list)
    # The scripted model; replaced by the address of the one that runs.
    model_url: str = "http://127.0.0.1:1"


@dataclass
class Outcome:
    """What was seen of one client. `problems` is empty where all was as it should be; `notes` explain them."""

    # The protocol version in use.
    era: str = "-"
    tools: str = "-"
    called: bool = False
    invoice: str = "-"
    seconds: float = 0.0
    # What the tool's result held, as it came back to the model or to our program.
    results: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def check_invoices(self, known, now):
        """Exactly one invoice more than before, of the right total, and its id came back."""
        new = [invoice for id, invoice in now.items() if id not in known]
        self.invoice = ", ".join(f"{invoice['number']} {invoice['total']}" for invoice in new) or "none"
        if [invoice["total"] for invoice in new] != [TOTAL]:
            self.problems.append(f"new invoices: {self.invoice}; not one of {TOTAL}")
        elif not any(new[0]["id"] in result for result in self.results):
            self.problems.append("the new invoice's id did not come back")


def with_sandbox(row, lumabill, keep):
    """The client on a sandbox of its own, through a copy of what it writes to the server."""
    with Trial(row, lumabill, keep) as trial:
        home = trial.place.home
        # All of them for an agent, so that none is left out by a client's rules for names and schemas.
        arguments = ["--toolsets", "all"] if row["kind"] == "agent" else []
        tap = Tap(home.path / "wire", home.lumabill, ["serve", *arguments])
        with Sandbox(lumabill, home.path / "books.db", home.environment) as sandbox:
            known = sandbox.invoices()
            trial.place.command, trial.place.variables = str(tap.command), sandbox.account
            trial.place.expected = served(lumabill, arguments, {**home.environment, **sandbox.account})
            (agent if row["kind"] == "agent" else sdk).run(row, trial.place, trial.outcome)
            trial.check_servers()
            trial.outcome.check_invoices(known, sandbox.invoices())
        # What is on the wire is what a client asks for: a library that tells what it got knows better.
        if trial.outcome.era == "-":
            trial.outcome.era = tap.era() or "none"
        if trial.outcome.era != row["era"]:
            trial.outcome.problems.append(f"spoke {trial.outcome.era} and not {row['era']}")
    return trial.outcome


def installed(row, lumabill, keep):
    """An agent with what `lumabill install` wrote for it."""
    with Trial(row, lumabill, keep) as trial:
        trial.place.expected = served(lumabill, [], trial.place.home.environment)
        trip.run(row, trial.place, trial.outcome)
        trial.check_servers()
    return trial.outcome


class Trial:
    """A client's home for the length of a `with`. What fails there is a problem of this client and ends only it."""

    def __init__(self, row, lumabill, keep):
        pack = Pack(row["pack"])
        # Its own programs on PATH, as on its user's machine.
        home = Home(row["name"], lumabill, [pack.program("any").parent, node_folder()])
        self.place = Place(home, pack, lumabill)
        self.outcome = Outcome()
        self._name, self._keep = row["name"], keep

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        home, outcome = self.place.home, self.outcome
        if isinstance(error, Exception):
            outcome.problems.append(f"{kind.__name__}: {error}")
            outcome.notes.append("".join(traceback.format_exception(error)))
            home.servers_left()
        if outcome.problems:
            print(f"\n=== {self._name}", *outcome.problems, *outcome.notes, sep="\n")
            if home.log.exists():
                print(home.log.read_text())
        if self._keep:
            print(f"{self._name}: {home.path}")
        else:
            home.remove()
        return isinstance(error, Exception)

    def check_servers(self):
        """No server of ours outlives its client."""
        if left := self.place.home.servers_left():
            self.outcome.problems.append(f"{len(left)} servers stayed when the client had ended")


def served(lumabill, arguments, environment):
    """The names of the tools that `lumabill serve` lists, asked over the protocol."""
    meta = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "trial", "version": "1"}}
    asked = [
        {"id": 1, "method": "initialize", "params": meta},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
    ]
    lines = "".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in asked)
    ran = subprocess.run(
        [str(lumabill), "serve", *arguments], env=environment, input=lines, capture_output=True, text=True, check=True,
        timeout=30)
    answers = {answer.get("id"): answer for answer in map(json.loads, ran.stdout.splitlines())}
    return [tool["name"] for tool in answers[2]["result"]["tools"]]
