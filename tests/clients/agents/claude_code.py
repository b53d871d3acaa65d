"""Claude Code in print mode, with the servers of one file."""
import json

PROMPT = "Create an invoice for Muster AG"
# A tool's name as the model sees it, of server and tool.
SHOWN = "mcp__{}__{}"


def loop(place):
    config = place.home.path / "mcp.json"
    entry = {"type": "stdio", "command": place.command, "args": place.arguments, "env": place.variables}
    config.write_text(json.dumps({"mcpServers": {"lumabill": entry}}))
    command = [
        place.pack.program("claude"), "-p", PROMPT, "--mcp-config", config, "--strict-mcp-config",
        "--allowedTools", "mcp__lumabill", "--output-format", "stream-json", "--verbose",
    ]
    return command, environment(place)


def environment(place):
    return {
        "ANTHROPIC_BASE_URL": place.model_url,
        "ANTHROPIC_API_KEY": "fake",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        # Its tools come to the model directly, so that they can be counted.
        "ENABLE_TOOL_SEARCH": "false",
    }
