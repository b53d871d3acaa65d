"""A user's way with a client, there and back: `lumabill login` puts the key into the keyring, `lumabill install`
writes the client's own file, the client reads it and works with it, `lumabill doctor` finds all well, and
`lumabill uninstall` leaves the file as it was. The key is then in no file of that home.

The client runs as its user would have it: both entries beside a foreign one, its tools behind its own search where
it has one, and the key only where `lumabill serve` finds it by itself.
"""
import json

from agent import count, loop, module
from keyring import Keyring
from sandbox import Sandbox

OURS = {"lumabill", "lumabill-sandbox"}
# Seconds for one command on a busy machine.
PATIENCE = 90


def run(row, place, outcome):
    client = module(row)
    with Keyring() as keyring, Sandbox(place.lumabill, place.home.path / "books.db", place.home.environment) as sandbox:
        place.home.session = keyring.variables
        login = ["login", "--with-token", "--api-url", sandbox.url, "--profile-id", sandbox.profile]
        ours(place, outcome, place.home.environment, *login, given=sandbox.key)
        there_and_back(row, client, place, outcome, place.home.environment, sandbox)
        if client.OWN_COMMAND and not outcome.problems:
            # The way of a machine where the client's command is not on PATH: the file is then written by us.
            without = {**place.home.environment, "PATH": "/usr/bin:/bin"}
            there_and_back(row, client, place, outcome, without, None)
        if found := place.home.files_with(sandbox.key):
            outcome.problems.append(f"the key stands in {', '.join(found)}")


def there_and_back(row, client, place, outcome, environment, sandbox):
    """Installs with this environment, lets the client list its servers and work on `sandbox`, and uninstalls."""
    file = client.before(place)
    before = file.read_text()
    ours(place, outcome, environment, "install", row["name"])
    ours(place, outcome, environment, "install", row["name"], "--sandbox")
    if outcome.problems:
        return
    check_list(client, place, outcome, installed=True)
    check_doctor(row, place, outcome)
    if sandbox:
        check_work(client, place, outcome, sandbox)
    ours(place, outcome, environment, "uninstall", row["name"])
    check_list(client, place, outcome, installed=False)
    after = file.read_text()
    if client.kept(after) != client.kept(before):
        outcome.problems.append(f"uninstall left another {file.name}")
        outcome.notes += ["--- before", before, "--- after", after]


def check_work(client, place, outcome, sandbox):
    """One loop with the key of the keyring, and what the books hold afterwards."""
    known = sandbox.invoices()
    model = loop(client, client.installed, "lumabill", place, outcome)
    outcome.check_invoices(known, sandbox.invoices())
    if not client.SEARCHES:
        for server in sorted(OURS):
            count(client, model, server, place, outcome)


def ours(place, outcome, environment, *arguments, given=""):
    """Runs a command of ours as the client's user."""
    ran = place.home.run([place.home.lumabill, *arguments], environment, PATIENCE, given)
    if ran.problem:
        outcome.problems.append(f"`lumabill {arguments[0]}` {ran.problem}")
    return ran


def check_doctor(row, place, outcome):
    """What `lumabill doctor` says while both entries are there."""
    ran = ours(place, outcome, place.home.environment, "doctor", "--json")
    checks = json.loads(ran.out)["checks"]
    if not any(check["id"] == "client_entry" and check["about"] == row["name"] for check in checks):
        outcome.problems.append("doctor says nothing of this client's entry")
    for check in checks:
        if check["state"] != "ok":
            outcome.problems.append(f"doctor: {check['id']} {check['state']}: {check['seen']}")


def check_list(client, place, outcome, installed):
    """What the client itself says of its servers."""
    program, *arguments = client.LIST
    variables = {**place.home.environment, **client.environment(place)}
    ran = place.home.run([place.pack.program(program), *arguments], variables, PATIENCE)
    if ran.problem:
        outcome.problems.append(f"`{' '.join(client.LIST)}` {ran.problem}")
        return
    found = client.listed(ran)
    if "other" not in found:
        outcome.problems.append("the foreign server is not listed any more")
    if not installed and OURS & found.keys():
        outcome.problems.append(f"still lists {', '.join(sorted(OURS & found.keys()))}")
    if installed and not found.keys() >= OURS:
        outcome.problems.append(f"does not list {', '.join(sorted(OURS - found.keys()))}")
    if installed and client.CONNECTS_TO_LIST and not all(found.get(name) for name in OURS):
        outcome.problems.append("does not show ours as connected")
