"""A whole agent loop: the client asks a scripted model, which asks for `create_invoice`, and hands the result back."""
import importlib

from fake_model import SAID, FakeModel
from sandbox import INVOICE

# Seconds for the whole loop on a busy machine.
PATIENCE = 120


def run(row, place, outcome):
    client = importlib.import_module(f"agents.{row['name'].replace('-', '_')}")
    with FakeModel("create_invoice", INVOICE) as model:
        place.model_url = model.url
        command, variables = client.loop(place)
        code, out, outcome.seconds = place.home.run(command, {**place.home.environment, **variables}, PATIENCE)
    results = model.results()
    outcome.called = bool(results)
    outcome.returned = lambda invoice: any(invoice["id"] in result for result in results)
    shown = [client.SHOWN.format("lumabill", tool) for tool in place.expected]
    missing = [name for name in shown if name not in model.offered()]
    outcome.tools = f"{len(shown) - len(missing)} of {len(shown)}"
    if missing:
        outcome.problems.append(f"the model was not offered {', '.join(missing)}")
    if code != 0:
        outcome.problems.append("out of time" if code is None else f"ended with {code}")
    if not results:
        outcome.problems.append("no result came back to the model")
    if SAID not in out:
        outcome.problems.append("the model's last words were not printed")
    outcome.notes += [f"{turn['api']}: {len(turn['tools'])} tools, {turn['answer'][0]} {turn['answer'][1][:300]}" for turn in model.turns]
    outcome.notes += [f"asked the model's address for {line}" for line in dict.fromkeys(model.elsewhere)]
    return outcome
