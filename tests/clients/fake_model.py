"""A scripted model on 127.0.0.1 that speaks four model APIs, for whole agent loops without an account.

It answers the first turn with one call of the tool that is wanted, under the name by which the client offers it,
and, once the conversation holds that call's result, with a text: SAID, then the result. Where the client keeps
tools behind a search tool of its own (Claude Code's `ToolSearch`, Qwen Code's `tool_search`), it searches first.

APIs, as streams: POST …/messages (Anthropic), …/responses (OpenAI Responses), …/chat/completions (OpenAI chat),
…:streamGenerateContent (Gemini). No key is checked.
"""
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SAID = "THE-MODEL-SAID"
TOOL_CALL, SEARCH_CALL = "call_wanted", "call_search"


class FakeModel:
    """Serves until the end of the `with`. `turns` holds what was offered, what came back and what was answered."""

    def __init__(self, tool, shown, arguments):
        """`shown` is the wanted tool's name as the client offers it."""
        self.tool, self.shown, self.arguments = tool, shown, arguments
        self.turns, self.elsewhere = [], []
        self._lock = threading.Lock()

    def __enter__(self):
        handler = type("Handler", (Apis,), {"model": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def offered(self):
        """The largest set of tool names that one request offered."""
        return max((turn["tools"] for turn in self.turns), key=len, default=[])

    def results(self):
        """What came back of the wanted tool's call, as text."""
        return [text for turn in self.turns for text in turn["results"]]

    def choose(self, names):
        """The wanted tool's name where it is among these."""
        return self.shown if self.shown in names else None

    def answer(self, api, names, results):
        """What the model says: (`tool`, name) or (`text`, words)."""
        name = self.choose(names)
        if results:
            said = ("text", f"{SAID} {results[-1][:4000]}")
        elif name:
            said = ("tool", name)
        else:
            said = ("text", f"{SAID} no tool of that name was offered")
        with self._lock:
            self.turns.append({"api": api, "tools": names, "results": results, "answer": said})
        return said


def text_of(value):
    """The words in a tool's result, however the client wrapped them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(map(text_of, value))
    if isinstance(value, dict):
        for key in ("text", "output", "content", "result", "error"):
            if key in value:
                return text_of(value[key])
    return json.dumps(value)


class Apis(BaseHTTPRequestHandler):
    """Translates between the four APIs and the model."""

    protocol_version = "HTTP/1.1"
    model = None

    def log_message(self, *_):
        """Quiet: the turns are kept by the model."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.split("?")[0]
        if path.endswith("/messages"):
            self._anthropic(request)
        elif path.endswith("/responses"):
            self._responses(request)
        elif path.endswith("/chat/completions"):
            self._chat(request)
        elif path.endswith(":streamGenerateContent"):
            self._gemini(request)
        else:
            self.do_GET()

    def do_GET(self):
        """Nothing else is here; what was asked for is kept."""
        self.model.elsewhere.append(f"{self.command} {self.path}")
        self._send(b'{"error": {"message": "not here", "type": "not_found_error"}}', "application/json", 404)

    def _stream(self, events):
        """Sends server-sent events: pairs of a name (or None) and an object or a string."""
        lines = ""
        for name, value in events:
            lines += f"event: {name}\n" if name else ""
            lines += f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n"
        self._send(lines.encode(), "text/event-stream")

    def _send(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _anthropic(self, request):
        names = [tool.get("name", "") for tool in request.get("tools") or []]
        contents = [message.get("content") for message in request["messages"]]
        blocks = [block for content in contents if isinstance(content, list) for block in content]
        results = [block for block in blocks if block.get("type") == "tool_result"]
        wanted = [text_of(block) for block in results if block.get("tool_use_id") == TOOL_CALL]
        if not (results or self.model.choose(names)) and "ToolSearch" in names:
            # Claude Code with deferred tools: what it finds, it offers in the next turn.
            block = _use(SEARCH_CALL, "ToolSearch", {"query": self.model.tool, "max_results": 5})
        else:
            kind, said = self.model.answer("messages", names, wanted)
            block = {"type": "text", "text": said} if kind == "text" else _use(TOOL_CALL, said, self.model.arguments)
        stop = "tool_use" if block["type"] == "tool_use" else "end_turn"
        message = {"id": "msg_01", "type": "message", "role": "assistant", "model": request["model"],
                   "content": [], "stop_reason": None, "stop_sequence": None,
                   "usage": {"input_tokens": 10, "output_tokens": 1}}
        if stop == "tool_use":
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        else:
            start = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": block["text"]}
        ended = {"stop_reason": stop, "stop_sequence": None}
        self._stream((event["type"], event) for event in [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": start},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 5}},
            {"type": "message_stop"},
        ])

    def _responses(self, request):
        names, spaces = [], {}
        for tool in request.get("tools") or []:
            for inner in tool.get("tools", []) if tool.get("type") == "namespace" else []:
                # The namespace is one field and the name another, in the offer and in the call.
                names.append(f"{tool.get('name')}__{inner.get('name')}")
                spaces[names[-1]] = {"namespace": tool.get("name"), "name": inner.get("name")}
            if tool.get("type") != "namespace":
                names.append(tool.get("name") or tool.get("type", ""))
        given = request.get("input") if isinstance(request.get("input"), list) else []
        results = [text_of(item.get("output")) for item in given
                   if item.get("type") in ("function_call_output", "custom_tool_call_output")]
        kind, said = self.model.answer("responses", names, results)
        if kind == "tool":
            item = {"type": "function_call", "id": "fc_1", "call_id": TOOL_CALL, "name": said,
                    "arguments": json.dumps(self.model.arguments), "status": "completed", **spaces.get(said, {})}
        else:
            content = [{"type": "output_text", "text": said, "annotations": []}]
            item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
        self._response_events(item, request)

    def _response_events(self, item, request):
        base = {"id": f"resp_{time.time_ns()}", "object": "response", "created_at": int(time.time()),
                "model": request["model"], "status": "in_progress", "output": []}
        usage = {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 5,
                 "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 15}
        done = {**base, "status": "completed", "output": [item], "usage": usage}
        at = {"item_id": item["id"], "output_index": 0}
        if item["type"] == "function_call":
            opening = {**item, "status": "in_progress", "arguments": ""}
            middle = [{"type": "response.function_call_arguments.delta", **at, "delta": item["arguments"]},
                      {"type": "response.function_call_arguments.done", **at, "arguments": item["arguments"]}]
        else:
            opening = {**item, "status": "in_progress", "content": []}
            words, at = item["content"][0]["text"], {**at, "content_index": 0}
            part = {"type": "output_text", "text": "", "annotations": []}
            middle = [{"type": "response.content_part.added", **at, "part": part},
                      {"type": "response.output_text.delta", **at, "delta": words},
                      {"type": "response.output_text.done", **at, "text": words}]
        self._stream((event["type"], event) for event in [
            {"type": "response.created", "response": base},
            {"type": "response.output_item.added", "output_index": 0, "item": opening},
            *middle,
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": done},
        ])

    def _chat(self, request):
        names = [tool.get("function", {}).get("name", "") for tool in request.get("tools") or []]
        came_back = {message.get("tool_call_id"): text_of(message.get("content"))
                     for message in request.get("messages", []) if message.get("role") == "tool"}
        arguments, call = self.model.arguments, TOOL_CALL
        # Qwen Code: the tool is looked up, then called through another one.
        found = set(re.findall(r'"name":\s*"([^"]+)"', came_back.get(SEARCH_CALL, "")))
        if not came_back and not self.model.choose(names) and "tool_search" in names:
            kind, said, arguments, call = "tool", "tool_search", {"query": self.model.tool}, SEARCH_CALL
        else:
            results = [came_back[TOOL_CALL]] if TOOL_CALL in came_back else []
            kind, said = self.model.answer("chat", [*names, *found], results)
        if kind == "tool" and said in found:
            said, arguments = "tool_call", {"name": said, "arguments": arguments}
        if kind == "tool":
            function = {"name": said, "arguments": json.dumps(arguments)}
            message = {"role": "assistant", "content": None,
                       "tool_calls": [{"index": 0, "id": call, "type": "function", "function": function}]}
        else:
            message = {"role": "assistant", "content": said}
        self._chat_events(message, request)

    def _chat_events(self, message, request):
        reason = "tool_calls" if "tool_calls" in message else "stop"
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": int(time.time()),
                 "model": request["model"]}
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        self._stream([
            (None, {**chunk, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}),
            (None, {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}),
            (None, "[DONE]"),
        ])

    def _gemini(self, request):
        tools = request.get("tools") or []
        names = [row.get("name", "") for tool in tools for row in tool.get("functionDeclarations", [])]
        parts = [part for content in request["contents"] for part in content.get("parts", [])]
        results = [text_of(part["functionResponse"].get("response")) for part in parts if "functionResponse" in part]
        kind, said = self.model.answer("gemini", names, results)
        part = {"text": said} if kind == "text" else {"functionCall": {"name": said, "args": self.model.arguments}}
        content = {"role": "model", "parts": [part]}
        self._stream([(None, {
            "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15},
            "modelVersion": "fake",
        })])


def _use(call, name, arguments):
    return {"type": "tool_use", "id": call, "name": name, "input": arguments}
