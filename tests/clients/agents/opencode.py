"""opencode without a terminal, with a provider of its own."""
import json

PROMPT = "Create an invoice for Muster AG"
# A tool's name as the model sees it, of server and tool.
SHOWN = "{}_{}"


def loop(place):
    entry = {
        "type": "local", "command": [place.command, *place.arguments],
        "environment": place.variables, "enabled": True,
    }
    write(place, {"lumabill": entry})
    return [place.pack.program("opencode"), "run", "--model", "fake/fake-model", PROMPT], environment(place)


def write(place, servers):
    """Writes its configuration with these servers."""
    folder = place.home.path / ".config" / "opencode"
    folder.mkdir(parents=True, exist_ok=True)
    options = {"baseURL": f"{place.model_url}/v1", "apiKey": "fake"}
    model = {"name": "fake-model", "tool_call": True}
    (folder / "opencode.json").write_text(json.dumps({
        "autoupdate": False,
        "share": "disabled",
        "provider": {"fake": {
            "npm": "@ai-sdk/openai-compatible", "name": "fake", "options": options, "models": {"fake-model": model}}},
        "mcp": servers,
    }, indent=2))


def environment(place):
    return {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}
