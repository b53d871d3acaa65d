//! Variants of the reconstruction, made at random as other vendors might have written it, and servers that follow them
//! in front of the real sandbox. Nothing here is code of the program's, and its lists of words are not the program's.

mod arrange;
mod dice;
mod document;
mod envelope;
mod front;
mod names;
mod noise;
mod ours;
mod plan;
mod schema;
mod style;
mod synonyms;
mod upstream;
mod walk;
mod words;
mod yaml;

pub use document::{document, text};
pub use front::Front;
pub use names::Names;
pub use noise::operations as noise_operations;
pub use ours::{follow, operations as our_operations};
pub use plan::Plan;

use serde_json::Value;

use crate::support::SandboxProcess;

/// One request as a client of the variant sends it: status, head and body of the answer.
pub fn ask(
    url: &str,
    sandbox: &SandboxProcess,
    method: &str,
    target: &str,
    body: Option<&Value>,
) -> (u16, String, Value) {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nauthorization: Bearer {}\r\nx-profile-id: {}\r\ncontent-type: application/json\r\n",
        sandbox.key(),
        sandbox.profile("Muster Consulting GmbH")
    );
    let reply = upstream::exchange(url, &head, body.map(|body| body.to_string().into_bytes()));
    (reply.status, reply.head, reply.json)
}
