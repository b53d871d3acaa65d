"""A whole agent loop: the client asks a scripted model, which asks for `create_invoice`, and hands the result back."""
import importlib

from fake_model import SAID, FakeModel
from sandbox import INVOICE

TOOL = "create_invoice"
# Seconds for the whole loop on a busy machine.
PATIENCE = 120


def module(row):
    """How this client is set up and started."""
    return importlib.import_module(f"agents.{row['name'].replace('-', '_')}")


def run(row, place, outcome):
    """The loop with a configuration written by hand; counts the tools that the model is offered."""
    client = module(row)
    model = loop(client, client.by_hand, "lumabill", place, outcome)
    outcome.tools = count(client, model, "lumabill", place, outcome)


def count(client, model, server, place, outcome):
    """How many of a server's tools the model was offered; a problem where one is missing."""
    shown = [client.shown(server, tool) for tool in place.expected]
    missing = [name for name in shown if name not in model.offered()]
    if missing:
        outcome.problems.append(f"{len(missing)} tools of `{server}` not offered: {', '.join(missing)}")
    return f"{len(shown) - len(missing)} of {len(shown)}"


def loop(client, start, server, place, outcome):
    """Runs the client as `start` says until the model has had its last word. Returns the model."""
    with FakeModel(TOOL, client.shown(server, TOOL), INVOICE) as model:
        place.model_url = model.url
        command, variables = start(place)
        ran = place.home.run(command, {**place.home.environment, **variables}, PATIENCE)
    outcome.results = model.results()
    outcome.seconds = ran.seconds
    outcome.called = bool(outcome.results)
    if ran.problem:
        outcome.problems.append(ran.problem)
    if not outcome.results:
        outcome.problems.append("no result came back to the model")
    if SAID not in ran.out:
        outcome.problems.append("the model's last words were not printed")
    for turn in model.turns:
        kind, said = turn["answer"]
        outcome.notes.append(f"{turn['api']}: {len(turn['tools'])} tools offered, answered with {kind} {said[:300]}")
    outcome.notes += [f"asked the model's address for {line}" for line in dict.fromkeys(model.elsewhere)]
    return model
