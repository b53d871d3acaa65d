//! Stands in for a remote server behind the gateway: the suite's fixtures that have a form only in what is passed on
//! (images, sound, resources within an answer, structured content of any type, forms, errors of the protocol).

use serde_json::{Map, Value, json};

use super::{Answered, Ask, Asks, Call, Outcome, Passed, Passing, Question, Rejected, object};

/// What each tool is for; the arguments of most are none.
pub const TOOLS: [(&str, &str); 14] = [
    ("test_image_content", "Answers with an image"),
    ("test_audio_content", "Answers with a sound"),
    ("test_embedded_resource", "Answers with a resource"),
    ("test_multiple_content_types", "Answers with a text, an image and a resource"),
    ("test_structured_list", "Answers with a list"),
    ("test_missing_capability", "Needs sampling, which nobody has"),
    ("test_elicitation", "Asks for a name and an address"),
    ("test_elicitation_sep1034_defaults", "Asks with a form that is filled in"),
    ("test_elicitation_sep1330_enums", "Asks for choices"),
    ("test_streaming_elicitation", "Asks for a name"),
    ("test_input_required_result_elicitation", "Asks for a name"),
    ("test_input_required_result_request_state", "Asks for a yes of its own"),
    ("test_input_required_result_tampered_state", "Asks for a yes of its own"),
    ("test_input_required_result_multi_round", "Asks for a name and then for a colour"),
];

/// The resource that changes whenever somebody subscribes to it.
pub const WATCHED: &str = "test://watched-resource";
const BINARY: &str = "test://static-binary";
/// A prompt that asks before it is one.
pub const ASKING_PROMPT: &str = "test_input_required_result_prompt";

/// A single pixel.
pub const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// Nothing to hear.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

pub fn call(call: &Call) -> Outcome {
    let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
    let resource = |uri: &str, kind: &str, text: &str| json!({ "type": "resource", "resource": { "uri": uri, "mimeType": kind, "text": text } });
    match call.tool.as_str() {
        "test_image_content" => answered(&json!([image])),
        "test_audio_content" => answered(&json!([{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }])),
        "test_embedded_resource" => {
            let words = "This is an embedded resource content.";
            answered(&json!([resource("test://embedded-resource", "text/plain", words)]))
        }
        "test_multiple_content_types" => {
            let text = json!({ "type": "text", "text": "Multiple content types test:" });
            let data = r#"{"test":"data","value":123}"#;
            answered(&json!([
                text,
                image,
                resource("test://mixed-content-resource", "application/json", data)
            ]))
        }
        "test_structured_list" => passed(json!({ "content": [], "structuredContent": [1, "two", null] })),
        "test_missing_capability" => Outcome::Rejected(Rejected {
            code: -32021,
            message: "sampling is needed".to_owned(),
            data: Some(json!({ "requiredCapabilities": { "sampling": {} } })),
        }),
        tool => asking(tool, &call.arguments, call.answered.as_ref()),
    }
}

/// `None` for what is not of this server.
pub fn pass(passing: &Passing) -> Option<Outcome> {
    let given = |name: &str| passing.params.get(name).and_then(Value::as_str);
    match (passing.method, given("uri"), given("name")) {
        ("resources/read", Some(BINARY), _) => {
            Some(passed(json!({ "contents": [{ "uri": BINARY, "mimeType": "image/png", "blob": PNG }] })))
        }
        ("resources/read", Some(WATCHED), _) => {
            Some(passed(json!({ "contents": [{ "uri": WATCHED, "mimeType": "text/plain", "text": "new" }] })))
        }
        ("resources/subscribe" | "resources/unsubscribe", Some(WATCHED), _) => Some(passed(json!({}))),
        ("prompts/get", _, Some(ASKING_PROMPT)) => {
            Some(asking(ASKING_PROMPT, &Map::new(), passing.answered.as_ref()))
        }
        _ => None,
    }
}

