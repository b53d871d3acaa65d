//! What `lumabill history` says was written, and what is still open.

use std::collections::HashSet;

use serde_json::Value;

use super::process::Program;

/// The journal, as people see it.
#[derive(Debug, Default)]
pub struct History {
    /// Intents whose fate is not known.
    pub open: usize,
    /// Ids of the records that were made.
    pub created: HashSet<String>,
}

impl History {
    /// Asks the program; the message says why that told nothing.
    pub fn ask(program: &Program, key: &str) -> Result<Self, String> {
        let ended = program
            .command(key)
            .args(["history", "--json"])
            .output()
            .map_err(|error| format!("`history` cannot be run: {error}"))?;
        if !ended.status.success() {
            return Err(format!(
                "`history --json` failed: {}",
                String::from_utf8_lossy(&ended.stderr).trim()
            ));
        }
        let told: Value = serde_json::from_slice(&ended.stdout)
            .map_err(|error| format!("`history --json` writes no JSON: {error}"))?;
        let changes = told["changes"].as_array();
        let changes = changes.ok_or_else(|| format!("`history --json` has no list `changes`: {told}"))?;
        let made = changes.iter().filter(|change| change["outcome"] == "created");
        Ok(Self {
            open: changes.iter().filter(|change| change["open"] == true).count(),
            created: made
                .map(|change| change["record"]["id"].as_str().unwrap_or("no id").to_owned())
                .collect(),
        })
    }
}
