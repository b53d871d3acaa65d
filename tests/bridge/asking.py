"""What is asked at a third-party server's tools: nothing is done without a yes, and a question of the server's is
told from one of ours."""

# Marks a question of the server's; ours never begins so.
THEIRS = "127.0.0.1 asks: "
YES, NO = {"action": "accept", "content": {}}, {"action": "decline"}


def check(row, home, era, origin):
    """The problems found, in words."""
    if row["script"] != "everything":
        return []
    problems = []

    def expect(holds, what, exchange):
        if not holds:
            problems.append(f"asking: {what}: {exchange.shown()}")

    peer = home.serve(era, [])
    try:
        peer.open()
        writes = {"name": "toggle-simulated-logging", "arguments": {}}
        again = {"name": "toggle-simulated-logging", "arguments": {"time": 2}}
        refused = peer.request("tools/call", writes, replies=[NO])
        expect(_asked(refused) == ["ours"], "a writing tool asks once before it is called", refused)
        done = peer.request("tools/call", writes, replies=[YES])
        expect(_asked(done) == ["ours"], "a writing tool asks once before it is called", done)
        # It toggles: had the refused call been sent, this one would have stopped it.
        expect("Started simulated" in str(done.answer), "a refused call is not sent, an accepted one is", done)
        peer.request("tools/call", again, replies=[YES])
        url = {"name": "trigger-url-elicitation", "arguments": {"url": f"{origin}/sign", "elicitationId": "a-1"}}
        nested = peer.request("tools/call", url, replies=[YES, {"action": "accept"}])
        expect(_asked(nested) == ["ours", "theirs"], "our question comes first, then the server's", nested)
        reads = peer.request("tools/call", {"name": "echo", "arguments": {"message": "hello"}})
        expect(_asked(reads) == [], "a tool that only reads asks nothing", reads)
        expect("Echo: hello" in str(reads.answer), "and answers", reads)
    finally:
        if not peer.close():
            problems.append("asking: `lumabill serve` did not end with its input")
    return problems


def _asked(exchange):
    return ["theirs" if each["params"]["message"].startswith(THEIRS) else "ours" for each in exchange.asked]

