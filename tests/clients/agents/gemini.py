"""Gemini CLI without a terminal."""
import json

PROMPT = "Create an invoice for Muster AG"
# A tool's name as the model sees it, of server and tool.
SHOWN = "mcp_{}_{}"
FOLDER = ".gemini"


def loop(place):
    entry = {"command": place.command, "args": place.arguments, "env": place.variables, "trust": True}
    write(place, {"lumabill": entry})
    return [place.pack.program("gemini"), "-p", PROMPT, "--yolo"], environment(place)


def write(place, servers):
    """Writes its settings with these servers."""
    folder = place.home.path / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / "settings.json").write_text(json.dumps({
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
        "general": {"disableAutoUpdate": True, "disableUpdateNag": True, "enableAutoUpdate": False},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "mcpServers": servers,
    }, indent=2))


def environment(place):
    return {"GOOGLE_GEMINI_BASE_URL": place.model_url, "GEMINI_API_KEY": "fake"}
