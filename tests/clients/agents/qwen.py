"""Qwen Code without a terminal, on the OpenAI chat API."""
import json
import re

PROMPT = "Create an invoice for Muster AG"
LIST = ["qwen", "mcp", "list"]
CONNECTS_TO_LIST = True
# Keeps tools behind a search tool of its own, if it is let.
SEARCHES = True
OWN_COMMAND = False
# In its newest notation: it writes the file anew where that is older.
SETTINGS = {
    "security": {"auth": {"selectedType": "openai"}, "folderTrust": {"enabled": False}},
    "general": {"enableAutoUpdate": False},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "$version": 4,
}


def shown(server, tool):
    return f"mcp__{server}__{tool}"


def by_hand(place):
    """Its tools come to the model directly, so that they can be counted."""
    entry = {"command": place.command, "args": place.arguments, "env": place.variables, "trust": True}
    direct = {"tools": {"toolSearch": {"enabled": False}}}
    settings_file(place).write_text(json.dumps({**SETTINGS, **direct, "mcpServers": {"lumabill": entry}}))
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
    return [place.pack.program("qwen"), "-p", PROMPT, "--yolo", "--auth-type", "openai"], environment(place)


def settings_file(place):
    folder = place.home.path / ".qwen"
    folder.mkdir(exist_ok=True)
    return folder / "settings.json"


def environment(place):
    return {"OPENAI_BASE_URL": f"{place.model_url}/v1", "OPENAI_API_KEY": "fake", "OPENAI_MODEL": "fake-model"}


def listed(ran):
    """Whether each server that it lists is connected."""
    rows = re.findall(r"^\S ([\w-]+): .* - (\w+)$", ran.out + ran.errors, re.MULTILINE)
    return {name: state == "Connected" for name, state in rows}
