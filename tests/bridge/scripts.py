"""What is asked of each server: every tool, resource and prompt that it lists, its errors, and what it says unasked.

A script runs on any connection and says the same on each; what came is in the talk's record.
"""

# Base64 of a small file, for tools that take an address of data.
DATA = "data:text/plain;base64,SW52b2ljZSAyMDI2LTAwMQ=="
ANSWERS = {"name": "Erika Muster", "check": True, "email": "erika@example.com", "integer": 7, "number": 2.5}


def everything(talk):
    """`@modelcontextprotocol/server-everything`."""
    calls = {
        "echo": [{"message": "Grüezi, \u202eWelt\u200b 🧾"}],
        "get-annotated-message": [{"messageType": "error", "includeImage": True}, {"messageType": "debug"}],
        "get-env": [{}],
        "get-resource-links": [{"count": 4}],
        "get-resource-reference": [
            {"resourceType": "Text", "resourceId": 1}, {"resourceType": "Blob", "resourceId": 2}],
        "get-structured-content": [{"location": "Chicago"}],
        "get-sum": [{"a": 0.1, "b": 1234567890123}, {"a": -1e21, "b": 0}],
        "get-tiny-image": [{}],
        "gzip-file-as-resource": [{"name": "a.gz", "data": DATA, "outputType": "resource"}],
        # In other words each: what is done twice in the same words is refused by us.
        "toggle-simulated-logging": [{}, {"time": 2}],
        "toggle-subscriber-updates": [{}, {"time": 2}],
        "trigger-elicitation-request": [{}],
        "trigger-long-running-operation": [{"duration": 0.2, "steps": 2}],
        "trigger-url-elicitation": [{"url": "https://example.com/sign", "elicitationId": "e-1"}],
        "simulate-research-query": [{"topic": "VAT"}],
    }
    resources = talk.walk("resources/list")
    tools = talk.walk("tools/list")
    templates = talk.walk("resources/templates/list")
    prompts = talk.walk("prompts/list")
    covered(talk, "tools", tools, calls)

    uri = "demo://resource/dynamic/text/7"
    talk.subscribe(uri)
    for tool, given in calls.items():
        for n, arguments in enumerate(given):
            since = talk.peer.mark()
            talk.call(f"{tool} {n + 1}", tool, arguments)
            if tool == "gzip-file-as-resource":
                talk.heard("resources changed", since, "notifications/resources/list_changed")
                talk.ask("read session", "resources/read", {"uri": "demo://resource/session/a.gz"})
            if tool == "toggle-subscriber-updates" and n == 0:
                talk.heard("resource updated", since, "notifications/resources/updated")
    accept = [{"action": "accept", "content": ANSWERS}]
    talk.call("elicitation answered", "trigger-elicitation-request", {"time": 2}, replies=accept)
    talk.call("elicitation cancelled", "trigger-elicitation-request", {"time": 3}, replies=[{"action": "cancel"}])
    url = {"url": f"{talk.origin}/x", "elicitationId": "e-2"}
    talk.call("url accepted", "trigger-url-elicitation", url, replies=[{"action": "accept"}])
    talk.call("url required", "trigger-url-elicitation", {**url, "errorPath": True})
    slow = "trigger-long-running-operation"
    talk.call("progress", slow, {"duration": 0.6, "steps": 3}, progress=True)
    talk.call("cancelled", slow, {"duration": 1, "steps": 10}, progress=True, cancel_after=1, patience=1.5)

    failing(talk, "get-sum", {"a": "one"}, "get-resource-reference", {"resourceType": "Text", "resourceId": -1})
    everything_beside_tools(talk, resources, templates, prompts)
    talk.unasked()


def everything_beside_tools(talk, resources, templates, prompts):
    for resource in resources:
        talk.ask(f"read {resource['uri']}", "resources/read", {"uri": resource["uri"]})
    for template in templates:
        uri = template["uriTemplate"].replace("{resourceId}", "7")
        talk.ask(f"read {uri}", "resources/read", {"uri": uri})
        about = {"ref": {"type": "ref/resource", "uri": template["uriTemplate"]}, "argument": {"name": "resourceId", "value": "7"}}
        talk.ask(f"complete {template['uriTemplate']}", "completion/complete", about)
    talk.ask("read missing", "resources/read", {"uri": "demo://resource/static/document/missing.md"})
    talk.ask("read unknown", "resources/read", {"uri": "demo://nowhere/at/all"})

    given = {
        "simple-prompt": {}, "args-prompt": {"city": "Zürich", "state": "ZH"},
        "completable-prompt": {"department": "Sales", "name": "Eve"},
        "resource-prompt": {"resourceType": "Text", "resourceId": "3"},
    }
    covered(talk, "prompts", prompts, given)
    for name, arguments in given.items():
        talk.ask(f"prompt {name}", "prompts/get", {"name": name, "arguments": arguments})
    talk.ask("prompt unknown", "prompts/get", {"name": "no-such-prompt"})
    talk.ask("prompt without arguments", "prompts/get", {"name": "args-prompt"})
    talk.ask("prompt that fails", "prompts/get", {
        "name": "resource-prompt", "arguments": {"resourceType": "Nothing", "resourceId": "3"}})
    ref = {"type": "ref/prompt", "name": "completable-prompt"}
    talk.ask("complete prompt", "completion/complete", {"ref": ref, "argument": {"name": "department", "value": "S"}})
    talk.ask("complete with context", "completion/complete", {
        "ref": ref, "argument": {"name": "name", "value": ""}, "context": {"arguments": {"department": "Sales"}}})
    talk.ask("complete unknown", "completion/complete", {
        "ref": {"type": "ref/prompt", "name": "no-such-prompt"}, "argument": {"name": "x", "value": ""}})


