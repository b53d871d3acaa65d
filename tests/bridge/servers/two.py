"""A question of the modern era: a result that asks, and the same call again with the answer."""
from mcp.types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult


def asked(ctx, message, schema):
    """What a tool returns: the question, or once it is answered what came of it."""
    answer = (ctx.input_responses or {}).get("question")
    if answer is None:
        form = ElicitRequestFormParams(message=message, requestedSchema=schema.model_json_schema())
        return InputRequiredResult(
            input_requests={"question": ElicitRequest(method="elicitation/create", params=form)}, request_state="asked")
    if ctx.request_state != "asked":
        return f"the state is {ctx.request_state!r}"
    said = schema.model_validate(answer.content).model_dump() if answer.action == "accept" else None
    return f"{answer.action}: {said}"
