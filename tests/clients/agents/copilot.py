"""GitHub Copilot CLI offline, with a provider of its own."""
import json

PROMPT = "Create an invoice for Muster AG"
# A tool's name as the model sees it, of server and tool.
SHOWN = "{}-{}"


def loop(place):
    entry = {
        "type": "local", "command": place.command, "args": place.arguments,
        "env": place.variables, "tools": ["*"],
    }
    folder = place.home.path / ".copilot"
    folder.mkdir()
    (folder / "mcp-config.json").write_text(json.dumps({"mcpServers": {"lumabill": entry}}))
    command = [place.pack.program("copilot"), "-p", PROMPT, "--allow-all-tools", "--no-color", "--disable-builtin-mcps"]
    return command, environment(place)


def environment(place):
    return {
        "COPILOT_PROVIDER_BASE_URL": f"{place.model_url}/v1",
        "COPILOT_MODEL": "fake-model",
        "COPILOT_OFFLINE": "true",
    }
