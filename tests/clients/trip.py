"""There and back: `lumabill install` writes the client's own file, the client reads it and works with it, and
`lumabill uninstall` leaves the file as it was.

The client runs as its user would have it: both entries beside a foreign one, its tools behind its own search where
it has one. `lumabill` has no key here and connects all the same; the invoice lands in the practice data of
`lumabill-sandbox`, which a sandbox process of the same home reads.
"""
from agent import loop, module
from sandbox import Sandbox

OURS = {"lumabill", "lumabill-sandbox"}
# Seconds for one listing on a busy machine.
PATIENCE = 90


def run(row, place, outcome):
    client = module(row)
    file = client.before(place)
    before = file.read_bytes()
    ours(place, outcome, "install", row["name"])
    ours(place, outcome, "install", row["name"], "--sandbox")
    if outcome.problems:
        return
    check_list(client, place, outcome, installed=True)
    with Sandbox(place.lumabill, None, place.home.environment) as sandbox:
        known = sandbox.invoices()
        loop(client, client.installed, "lumabill-sandbox", place, outcome)
        outcome.check_invoices(known, sandbox.invoices())
    ours(place, outcome, "uninstall", row["name"])
    check_list(client, place, outcome, installed=False)
    if client.kept(file.read_text()) != client.kept(before.decode()):
        outcome.problems.append(f"uninstall left another {file.name}")
        outcome.notes += ["--- before", before.decode(), "--- after", file.read_text()]


def ours(place, outcome, *arguments):
    """Runs a command of ours as the client's user."""
    ran = place.home.run([place.home.lumabill, *arguments], place.home.environment, PATIENCE)
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
