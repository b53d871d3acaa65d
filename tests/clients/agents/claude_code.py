"""Claude Code in print mode."""
import json
import re

PROMPT = "Create an invoice for Muster AG"
LIST = ["claude", "mcp", "list"]
CONNECTS_TO_LIST = True
# Keeps tools behind a search tool of its own, if it is let.
SEARCHES = True
# `lumabill install` goes through `claude mcp add`, if it is on PATH.
OWN_COMMAND = True


def shown(server, tool):
    return f"mcp__{server}__{tool}"


def by_hand(place):
    """With the servers of one file. Its tools come to the model directly, so that they can be counted."""
    config = place.home.path / "mcp.json"
    entry = {"type": "stdio", "command": place.command, "args": place.arguments, "env": place.variables}
    config.write_text(json.dumps({"mcpServers": {"lumabill": entry}}))
    command = [*start(place, "lumabill"), "--mcp-config", config, "--strict-mcp-config"]
    return command, {**environment(place), "ENABLE_TOOL_SEARCH": "false"}


def before(place):
    """A configuration as somebody has it; the path of the file."""
    file = place.home.path / ".claude.json"
    other = {"type": "stdio", "command": "/bin/false", "args": [], "env": {}}
    file.write_text(json.dumps({"numStartups": 7, "mcpServers": {"other": other}}, indent=2) + "\n")
    return file


def kept(text):
    """What has to be as before: it writes into its file whenever it runs."""
    return json.loads(text)["mcpServers"]


def installed(place):
    return start(place, "lumabill"), environment(place)


def start(place, server):
    return [
        place.pack.program("claude"), "-p", PROMPT, "--allowedTools", f"mcp__{server}",
        "--output-format", "stream-json", "--verbose",
    ]


def environment(place):
    return {
        "ANTHROPIC_BASE_URL": place.model_url,
        "ANTHROPIC_API_KEY": "fake",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }


def listed(ran):
    """Whether each server that it lists is connected."""
    return {name: "Connected" in state for name, state in re.findall(r"^([\w-]+): .* - (.*)$", ran.out, re.MULTILINE)}
