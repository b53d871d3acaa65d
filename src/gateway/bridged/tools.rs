//! The tools of a remote server as they are offered here: safe names, our arguments in the schemas, and what each one
//! does as far as that is known.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::Tool;
use crate::catalogue::Effect;

/// One tool as it is offered and called.
#[derive(Clone, Debug)]
pub struct Offered {
    /// As it is listed, and as the server knows it in `remote_name`.
    pub tool: Tool,
    pub remote_name: String,
    pub effect: Effect,
    /// A person is asked first, with this sentence of ours on what happens; at every level but `never`.
    pub asks: Option<String>,
    /// The server's own definition, as it came.
    pub definition: Arc<Map<String, Value>>,
}
