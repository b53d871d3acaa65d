"""Codex CLI: `codex exec`, with a provider of its own that speaks the Responses API."""
import json

PROMPT = "Create an invoice for Muster AG"
LIST = ["codex", "mcp", "list", "--json"]
CONNECTS_TO_LIST = False
SEARCHES = False
OWN_COMMAND = False


def shown(server, tool):
    # Two fields on the wire; a hyphen becomes an underscore.
    return f"mcp__{server.replace('-', '_')}__{tool}"


def by_hand(place):
    table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in place.variables.items())
    write(place, f"""
[mcp_servers.lumabill]
command = {json.dumps(place.command)}
args = {json.dumps(place.arguments)}

[mcp_servers.lumabill.env]
{table}
""")
    return start(place), environment(place)


def before(place):
    """A configuration as somebody has it; the path of the file."""
    return write(place, """
# Another server, and what somebody noted on it.
[mcp_servers.other]
command = "/bin/false"  # never starts
args = []
""")


def kept(text):
    """What has to be as before: all of it."""
    return text


def installed(place):
    # The address of this run's model stands in the file, which is not to change any more.
    address = ["-c", f'model_providers.fake.base_url="{place.model_url}/v1"']
    return [*start(place)[:-1], *address, PROMPT], environment(place)


def start(place):
    return [
        place.pack.program("codex"), "exec", "--skip-git-repo-check", "--json",
        "--dangerously-bypass-approvals-and-sandbox", PROMPT,
    ]


def write(place, servers):
    """Writes its configuration: the model, and these tables."""
    folder = place.home.path / ".codex"
    folder.mkdir(exist_ok=True)
    file = folder / "config.toml"
    file.write_text(f"""model = "fake-model"
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
    return file


def environment(place):
    return {"FAKE_KEY": "fake"}


def listed(ran):
    """The servers that it lists; it does not say whether they are connected."""
    return {server["name"]: None for server in json.loads(ran.out) if server["enabled"]}
