"""Codex CLI: `codex exec`, with a provider of its own that speaks the Responses API."""
import json

PROMPT = "Create an invoice for Muster AG"
# A tool's name as the model sees it, of server and tool.
SHOWN = "mcp__{}__{}"


def loop(place):
    table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in place.variables.items())
    write(place, f"""
[mcp_servers.lumabill]
command = {json.dumps(place.command)}
args = {json.dumps(place.arguments)}

[mcp_servers.lumabill.env]
{table}
""")
    command = [
        place.pack.program("codex"), "exec", "--skip-git-repo-check", "--json",
        "--dangerously-bypass-approvals-and-sandbox", PROMPT,
    ]
    return command, environment(place)


def write(place, servers):
    """Writes its configuration: the model, and these tables."""
    folder = place.home.path / ".codex"
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(f"""model = "fake-model"
model_provider = "fake"
check_for_update_on_startup = false

[model_providers.fake]
name = "fake"
base_url = "{place.model_url}/v1"
wire_api = "responses"
env_key = "FAKE_KEY"

[analytics]
enabled = false
{servers}""")


def environment(place):
    return {"FAKE_KEY": "fake"}
