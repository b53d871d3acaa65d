//! A test file that no `mod` line names is compiled by nobody and fails nobody.

use std::fs;
use std::path::Path;

#[test]
fn every_file_here_is_declared() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e");
    let main = fs::read_to_string(here.join("main.rs")).unwrap();
    let mut undeclared = Vec::new();
    for entry in fs::read_dir(&here).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") {
            let line = format!("mod {module};");
            if !main.lines().any(|found| found.trim() == line) {
                undeclared.push(name);
            }
        }
    }
    assert!(undeclared.is_empty(), "not declared in tests/e2e/main.rs: {undeclared:?}");
}
