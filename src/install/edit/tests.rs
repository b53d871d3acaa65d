//! Files before and after, format by format.

use serde_json::{Value, json};

use super::{Format, Spot};

mod hostile;
mod jsonc;
mod odd;
mod properties;
mod toml;
mod yaml;

const JSON: Spot = Spot { format: Format::Jsonc, at: &["mcpServers"], list: false };
const TOML: Spot = Spot { format: Format::Toml, at: &["mcp_servers"], list: false };
const MAP: Spot = Spot { format: Format::Yaml, at: &["extensions"], list: false };
const LIST: Spot = Spot { format: Format::Yaml, at: &["mcpServers"], list: true };

fn entry() -> Value {
    json!({"command": "/opt/lumabill", "args": ["serve"]})
}