pub fn resources() -> Vec<Value> {
    vec![
        json!({ "uri": BINARY, "name": "static-binary", "mimeType": "image/png" }),
        json!({ "uri": WATCHED, "name": "watched-resource", "mimeType": "text/plain" }),
    ]
}

/// The form of each question, under its key: one after the other.
fn questions(name: &str, arguments: &Map<String, Value>) -> Vec<(&'static str, Value)> {
    let text = json!({ "type": "string" });
    let one = |key, message: &str, field: &str| {
        (key, form(message, &json!({ field: { "type": "string" } }), &json!([field])))
    };
    let yes = || ("confirm", form("Please confirm", &json!({ "ok": { "type": "boolean" } }), &json!(["ok"])));
    match name {
        "test_elicitation" => {
            let message = arguments.get("message").and_then(Value::as_str).unwrap_or_default();
            let fields = json!({ "username": text, "email": text });
            vec![("user", form(message, &fields, &json!(["username", "email"])))]
        }
        "test_elicitation_sep1034_defaults" => {
            vec![("filled_in", form("Is this right?", &defaults(), &json!([])))]
        }
        "test_elicitation_sep1330_enums" => vec![("choices", form("Please choose", &choices(), &json!([])))],
        "test_input_required_result_request_state" | "test_input_required_result_tampered_state" => {
            vec![yes()]
        }
        "test_input_required_result_multi_round" => vec![
            one("step1", "Step 1: What is your name?", "name"),
            one("step2", "Step 2: What is your favorite color?", "color"),
        ],
        ASKING_PROMPT => vec![one("user_context", "What context should the prompt use?", "context")],
        _ => vec![one("user_name", "What is your name?", "name")],
    }
}

fn form(message: &str, properties: &Value, required: &Value) -> Value {
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    json!({ "message": message, "requestedSchema": schema })
}

fn defaults() -> Value {
    json!({
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    })
}

fn choices() -> Value {
    let titled = json!([
        { "const": "value1", "title": "First" },
        { "const": "value2", "title": "Second" },
        { "const": "value3", "title": "Third" },
    ]);
    let plain = json!(["option1", "option2", "option3"]);
    json!({
        "untitledSingle": { "type": "string", "enum": plain },
        "titledSingle": { "type": "string", "oneOf": titled },
        "legacyEnum": {
            "type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
        "titledMulti": { "type": "array", "items": { "anyOf": titled } },
    })
}

/// Asks one question after the other; the same again while its answer is missing, and not at all on a state that is
/// not of its own making.
fn asking(name: &str, arguments: &Map<String, Value>, given: Option<&Answered>) -> Outcome {
    let questions = questions(name, arguments);
    let state = |round: usize| format!("{name} {round}");
    let mut round = 0;
    if let Some(given) = given {
        let asked = questions.iter().enumerate().find(|(round, _)| state(*round) == given.state);
        let Some((asked, (key, _))) = asked else {
            let message = "the state is not of this server's making".to_owned();
            return Outcome::Rejected(Rejected { code: -32602, message, data: None });
        };
        round = asked + usize::from(given.responses.get(*key).is_some_and(Value::is_object));
    }
    if let Some((key, params)) = questions.get(round) {
        let ask = Ask { key: (*key).to_owned(), params: object(params.clone()) };
        let (message, state) = (format!("{name} asks"), state(round));
        return Outcome::Ask(Question { message, state, asks: Asks::Remote(vec![ask]) });
    }
    let said = json!(given.map(|given| &given.responses)).to_string();
    let text = json!({ "type": "text", "text": format!("User response: {said}") });
    if name == ASKING_PROMPT {
        return passed(json!({ "messages": [{ "role": "user", "content": text }] }));
    }
    answered(&json!([text]))
}

fn answered(content: &Value) -> Outcome {
    passed(json!({ "content": content }))
}

fn passed(result: Value) -> Outcome {
    Outcome::Passed(Passed { result: object(result), receipt: None })
}
