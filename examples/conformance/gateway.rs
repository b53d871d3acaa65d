//! Stands in for the product's gateway: the same shapes, and behind them the suite's fixtures. What the product's own
//! answers have a form for (text and an object) is here, all else in `remote`, as a remote server's answers pass.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{broadcast, watch};
use tokio::time::sleep;

use crate::failure::{Exit, Failure};
use completion::{Completion, Place, Typing};
use resources::Resource;

#[path = "../../src/gateway/call.rs"]
#[expect(dead_code, reason = "the fixtures heed neither who calls nor for how long")]
mod call;
mod remote;

pub use call::{
    Action, Answered, Ask, Asks, Call, Caller, Done, Listed, Outcome, Passed, Passing, ProgressSink,
    Question, Rejected, Tool,
};

pub mod completion {
    //! What is typed, and what it may become.

    #[expect(dead_code, reason = "the fixtures have the same values for whatever is typed")]
    pub struct Typing {
        pub place: Place,
        pub argument: String,
        pub typed: String,
        pub profile: Option<String>,
    }

    pub enum Place {
        Prompt(String),
        Template(String),
    }

    #[derive(Default)]
    pub struct Completion {
        pub values: Vec<String>,
        pub total: Option<u64>,
        pub more: bool,
    }
}

pub mod resources {
    //! What stands behind an address.

    use serde_json::{Map, Value};

    pub enum Resource {
        Written(&'static str, String),
        Read(String, Vec<Map<String, Value>>),
    }
}

/// There is no journal here: nothing is to be handed in.
#[derive(Clone, Copy)]
pub struct Receipt;

impl Receipt {
    #[expect(clippy::unused_self, reason = "the shape of the product's")]
    pub fn hand_in(self) {}
}

/// What remote servers say unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    ResourcesChanged,
    ResourceUpdated(String),
}

/// The fixtures. How often they changed is all that is kept.
pub struct Accounts {
    changes: watch::Sender<u64>,
    notices: broadcast::Sender<Notice>,
    added: Mutex<u64>,
}

/// What each tool is for; the arguments of most are none.
const TOOLS: [(&str, &str); 7] = [
    ("test_simple_text", "Answers with a text"),
    ("test_error_handling", "Always fails"),
    ("test_tool_with_progress", "Reports three steps"),
    ("test_logging_tool", "Would log, if anything were logged to clients"),
    ("test_trigger_tool_change", "Adds a tool to the list"),
    ("test_trigger_prompt_change", "Adds a prompt to the list"),
    ("json_schema_2020_12_tool", "Has a schema with everything in it"),
];

