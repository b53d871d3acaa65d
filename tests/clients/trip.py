"""There and back: `lumabill install` writes the client's own file, the client reads it and works with it, and
`lumabill uninstall` leaves the file as it was.

The client runs as its user would have it: both entries beside a foreign one, its tools behind its own search where
it has one. `lumabill` has no key here and connects all the same; the invoice lands in the practice data of
`lumabill-sandbox`, which a sandbox process of the same home reads.
"""
from agent import count, loop, module
from sandbox import Sandbox

OURS = {"lumabill", "lumabill-sandbox"}
# Seconds for one listing on a busy machine.
PATIENCE = 90


def run(row, place, outcome):
    client = module(row)
    there_and_back(row, client, place, outcome, place.home.environment, work=True)
    if client.OWN_COMMAND and not outcome.problems:
        # The way of a machine where the client's command is not on PATH: the file is then written by us.
        without = {**place.home.environment, "PATH": "/usr/bin:/bin"}
        there_and_back(row, client, place, outcome, without, work=False)


def there_and_back(row, client, place, outcome, environment, work):
    """Installs with this environment, lets the client list its servers, and `work` with them, and uninstalls."""
    file = client.before(place)
    before = file.read_text()
    ours(place, outcome, environment, "install", row["name"])
    ours(place, outcome, environment, "install", row["name"], "--sandbox")
    if outcome.problems:
        return
    check_list(client, place, outcome, installed=True)
    if work:
        check_work(client, place, outcome)
    ours(place, outcome, environment, "uninstall", row["name"])
    check_list(client, place, outcome, installed=False)
    after = file.read_text()
    if client.kept(after) != client.kept(before):
        outcome.problems.append(f"uninstall left another {file.name}")
        outcome.notes += ["--- before", before, "--- after", after]


def check_work(client, place, outcome):
    """One loop through the practice server, and what its books hold afterwards."""
    with Sandbox(place.lumabill, None, place.home.environment) as sandbox:
        known = sandbox.invoices()
        model = loop(client, client.installed, "lumabill-sandbox", place, outcome)
        outcome.check_invoices(known, sandbox.invoices())
    if not client.SEARCHES:
        for server in sorted(OURS):
            count(client, model, server, place, outcome)


def ours(place, outcome, environment, *arguments):
    """Runs a command of ours as the client's user."""
    ran = place.home.run([place.home.lumabill, *arguments], environment, PATIENCE)
    if ran.problem:
        outcome.problems.append(f"`lumabill {' '.join(arguments)}` {ran.problem}")


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
