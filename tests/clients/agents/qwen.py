"""Qwen Code without a terminal, on the OpenAI chat API."""
import json

PROMPT = "Create an invoice for Muster AG"
# A tool's name as the model sees it, of server and tool.
SHOWN = "mcp__{}__{}"


def loop(place):
    entry = {"command": place.command, "args": place.arguments, "env": place.variables, "trust": True}
    write(place, {"lumabill": entry})
    return [place.pack.program("qwen"), "-p", PROMPT, "--yolo", "--auth-type", "openai"], environment(place)


def write(place, servers):
    """Writes its settings with these servers."""
    folder = place.home.path / ".qwen"
    folder.mkdir(exist_ok=True)
    (folder / "settings.json").write_text(json.dumps({
        "security": {"auth": {"selectedType": "openai"}, "folderTrust": {"enabled": False}},
        "general": {"disableAutoUpdate": True, "disableUpdateNag": True, "enableAutoUpdate": False},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        # Its tools come to the model directly, so that they can be counted.
        "tools": {"toolSearch": {"enabled": False}},
        "mcpServers": servers,
    }, indent=2))


def environment(place):
    return {"OPENAI_BASE_URL": f"{place.model_url}/v1", "OPENAI_API_KEY": "fake", "OPENAI_MODEL": "fake-model"}
