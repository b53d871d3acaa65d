//! What we ship of others: licences from a list, and crates that must never come back.
//! The same lists stand in deny.toml, for `cargo deny` before a release.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "functions of a test fail by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const LICENCES: [&str; 7] =
    ["Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-3-Clause", "ISC", "MIT", "Unicode-3.0", "Zlib"];

/// Crates that may have another licence.
const EXCEPTIONS: [(&str, &str); 1] = [("option-ext", "MPL-2.0")];

/// TLS is rustls with ring, and D-Bus is spoken by `credentials::keyring`; nothing may bring a second one
/// in, on any platform.
const BANNED: [&str; 6] = ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys", "zbus"];

/// The resolved graph of this platform: what `--offline` can tell of others is not downloaded here.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .args(["--filter-platform", &host()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

#[test]
fn every_licence_is_on_the_list() {
    let metadata = metadata();
    let mut refused = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let (name, licence) =
            (package["name"].as_str().unwrap(), package["license"].as_str().unwrap_or("none"));
        if !allowed(licence) && !EXCEPTIONS.contains(&(name, licence)) {
            refused.push(format!("{name}: {licence}"));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn banned_crates_are_not_even_locked() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let found: Vec<&str> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .filter(|name| BANNED.contains(name))
        .collect();
    assert!(found.is_empty(), "Cargo.lock names {found:?}");
}

#[test]
fn every_crate_comes_from_the_registry() {
    let metadata = metadata();
    for package in metadata["packages"].as_array().unwrap() {
        let source = package["source"].as_str().unwrap_or("here");
        let ours = package["name"] == "lumabill";
        assert!(ours || source.starts_with("registry+"), "{}: {source}", package["name"]);
    }
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-2.0) AND ISC",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(allowed(good), "{good}");
    }
    for bad in ["none", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-2.0 OR LGPL-3.0) AND MIT", "MPL-2.0"] {
        assert!(!allowed(bad), "{bad}");
    }
}

/// An SPDX expression (`/` stands for `OR` in old manifests): true when what it leaves us to choose is on the list.
fn allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (value, rest) = any_of(&words);
    assert!(rest.is_empty(), "`{expression}` is no licence expression");
    value
}

fn any_of<'w>(words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    let (mut value, mut rest) = all_of(words);
    while let ["OR", tail @ ..] = rest {
        let (next, after) = all_of(tail);
        (value, rest) = (value || next, after);
    }
    (value, rest)
}

fn all_of<'w>(words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    let (mut value, mut rest) = one(words);
    while let ["AND", tail @ ..] = rest {
        let (next, after) = one(tail);
        (value, rest) = (value && next, after);
    }
    (value, rest)
}

fn one<'w>(words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    match words {
        ["(", inner @ ..] => {
            let (value, rest) = any_of(inner);
            (value, &rest[1..])
        }
        [licence, "WITH", exception, rest @ ..] => {
            (LICENCES.contains(&format!("{licence} WITH {exception}").as_str()), rest)
        }
        [licence, rest @ ..] => (LICENCES.contains(licence), rest),
        [] => panic!("a licence expression ends too early"),
    }
}
