//! Turns the sandbox's `openapi.yaml` into compact JSON, so that no YAML reader has to be in the binary for it.
#![expect(clippy::disallowed_methods, reason = "cargo tells a build script where to write by a variable")]

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value;

const YAML: &str = "src/sandbox/openapi.yaml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={YAML}");
    let document: Value = serde_saphyr::from_str(&fs::read_to_string(YAML)?)?;
    let json = PathBuf::from(env::var("OUT_DIR")?).join("openapi.json");
    fs::write(json, document.to_string())?;
    Ok(())
}
