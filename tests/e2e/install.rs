//! `install` and `uninstall` with each client: the entry goes in, everything else stays, and afterwards the file
//! is byte for byte what it was.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;

use crate::support::{Ended, Home, Lumabill};

/// A home folder with the program in it, where installing is not refused.
pub struct Machine {
    pub home: Arc<Home>,
    pub program: PathBuf,
}

impl Machine {
    pub fn new() -> Self {
        Self::of(&Arc::new(Home::new()))
    }

    /// In a home that other runs use too.
    pub fn of(home: &Arc<Home>) -> Self {
        let home = Arc::clone(home);
        let program = home.path().join("home/bin/lumabill");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        let built = env!("CARGO_BIN_EXE_lumabill");
        // A link where the disk allows it: the program is large, and there are many tests.
        if fs::hard_link(built, &program).is_err() {
            fs::copy(built, &program).unwrap();
        }
        Self { home, program }
    }

    /// A file below the home folder.
    pub fn at(&self, file: &str) -> PathBuf {
        self.home.path().join("home").join(file)
    }

    pub fn put(&self, file: &str, text: &str) -> PathBuf {
        let file = self.at(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    /// A program of the person's, in the folder of their programs.
    pub fn put_program(&self, name: &str, script: &str) -> PathBuf {
        let file = self.put(&format!("bin/{name}"), script);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().envs(self.home.environment());
        let path = format!("{}:/usr/bin:/bin", self.program.parent().unwrap().display());
        command.env("PATH", path).current_dir(self.at(""));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        Lumabill::at(&self.home, &[]).run_as(self.command(arguments))
    }

    /// What `installed.json` says.
    pub fn installed(&self) -> Option<Value> {
        let bytes = fs::read(self.home.path().join("state/installed.json")).ok()?;
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    pub fn backups(&self) -> Vec<PathBuf> {
        let Ok(listed) = fs::read_dir(self.home.path().join("state/backups")) else { return Vec::new() };
        listed.map(|entry| entry.unwrap().path()).collect()
    }

    /// Nothing is left of an installation but the lock.
    #[track_caller]
    pub fn forgot_everything(&self) {
        assert_eq!(self.installed(), None);
        assert_eq!(self.backups(), Vec::<PathBuf>::new());
    }
}

/// Every client whose file is edited, and where it is on Linux.
pub const FILES: [(&str, &str); 17] = [
    ("claude-desktop", ".config/Claude/claude_desktop_config.json"),
    ("claude-code", ".claude.json"),
    ("cursor", ".cursor/mcp.json"),
    ("vscode", ".config/Code/User/mcp.json"),
    ("vscode-insiders", ".config/Code - Insiders/User/mcp.json"),
    ("windsurf", ".codeium/windsurf/mcp_config.json"),
    ("zed", ".config/zed/settings.json"),
    ("codex", ".codex/config.toml"),
    ("gemini", ".gemini/settings.json"),
    ("qwen", ".qwen/settings.json"),
    ("opencode", ".config/opencode/opencode.json"),
    ("copilot", ".copilot/mcp-config.json"),
    ("continue", ".continue/config.yaml"),
    ("goose", ".config/goose/config.yaml"),
    ("lm-studio", ".lmstudio/mcp.json"),
    ("kiro", ".kiro/settings/mcp.json"),
    ("warp", ".warp/.mcp.json"),
];

/// A file of this client's with servers of others and comments.
fn before(client: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/clients").join(client);
    let file = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|file| file.file_stem().is_some_and(|stem| stem == "before"));
    fs::read_to_string(file.unwrap()).unwrap()
}

#[test]
fn every_client_gets_its_entry_once_and_gives_it_back() {
    for (client, file) in FILES {
        let machine = Machine::new();
        let text = before(client);
        let file = machine.put(file, &text);
        let said = machine.run(&["install", client]).exits(0).stdout;
        assert!(said.contains(&format!("added `lumabill` to `{}`", file.display())), "{said}");
        assert!(said.contains(&format!("undo  lumabill uninstall {client}")), "{said}");
        let once = fs::read_to_string(&file).unwrap();
        assert!(once.contains(machine.program.to_str().unwrap()) && once.len() > text.len(), "{once}");

        let said = machine.run(&["install", client]).exits(0).stdout;
        assert!(said.contains("already; nothing was changed"), "{said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), once, "{client}: twice is once");

        // A second entry beside the first, then another wish for the first.
        machine.run(&["install", client, "--sandbox"]).exits(0);
        assert!(fs::read_to_string(&file).unwrap().contains("lumabill-sandbox"), "{client}");
        machine.run(&["install", client, "--read-only"]).exits(0);
        let both = fs::read_to_string(&file).unwrap();
        assert!(both.contains("--read-only") && both.contains("--sandbox"), "{client}: {both}");

        let said = machine.run(&["uninstall", client]).exits(0).stdout;
        assert!(said.contains("byte for byte as it was before"), "{client}: {said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "{client}");
        machine.forgot_everything();
        let said = machine.run(&["uninstall", client]).exits(0).stdout;
        assert!(said.contains("there is no entry of ours"), "{said}");
    }
}

#[test]
fn a_file_that_was_not_there_is_made_private_and_goes_again_with_its_folders() {
    for (client, file) in FILES {
        let machine = Machine::new();
        let file = machine.at(file);
        machine.run(&["install", client]).exits(0);
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600, "{client}");
        machine.run(&["install", client, "--sandbox"]).exits(0);
        let said = machine.run(&["uninstall", client]).exits(0).stdout;
        assert!(said.contains("is gone again"), "{client}: {said}");
        let mut left: Vec<_> =
            fs::read_dir(machine.at("")).unwrap().map(|entry| entry.unwrap().path()).collect();
        left.retain(|path| *path != machine.at("bin"));
        assert_eq!(left, Vec::<PathBuf>::new(), "{client}");
        machine.forgot_everything();
    }
}

#[test]
fn a_file_with_crlf_keeps_it_in_every_line() {
    for (client, file) in FILES {
        let machine = Machine::new();
        let text = before(client).replace("\r\n", "\n").replace('\n', "\r\n");
        let file = machine.put(file, &text);
        machine.run(&["install", client]).exits(0);
        let with = fs::read_to_string(&file).unwrap();
        assert_eq!(with.matches('\n').count(), with.matches("\r\n").count(), "{client}: {with:?}");
        machine.run(&["uninstall", client]).exits(0);
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "{client}");
    }
}

#[test]
fn what_others_change_in_between_stays() {
    for (client, file, old, new) in [
        ("cursor", ".cursor/mcp.json", "// servers of the whole team", "// servers of two teams"),
        ("codex", ".codex/config.toml", "notifications = true", "notifications = false\nanimations = true"),
        ("goose", ".config/goose/config.yaml", "GOOSE_MODE: smart_approve", "GOOSE_MODE: auto # since May"),
    ] {
        let machine = Machine::new();
        let text = before(client);
        let file = machine.put(file, &text);
        machine.run(&["install", client]).exits(0);
        let with = fs::read_to_string(&file).unwrap();
        assert!(with.contains(old), "{with}");
        fs::write(&file, with.replace(old, new)).unwrap();
        let said = machine.run(&["uninstall", client]).exits(0).stdout;
        assert_eq!(fs::read_to_string(&file).unwrap(), text.replace(old, new), "{client}");
        // The copy stays as long as the file is another one than before.
        assert!(said.contains("a copy from before the installation"), "{said}");
        assert_eq!(machine.backups().len(), 1);
    }
}

#[test]
fn a_person_may_change_the_entry_and_a_new_installation_keeps_that() {
    let machine = Machine::new();
    let file = machine.put(".cursor/mcp.json", &before("cursor"));
    machine.run(&["install", "cursor"]).exits(0);
    let with = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        with.replace(r#""args": ["serve"]"#, r#""args": ["serve"], "disabled": true // for now"#),
    )
    .unwrap();
    let said = machine.run(&["install", "cursor", "--read-only"]).exits(0).stdout;
    assert!(said.contains("brought `lumabill` up to date"), "{said}");
    let updated = fs::read_to_string(&file).unwrap();
    assert!(updated.contains("\"disabled\": true") && updated.contains("--read-only"), "{updated}");
    machine.run(&["uninstall", "cursor"]).exits(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), before("cursor"));
}

#[test]
fn a_file_that_its_client_made_anew_is_not_ours_to_remove() {
    let machine = Machine::new();
    let file = machine.at(".cursor/mcp.json");
    machine.run(&["install", "cursor"]).exits(0);
    fs::write(&file, "{\n}\n").unwrap();
    machine.run(&["install", "cursor"]).exits(0);
    machine.run(&["uninstall", "cursor"]).exits(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\n}\n");
    machine.forgot_everything();
}

#[test]
fn an_entry_that_was_made_by_hand_is_known() {
    let machine = Machine::new();
    let by_hand =
        r#"{"mcpServers":{"lumabill":{"command":"lumabill","args":["serve","--lean"]},"a":{"command":"a"}}}"#;
    let file = machine.put(".cursor/mcp.json", by_hand);
    let said = machine.run(&["uninstall", "cursor"]).exits(0).stdout;
    assert!(said.contains("took `lumabill` out"), "{said}");
    let left: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(left, serde_json::json!({"mcpServers": {"a": {"command": "a"}}}));
    // Installed over it, it is brought up to date, and goes with ours.
    fs::write(&file, by_hand).unwrap();
    machine.run(&["install", "cursor"]).exits(0);
    machine.run(&["uninstall", "cursor"]).exits(0);
    let left: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(left, serde_json::json!({"mcpServers": {"a": {"command": "a"}}}));
}

#[test]
fn all_means_those_that_are_here() {
    let machine = Machine::new();
    machine.put(".cursor/mcp.json", "{}");
    machine.put(".codex/config.toml", "");
    machine.run(&["install", "--all", "--toolsets", "invoicing, banking"]).exits(0);
    for file in [".cursor/mcp.json", ".codex/config.toml"] {
        let text = fs::read_to_string(machine.at(file)).unwrap();
        assert!(text.contains(r#"["serve", "--toolsets", "invoicing,banking"]"#), "{text}");
    }
    assert!(!machine.at(".gemini").exists() && !machine.at(".config").exists());
    let said = machine.run(&["uninstall", "--all"]).exits(0).stdout;
    assert!(said.contains("Cursor: took") && said.contains("Codex: took"), "{said}");
    assert_eq!(fs::read_to_string(machine.at(".cursor/mcp.json")).unwrap(), "{}");
    assert_eq!(fs::read_to_string(machine.at(".codex/config.toml")).unwrap(), "");
    let said = machine.run(&["uninstall", "--all"]).exits(0).stdout;
    assert!(said.contains("no client has an entry of ours"), "{said}");
}

#[test]
fn a_projects_file_is_its_own() {
    let machine = Machine::new();
    let project = machine.at("work");
    fs::create_dir_all(&project).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = machine.command(arguments);
        command.current_dir(&project);
        Lumabill::at(&machine.home, &[]).run_as(command)
    };
    let ended = run(&["install", "claude-code", "vscode", "--project"]).exits(0);
    assert!(ended.stdout.contains("uninstall vscode --project"), "{}", ended.stdout);
    assert!(ended.stderr.contains("a path of this machine"), "{}", ended.stderr);
    let read = |file: &str| serde_json::from_slice::<Value>(&fs::read(project.join(file)).unwrap()).unwrap();
    assert_eq!(read(".mcp.json")["mcpServers"]["lumabill"]["command"], machine.program.to_str().unwrap());
    assert_eq!(read(".vscode/mcp.json")["servers"]["lumabill"]["type"], "stdio");
    assert!(!machine.at(".claude.json").exists());
    run(&["install", "windsurf", "--project"]).exits(1);
    run(&["uninstall", "--all", "--project"]).exits(0);
    assert_eq!(fs::read_dir(&project).unwrap().count(), 0);
}
