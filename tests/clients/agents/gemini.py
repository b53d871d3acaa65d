"""Gemini CLI without a terminal."""
import json
import re

PROMPT = "Create an invoice for Muster AG"
LIST = ["gemini", "mcp", "list"]
CONNECTS_TO_LIST = True
SEARCHES = False
OWN_COMMAND = False
# In its newest notation: it writes the file anew where that is older.
SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
}


def shown(server, tool):
    return f"mcp_{server}_{tool}"


def by_hand(place):
    entry = {"command": place.command, "args": place.arguments, "env": place.variables, "trust": True}
    settings_file(place).write_text(json.dumps({**SETTINGS, "mcpServers": {"lumabill": entry}}))
    return installed(place)


def before(place):
    """A configuration as somebody has it; the path of the file."""
    file = settings_file(place)
    settings = json.dumps(SETTINGS, indent=4)[1:-2]
    file.write_text(f"""{{
    // What somebody noted.{settings},
    "mcpServers": {{
        "other": {{ "command": "/bin/false" }} // never starts
    }}
}}
""")
    return file


def kept(text):
    """What has to be as before: all of it."""
    return text


def installed(place):
    return [place.pack.program("gemini"), "--model", "gemini-2.5-pro", "-p", PROMPT, "--yolo"], environment(place)


def settings_file(place):
    folder = place.home.path / ".gemini"
    folder.mkdir(exist_ok=True)
    return folder / "settings.json"


def environment(place):
    return {"GOOGLE_GEMINI_BASE_URL": place.model_url, "GEMINI_API_KEY": "fake"}


def listed(ran):
    """Whether each server that it lists is connected."""
    # It says so on stderr.
    rows = re.findall(r"^\S ([\w-]+): .* - (\w+)$", ran.out + ran.errors, re.MULTILINE)
    return {name: state == "Connected" for name, state in rows}
