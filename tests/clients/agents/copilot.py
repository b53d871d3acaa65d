"""GitHub Copilot CLI offline, with a provider of its own."""
import json

PROMPT = "Create an invoice for Muster AG"
LIST = ["copilot", "mcp", "list", "--json"]
CONNECTS_TO_LIST = False
SEARCHES = False
OWN_COMMAND = False


def shown(server, tool):
    return f"{server}-{tool}"


def by_hand(place):
    entry = {
        "type": "local", "command": place.command, "args": place.arguments,
        "env": place.variables, "tools": ["*"],
    }
    config_file(place).write_text(json.dumps({"mcpServers": {"lumabill": entry}}))
    return installed(place)


def before(place):
    """A configuration as somebody has it; the path of the file."""
    file = config_file(place)
    file.write_text("""{
\t"mcpServers": {
\t\t"other": { "type": "local", "command": "/bin/false", "args": [], "tools": ["*"] }
\t}
}
""")
    return file


def kept(text):
    """What has to be as before: all of it."""
    return text


def installed(place):
    command = [place.pack.program("copilot"), "-p", PROMPT, "--allow-all-tools", "--no-color", "--disable-builtin-mcps"]
    return command, environment(place)


def config_file(place):
    folder = place.home.path / ".copilot"
    folder.mkdir(exist_ok=True)
    return folder / "mcp-config.json"


def environment(place):
    return {
        "COPILOT_PROVIDER_BASE_URL": f"{place.model_url}/v1",
        "COPILOT_MODEL": "fake-model",
        "COPILOT_OFFLINE": "true",
    }


def listed(ran):
    """The servers that it lists; it does not say whether they are connected."""
    return {name: None for name, server in json.loads(ran.out)["mcpServers"].items() if server["enabled"]}
