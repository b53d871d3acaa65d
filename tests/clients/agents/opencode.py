"""opencode without a terminal, with a provider of its own."""
import json
import re

PROMPT = "Create an invoice for Muster AG"
LIST = ["opencode", "mcp", "list"]
CONNECTS_TO_LIST = True
SEARCHES = False
OWN_COMMAND = False
PROVIDER = {"fake": {
    "npm": "@ai-sdk/openai-compatible",
    "name": "fake",
    # It reads the environment into its file.
    "options": {"baseURL": "{env:FAKE_MODEL_URL}", "apiKey": "fake"},
    "models": {"fake-model": {"name": "fake-model", "tool_call": True}},
}}


def shown(server, tool):
    return f"{server}_{tool}"


def by_hand(place):
    entry = {
        "type": "local", "command": [place.command, *place.arguments],
        "environment": place.variables, "enabled": True,
    }
    config_file(place).write_text(json.dumps({"provider": PROVIDER, "mcp": {"lumabill": entry}}))
    return installed(place)


def before(place):
    """A configuration as somebody has it; the path of the file."""
    file = config_file(place)
    provider = json.dumps(PROVIDER, indent=2).replace("\n", "\n  ")
    file.write_text(f"""{{
  // What somebody noted.
  "$schema": "https://opencode.ai/config.json",
  "provider": {provider},
  "mcp": {{
    "other": {{ "type": "local", "command": ["/bin/false"], "enabled": true }}, // never starts
  }},
}}
""")
    return file


def kept(text):
    """What has to be as before: all of it."""
    return text


def installed(place):
    return [place.pack.program("opencode"), "run", "--model", "fake/fake-model", PROMPT], environment(place)


def config_file(place):
    folder = place.home.path / ".config" / "opencode"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "opencode.json"


def environment(place):
    return {
        "FAKE_MODEL_URL": f"{place.model_url}/v1",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
    }


def listed(ran):
    """Whether each server that it lists is connected."""
    rows = re.findall(r"^●\s+\S ([\w-]+) (\w+)", ran.out, re.MULTILINE)
    return {name: state == "connected" for name, state in rows}