impl Accounts {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            changes: watch::channel(0).0,
            notices: broadcast::channel(16).0,
            added: Mutex::new(0),
        })
    }

    fn added(&self) -> u64 {
        *self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tools(&self) -> Arc<Vec<Tool>> {
        let added = (1..=self.added()).map(|number| (format!("test_added_{number}"), "Was added"));
        let fixed = TOOLS.iter().chain(&remote::TOOLS).map(|(name, about)| ((*name).to_owned(), *about));
        let tools = fixed.chain(added).map(|(name, about)| Tool {
            input_schema: Arc::new(input_schema(&name)),
            output_schema: match name.as_str() {
                "test_simple_text" => Some(Arc::new(object(json!({ "type": "object" })))),
                "test_structured_list" => Some(Arc::new(object(json!({ "type": "array" })))),
                _ => None,
            },
            more: (name == "test_image_content").then(|| Arc::new(object(further()))),
            read_only: !name.starts_with("test_trigger"),
            destructive: None,
            idempotent: None,
            open_world: Some(false),
            description: about.to_owned(),
            name,
        });
        Arc::new(tools.collect())
    }

    #[expect(clippy::unused_self, reason = "the shape of the product's")]
    pub fn instructions(&self) -> String {
        "Fixtures of the conformance suite.".to_owned()
    }

    pub fn tools_changed(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub async fn call(&self, call: Call) -> Outcome {
        match call.tool.as_str() {
            name if remote::TOOLS.iter().any(|(tool, _)| *tool == name) => remote::call(&call),
            "test_error_handling" => {
                failed("test_error", "this tool intentionally returns an error for testing")
            }
            "test_tool_with_progress" => {
                for done in [0.0, 50.0, 100.0] {
                    if let Some(progress) = &call.caller.progress {
                        progress(done, Some(100.0), "a step");
                    }
                    sleep(Duration::from_millis(50)).await;
                }
                done("all steps are done")
            }
            "test_trigger_tool_change" | "test_trigger_prompt_change" => {
                *self.added.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                self.changes.send_modify(|change| *change += 1);
                drop(self.notices.send(Notice::ResourcesChanged));
                done("changed")
            }
            name if self.tools().iter().any(|tool| tool.name == name) => {
                echoed("This is a simple text response for testing.", &call.arguments)
            }
            name => failed("unknown_tool", format!("there is no tool `{name}`")),
        }
    }

    pub fn prompts(&self) -> Vec<Value> {
        let required = |name: &str| json!({ "name": name, "required": true });
        let arguments = |name: &str| match name {
            "test_prompt_with_arguments" => json!([required("arg1"), required("arg2")]),
            "test_prompt_with_embedded_resource" => json!([required("resourceUri")]),
            _ => json!([]),
        };
        let fixed = [
            "test_simple_prompt",
            "test_prompt_with_arguments",
            "test_prompt_with_embedded_resource",
            "test_prompt_with_image",
            remote::ASKING_PROMPT,
        ];
        let added = (1..=self.added()).map(|number| format!("test_added_{number}"));
        let names = fixed.map(str::to_owned).into_iter().chain(added);
        let listed = names
            .map(|name| json!({ "name": name, "description": "A fixture", "arguments": arguments(&name) }));
        listed.collect()
    }

    pub fn listed(&self, what: Listed) -> Vec<Value> {
        match what {
            Listed::Prompts => self.prompts(),
            Listed::Resources => self.resources(),
            Listed::Templates => self.resource_templates(),
        }
    }

    #[expect(clippy::unused_async, reason = "the shape of the product's")]
    pub async fn pass(&self, passing: Passing) -> Option<Outcome> {
        let outcome = remote::pass(&passing);
        if passing.method == "resources/subscribe" && outcome.is_some() {
            drop(self.notices.send(Notice::ResourceUpdated(remote::WATCHED.to_owned())));
        }
        outcome
    }

    #[expect(clippy::unused_self, reason = "the shape of the product's")]
    pub fn subscribable(&self) -> bool {
        true
    }

    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    #[expect(clippy::unused_self, reason = "the shape of the product's")]
    pub fn prompt(&self, name: &str, arguments: &Map<String, Value>) -> Result<Value, Failure> {
        let argument = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        let text = |text: &str| json!({ "type": "text", "text": text });
        let contents = match name {
            "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
            "test_prompt_with_arguments" => {
                let (one, other) = (argument("arg1"), argument("arg2"));
                vec![text(&format!("Prompt with arguments: arg1='{one}', arg2='{other}'"))]
            }
            "test_prompt_with_embedded_resource" => {
                let words = "Embedded resource content for testing.";
                let embedded =
                    json!({ "uri": argument("resourceUri"), "mimeType": "text/plain", "text": words });
                let resource = json!({ "type": "resource", "resource": embedded });
                vec![resource, text("Please process the embedded resource above.")]
            }
            "test_prompt_with_image" => {
                let image = json!({ "type": "image", "data": remote::PNG, "mimeType": "image/png" });
                vec![image, text("Please analyze the image above.")]
            }
            _ => {
                let message = format!("there is no prompt `{name}`");
                return Err(Failure::new("unknown_prompt", Exit::Refused, message));
            }
        };
        let messages = contents.into_iter().map(|content| json!({ "role": "user", "content": content }));
        Ok(json!({ "messages": messages.collect::<Vec<_>>() }))
    }

    #[expect(clippy::unused_self, reason = "the shape of the product's")]
    pub fn resources(&self) -> Vec<Value> {
        let text = json!({ "uri": "test://static-text", "name": "static-text", "mimeType": "text/plain" });
        [vec![text], remote::resources()].concat()
    }

    #[expect(clippy::unused_self, reason = "the shape of the product's")]
    pub fn resource_templates(&self) -> Vec<Value> {
        vec![json!({ "uriTemplate": "test://template/{id}/data", "name": "template" })]
    }

    #[expect(clippy::unused_self, reason = "the shape of the product's")]
    pub fn resource(&self, uri: &str) -> Option<Resource> {
        if uri == "test://static-text" {
            let text = "This is the content of the static text resource.";
            return Some(Resource::Written("text/plain", text.to_owned()));
        }
        // Read by a call, as records are.
        let id = uri.strip_prefix("test://template/")?.strip_suffix("/data")?;
        Some(Resource::Read("test_simple_text".to_owned(), vec![object(json!({ "id": id }))]))
    }

    #[expect(clippy::unused_async, reason = "the shape of the product's")]
    pub async fn complete(&self, typing: Typing) -> Option<Completion> {
        let known = match &typing.place {
            Place::Prompt(name) => name == "test_prompt_with_arguments",
            Place::Template(template) => template == "test://template/{id}/data",
        };
        let values = ["paris", "park", "party"].map(str::to_owned).to_vec();
        known.then_some(Completion { values, total: Some(150), more: true })
    }
}

/// What remote servers say of their tools beside what we say ourselves.
fn further() -> Value {
    json!({
        "title": "An image",
        "icons": [{ "src": format!("data:image/png;base64,{}", remote::PNG), "mimeType": "image/png" }],
        "annotations": { "title": "An image", "readOnlyHint": false },
        "_meta": { "example.com/colour": "red" },
    })
}

fn echoed(text: &str, given: &Map<String, Value>) -> Outcome {
    let text = format!("{text} {}", Value::Object(given.clone()));
    let structured = object(json!({ "text": text, "given": given }));
    Outcome::Done(Done { structured, text, receipt: None })
}

fn done(text: &str) -> Outcome {
    Outcome::Done(Done { structured: object(json!({ "text": text })), text: text.to_owned(), receipt: None })
}

fn failed(code: &'static str, message: impl Into<String>) -> Outcome {
    Outcome::Failed(Failure::new(code, Exit::Refused, message))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn input_schema(tool: &str) -> Map<String, Value> {
    object(match tool {
        "json_schema_2020_12_tool" => json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {
                "address": {
                    "$anchor": "addressDef",
                    "type": "object",
                    "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
                },
            },
            "properties": {
                "name": { "type": "string" },
                "address": { "$ref": "#/$defs/address" },
                "contactMethod": { "type": "string", "enum": ["phone", "email"] },
                "phone": { "type": "string" },
                "email": { "type": "string" },
            },
            "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
            "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
            "then": { "required": ["phone"] },
            "else": { "required": ["email"] },
            "additionalProperties": false,
        }),
        "test_elicitation" => json!({
            "type": "object",
            "properties": { "message": { "type": "string" } },
            "required": ["message"],
        }),
        _ => json!({ "type": "object", "properties": {} }),
    })
}
