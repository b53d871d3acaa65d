//! What is generated and committed: completions and help texts. `just golden` writes them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Lumabill;

/// Compares, or rewrites where `UPDATE_GOLDEN` is set. The folder holds these files and no others.
#[expect(clippy::disallowed_methods, reason = "a test reads what it is told by `just golden`")]
pub fn golden(folder: &str, files: &[(&str, String)]) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in files {
        let committed = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(committed == *text, "{} is stale: run `just golden`", folder.join(name).display());
    }
    let expected: BTreeSet<_> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder), expected);
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn said(arguments: &[&str]) -> String {
    // PATH leads to it, so that help calls it by its short name.
    let folder = Path::new(env!("CARGO_BIN_EXE_lumabill")).parent().unwrap();
    Lumabill::new(arguments).env("PATH", &folder.display().to_string()).run().exits(0).stdout
}

#[test]
fn golden_completions_are_up_to_date() {
    let shells = [
        ("bash", "lumabill.bash"),
        ("zsh", "_lumabill"),
        ("fish", "lumabill.fish"),
        ("powershell", "_lumabill.ps1"),
        ("elvish", "lumabill.elv"),
    ];
    golden("completions", &shells.map(|(shell, file)| (file, said(&["completions", shell]))));
}

#[test]
fn golden_help_texts_are_up_to_date() {
    let commands = [
        "login",
        "logout",
        "status",
        "serve",
        "tools",
        "call",
        "sandbox",
        "history",
        "config",
        "spec",
        "completions",
    ];
    let help = commands.map(|command| (format!("{command}.txt"), said(&[command, "--help"])));
    let mut files: Vec<_> = help.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    files.push(("lumabill.txt", said(&["--help"])));
    golden("tests/golden/help", &files);
}
