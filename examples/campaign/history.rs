//! What `lumabill history` says of intents that are still open.

use serde_json::Value;

use super::process::Program;

/// How many intents are open, or why that cannot be told.
pub fn open(program: &Program, key: &str) -> Result<usize, String> {
    let ended = program
        .command(key)
        .args(["history", "--json"])
        .output()
        .map_err(|error| format!("`history` cannot be run: {error}"))?;
    if !ended.status.success() {
        return Err(format!("`history --json` failed: {}", String::from_utf8_lossy(&ended.stderr).trim()));
    }
    let told: Value = serde_json::from_slice(&ended.stdout)
        .map_err(|error| format!("`history --json` writes no JSON: {error}"))?;
    let entries = ["entries", "history", "writes"].iter().find_map(|name| told[name].as_array());
    let entries =
        entries.or(told.as_array()).ok_or_else(|| format!("`history --json` has no list: {told}"))?;
    Ok(entries.iter().filter(|entry| entry["open"] == true).count())
}
