"""What every Python client goes through with lumabill, told once: connect, list, call, be refused, be asked, close.

A runner says how its client does each step; story.mjs tells the same in JavaScript. What goes in and out: ../sdk.py.
"""
import asyncio
import json
import os
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from importlib.metadata import version

# Seconds. Two after closing, the SDKs send SIGTERM: a server that ends at the end of its input is gone before.
GONE_WITHIN = 1.9
STORY_WITHIN = 80

WANTED = {"list_invoices", "create_invoice", "get_invoice", "delete_invoice"}


@dataclass(frozen=True)
class Server:
    """How the client is to start lumabill. SDKs pass on little else of their own environment."""

    command: str
    args: list
    env: dict


@dataclass(frozen=True)
class Result:
    """What a call gave: `structured` is None where the client does not hand it out."""

    text: str
    structured: object
    failed: bool

    def facts(self):
        """The facts of a call that succeeded, after a look that text and structured content hold the same."""
        assert not self.failed, self.text
        facts = json.loads(self.text)
        assert self.structured in (None, facts), f"{self.structured} is not {facts}"
        return facts


class Person:
    """Who answers questions: with no, until told otherwise."""

    def __init__(self):
        self.questions = []
        self.reply = "decline"

    def answer(self, message):
        self.questions.append(message)
        return self.reply


def tell(client, package, session):
    """Runs the story and prints its one line of JSON.

    `session(server, person)` is an async context manager around the connected client. It gives an object with
      era         the protocol version in use, where the client tells it
      elicits     whether it puts questions to `person.answer(message)`, which returns "accept" or "decline"
      progresses  whether it hands progress to `on_progress`
      async names()                         the tools' names
      async call(name, args, on_progress)   a Result; `on_progress` is an async function of any arguments, or None
    """
    line = {"client": client, "version": version(package), "era": None, "tools": 0, "listed": False, "invoice_id": None}
    line["error"] = None
    try:
        asyncio.run(asyncio.wait_for(_steps(line, session), STORY_WITHIN))
    except BaseException as error:
        # The first cause again as the last line, which is what the table shows.
        first = error
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        line["error"] = f"{traceback.format_exc()}\n{type(first).__name__}: {first}"
    print(json.dumps(line), flush=True)
    sys.exit(1 if line["error"] else 0)


async def _steps(line, session):
    job = json.load(sys.stdin)
    person = Person()
    async with session(Server(job["command"], job["args"], job["env"]), person) as client:
        line["era"] = client.era
        names = await client.names()
        line["tools"] = len(names)
        assert WANTED <= set(names), f"no {WANTED - set(names)} among {names}"
        listed = (await client.call("list_invoices", {"limit": 2}, None)).facts()
        assert len(listed["items"]) == 2, listed
        line["listed"] = True

        refused = await client.call("list_invoices", {"nonsense": 1}, None)
        assert refused.failed, f"an unknown argument was taken: {refused.text}"
        assert "`list_invoices` has no argument `nonsense`" in refused.text, refused.text
        if refused.structured:
            assert refused.structured["error"]["message"] in refused.text, refused

        created = await client.call("create_invoice", job["invoice"], None)
        line["invoice_id"] = created.facts()["record"]["id"]
        line["confirmed_by"] = await _deletion(client, job["invoice"], person)
        # Some clients start a server for each call: there is nothing to close.
        stays = bool(_children())
        start = time.monotonic()
    left = _children()
    took = time.monotonic() - start
    assert not left, f"still running after closing: {left}"
    assert took < GONE_WITHIN, f"closing took {took:.1f} s: the server did not end with its input"
    line["gone_ms"] = round(took * 1000) if stays else None


async def _deletion(client, invoice, person):
    """A second invoice is deleted after a yes and not before. Returns how the yes was given."""
    other = {**invoice, "lines": [{**invoice["lines"][0], "price": 90}]}
    draft = (await client.call("create_invoice", other, None)).facts()["record"]
    this = {"id": draft["id"]}

    # A look-up by number reads the list, and says so to a client that wants to know.
    told = []

    async def on_progress(*step):
        told.append(step)

    found = await client.call("get_invoice", {"number": draft["number"]}, on_progress)
    assert found.facts()["record"]["id"] == draft["id"], found.text
    assert told or not client.progresses, "no progress was told"

    declined = await client.call("delete_invoice", this, None)
    assert declined.failed, f"deleted without a yes: {declined.text}"
    (await client.call("get_invoice", this, None)).facts()
    if client.elicits:
        assert len(person.questions) == 1 and draft["number"] in person.questions[0], person.questions
        person.reply = "accept"
        (await client.call("delete_invoice", this, None)).facts()
        assert len(person.questions) == 2, person.questions
    else:
        assert "`confirm_number`" in declined.text, declined.text
        (await client.call("delete_invoice", {**this, "confirm_number": draft["number"]}, None)).facts()
    assert (await client.call("get_invoice", this, None)).failed, "the draft is still there"
    return "elicitation" if client.elicits else "argument"


def _children():
    """Processes that this one started and that run, but for the `ps` that looks."""
    rows = subprocess.run(["ps", "-eo", "ppid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    found = (row.split(None, 2) for row in rows.splitlines())
    return [row for row in found if row[0] == str(os.getpid()) and row[1][0] != "Z" and not row[2].startswith("ps ")]