def failing(talk, typed, bad, failed, arguments):
    """What every server is asked that cannot work: `bad` breaks the schema of `typed`, `failed` fails by itself."""
    talk.call("unknown tool", "no_such_tool", {})
    talk.call("bad arguments", typed, bad)
    talk.call("missing arguments", typed, {})
    talk.call("tool that fails", failed, arguments)
    talk.ask("unknown method", "billing/nothing", {})


def covered(talk, what, rows, asked):
    """Keeps what is listed and not asked for, and the reverse: nothing of either on a direct connection."""
    listed = {row["name"] for row in rows}
    talk.keep(f"covered {what}", {"unasked": sorted(listed - set(asked)), "unlisted": sorted(set(asked) - listed)})


def books(talk):
    """The servers of ours on the libraries for Python: servers/books.py."""
    calls = {
        "find_record": [{"number": 1}, {"number": 2}],
        "list_numbers": [{}],
        "add_record": [{"title": "Travel", "amount": "1234567890.10"}],
        "touch_record": [{"number": 7}],
        "count_slowly": [{"steps": 2, "seconds": 0.1}],
        "choose_colour": [{"time": 1}],
        "hand_over": [{"time": 1}],
        "everything_at_once": [{}],
        "fail": [{"how": "told"}, {"how": "oddly"}],
        "large": [{"kilobytes": 1}, {"kilobytes": 600}],
        "learn": [{"more": True}, {"more": False}],
        "how_often_cancelled": [{}],
    }
    tools = talk.walk("tools/list")
    covered(talk, "tools", tools, calls)
    resources = talk.walk("resources/list")
    templates = talk.walk("resources/templates/list")
    prompts = talk.walk("prompts/list")
    talk.subscribe("books://records/7")
    changes = {"touch_record": "resources/updated", "learn": "tools/list_changed"}
    for tool, given in calls.items():
        for n, arguments in enumerate(given):
            since = talk.peer.mark()
            talk.call(f"{tool} {n + 1}", tool, arguments)
            if (notice := changes.get(tool)) and (tool == "learn" or talk.peer.era in talk.news):
                talk.heard(f"{notice} {n + 1}", since, f"notifications/{notice}")
            if tool == "learn":
                talk.keep(f"names {n + 1}", sorted(row["name"] for row in talk.rows("tools/list")))
                if n == 0:
                    talk.call("learnt tool", "extra", {})
    chosen = {"action": "accept", "content": {"colour": "blue", "copies": 2}}
    talk.call("colour chosen", "choose_colour", {"time": 2}, replies=[chosen])
    talk.call("colour cancelled", "choose_colour", {"time": 3}, replies=[{"action": "cancel"}])
    talk.together("together", "count_slowly", [{"steps": steps, "seconds": 0.1 * (5 - steps)} for steps in (1, 2, 3, 4)])
    talk.call("progress", "count_slowly", {"steps": 3, "seconds": 0.6}, progress=True)
    talk.call("cancelled", "count_slowly", {"steps": 10, "seconds": 5}, progress=True, cancel_after=1, patience=1.0)
    talk.call("after cancelling", "how_often_cancelled", {})

    failing(talk, "find_record", {"number": "one"}, "find_record", {"number": 99})
    for uri in [*(resource["uri"] for resource in resources), "books://records/2", "books://records/none", "books://no", "odd"]:
        talk.ask(f"read {uri}", "resources/read", {"uri": uri})
    for name, arguments in {"remind": {"client": "Muster AG"}, "none": {}}.items():
        talk.ask(f"prompt {name}", "prompts/get", {"name": name, "arguments": arguments})
    talk.ask("prompt without arguments", "prompts/get", {"name": "remind"})
    for ref in [{"type": "ref/prompt", "name": prompts[0]["name"]}, {"type": "ref/resource", "uri": templates[0]["uriTemplate"]}]:
        talk.ask(f"complete {ref['type']}", "completion/complete", {"ref": ref, "argument": {"name": "client", "value": "Mu"}})
    talk.ask("complete unknown", "completion/complete", {
        "ref": {"type": "ref/prompt", "name": "none"}, "argument": {"name": "x", "value": ""}})
    talk.unasked()


SCRIPTS = {"everything": everything, "books": books}
