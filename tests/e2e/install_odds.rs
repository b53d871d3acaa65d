//! What `install` refuses, and what goes on around it: files that do not parse, cannot be written or are somebody
//! else's, programs that do not last, two processes at once, and Claude Code's own command.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use serde_json::{Value, json};

use crate::install::Machine;
use crate::support::{Lumabill, PLANTED_KEY};

#[test]
fn without_names_and_without_a_terminal_nothing_is_changed() {
    let machine = Machine::new();
    let said = machine.run(&["install"]).exits(2).stderr;
    assert!(said.contains("no MCP client was found"), "{said}");
    machine.put(".cursor/mcp.json", "{}");
    let said = machine.run(&["install"]).exits(2).stderr;
    assert!(said.contains("\n  lumabill install cursor\n  lumabill install --all"), "{said}");
    assert_eq!(fs::read_to_string(machine.at(".cursor/mcp.json")).unwrap(), "{}");
    machine.run(&["install", "cursor"]).exits(0);
    let said = machine.run(&["uninstall"]).exits(2).stderr;
    assert!(said.contains("\n  lumabill uninstall cursor"), "{said}");
}

#[test]
fn wrong_words_are_told_with_the_right_ones() {
    let machine = Machine::new();
    for (arguments, words) in [
        (vec!["install", "curser"], vec!["curser", "'cursor'", "lm-studio"]),
        (vec!["install", "cursor", "--toolsets", "invoices"], vec!["`invoices`", "invoicing"]),
        (vec!["install", "cursor", "--account", "A B"], vec!["`A B`"]),
        (vec!["install", "cursor", "--account", "a", "--sandbox"], vec!["--sandbox"]),
        (vec!["install", "cursor", "--all"], vec!["--all"]),
    ] {
        let said = machine.run(&arguments).exits(2).stderr;
        assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
    }
    assert!(!machine.at(".cursor").exists());
}

#[test]
fn an_account_that_nobody_logged_in_to_is_said_and_no_obstacle() {
    let machine = Machine::new();
    let said = machine.run(&["install", "cursor", "--account", "acme"]).exits(0).stdout;
    assert!(said.contains("nobody is logged in yet: run `lumabill login --account acme`"), "{said}");
    // Where there are accounts, a name that is none of them is a slip.
    let config = "version = 1\n[accounts.muster]\nservice = \"lumabill\"\norigin = \"https://api.lumabill.ch\"\nstored_in = \"keyring\"\n";
    fs::write(machine.home.path().join("config/config.toml"), config).unwrap();
    let said = machine.run(&["install", "cursor", "--account", "acme"]).exits(3).stderr;
    assert!(said.contains("there is no account `acme`") && said.contains("muster"), "{said}");
    let said = machine.run(&["install", "cursor", "--account", "muster"]).exits(0).stdout;
    assert!(!said.contains("logged in"), "{said}");
}

#[test]
fn a_key_of_this_shell_is_no_login() {
    let machine = Machine::new();
    let mut command = machine.command(&["install", "cursor"]);
    command.env("LUMABILL_API_KEY", PLANTED_KEY);
    let said = Lumabill::at(&machine.home, &[]).run_as(command).exits(0).stdout;
    assert!(said.contains("`LUMABILL_API_KEY` is set in this shell"), "{said}");
    assert!(
        machine
            .home
            .files()
            .iter()
            .all(|(_, bytes)| !bytes.windows(20).any(|part| part == &PLANTED_KEY.as_bytes()[..20]))
    );
}

#[test]
fn what_does_not_parse_is_left_and_the_others_are_done() {
    let machine = Machine::new();
    let broken = "{\n  \"mcpServers\": {\n    \"a\": {,}\n  }\n}\n";
    let file = machine.put(".cursor/mcp.json", broken);
    let other = machine.put(".gemini/settings.json", "{}");
    let ended = machine.run(&["install", "cursor", "gemini"]).exits(1);
    assert!(ended.stderr.contains("line 3, column 11"), "{}", ended.stderr);
    assert!(ended.stderr.contains("for 1 of 2 clients; not for Cursor"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), broken);
    assert!(fs::read_to_string(&other).unwrap().contains("lumabill"));
    for odd in ["[]", r#"{"mcpServers": []}"#, r#"{"mcpServers": "x"}"#] {
        fs::write(&file, odd).unwrap();
        let said = machine.run(&["install", "cursor"]).exits(1).stderr;
        assert!(said.contains("left as it is") && said.contains("hint: "), "{said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), odd);
    }
    // What others broke does not hinder the rest of an uninstallation.
    fs::write(&file, broken).unwrap();
    machine.run(&["uninstall", "--all"]).exits(0);
    assert_eq!(fs::read_to_string(&other).unwrap(), "{}");
}

#[test]
fn a_file_that_is_read_only_or_none_is_left() {
    let machine = Machine::new();
    let file = machine.put(".cursor/mcp.json", "{}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let said = machine.run(&["install", "cursor"]).exits(1).stderr;
    assert!(said.contains("is read-only") && said.contains("chmod u+w"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
    machine.forgot_everything();
    fs::create_dir_all(machine.at(".qwen/settings.json")).unwrap();
    let said = machine.run(&["install", "qwen"]).exits(1).stderr;
    assert!(said.contains("not a regular file"), "{said}");
    // A file where a folder has to be.
    machine.put(".kiro", "");
    let said = machine.run(&["install", "kiro"]).exits(1).stderr;
    assert!(said.contains("kiro/settings"), "{said}");
    machine.forgot_everything();
}

#[test]
fn a_disk_without_room_leaves_the_file_as_it_was() {
    let machine = Machine::new();
    let long = format!("{{\n  // {}\n}}\n", "x".repeat(8192));
    let file = machine.put(".cursor/mcp.json", &long);
    // A file of at most eight blocks of 512 bytes stands for a disk that is full.
    let mut command = machine.command(&[]);
    let install = format!("trap '' XFSZ; ulimit -f 8; exec '{}' install cursor", machine.program.display());
    let environment: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    command = std::process::Command::new("/bin/sh");
    command.args(["-c", &install]).env_clear().envs(environment);
    let said = Lumabill::at(&machine.home, &[]).run_as(command).exits(1).stderr;
    assert!(said.contains("cannot be written; nothing was changed"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), long);
    let folder: Vec<_> = fs::read_dir(machine.at(".cursor")).unwrap().collect();
    assert_eq!(folder.len(), 1, "{folder:?}");
}

#[test]
fn a_dotfile_that_is_a_link_stays_one() {
    let machine = Machine::new();
    let real = machine.put("dotfiles/cursor.json", "{ }\n");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir_all(machine.at(".cursor")).unwrap();
    symlink("../dotfiles/cursor.json", machine.at(".cursor/mcp.json")).unwrap();
    machine.run(&["install", "cursor"]).exits(0);
    assert!(fs::symlink_metadata(machine.at(".cursor/mcp.json")).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("lumabill"));
    assert_eq!(fs::metadata(&real).unwrap().mode() & 0o777, 0o640);
    let said = machine.run(&["uninstall", "cursor"]).exits(0).stdout;
    assert!(said.contains("byte for byte"), "{said}");
    assert_eq!(fs::read_to_string(&real).unwrap(), "{ }\n");
}

#[test]
fn an_entry_of_our_name_that_is_somebody_elses_is_left() {
    let machine = Machine::new();
    let text = r#"{"mcpServers": {"lumabill": {"url": "https://example.com/mcp"}}}"#;
    let file = machine.put(".cursor/mcp.json", text);
    let said = machine.run(&["install", "cursor"]).exits(1).stderr;
    assert!(said.contains("an entry `lumabill` already that does not start this program"), "{said}");
    let ended = machine.run(&["uninstall", "cursor"]).exits(0);
    assert!(ended.stderr.contains("it was left as it is"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_copy_from_before_holds_no_key_and_is_private() {
    let machine = Machine::new();
    let text = format!(
        r#"{{"mcpServers": {{"old": {{"url": "https://mcp.lumabill.ch/mcp?key={PLANTED_KEY}"}}, "b": {{"command": "b"}}}}}}"#
    );
    let file = machine.put(".cursor/mcp.json", &text);
    let said = machine.run(&["install", "cursor"]).exits(0).stderr;
    assert!(said.contains("billing keys in plain text") && !said.contains(PLANTED_KEY), "{said}");
    let [backup] = machine.backups().try_into().unwrap();
    assert_eq!(fs::metadata(&backup).unwrap().mode() & 0o777, 0o600);
    let kept = fs::read_to_string(&backup).unwrap();
    assert!(!kept.contains(PLANTED_KEY) && kept.contains(r#""b": {"command": "b"}"#), "{kept}");
    assert!(!machine.installed().unwrap().to_string().contains(PLANTED_KEY));
    machine.run(&["uninstall", "cursor"]).exits(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    machine.forgot_everything();
}

#[test]
fn a_program_that_does_not_last_is_not_written_anywhere() {
    let machine = Machine::new();
    machine.put(".cursor/mcp.json", "{}");
    // The program where cargo built it.
    let said = Lumabill::at(&machine.home, &["install", "cursor"]).run().exits(1).stderr;
    assert!(said.contains("build folder") && said.contains("cargo install --path ."), "{said}");
    assert!(said.contains("~/.local/bin"), "{said}");
    let printed = Lumabill::at(&machine.home, &["install", "--print"]).run().exits(0);
    assert!(printed.stderr.contains("build folder"), "{}", printed.stderr);
    assert_eq!(printed.json()["mcpServers"]["lumabill"]["args"], json!(["serve"]));
    assert_eq!(fs::read_to_string(machine.at(".cursor/mcp.json")).unwrap(), "{}");
}

#[test]
fn a_link_on_path_is_what_is_written() {
    let machine = Machine::new();
    let real = machine.at("opt/lumabill-0.1.0/lumabill");
    fs::create_dir_all(real.parent().unwrap()).unwrap();
    fs::rename(&machine.program, &real).unwrap();
    symlink(&real, &machine.program).unwrap();
    machine.run(&["install", "cursor"]).exits(0);
    let written: Value = serde_json::from_slice(&fs::read(machine.at(".cursor/mcp.json")).unwrap()).unwrap();
    assert_eq!(written["mcpServers"]["lumabill"]["command"], machine.program.to_str().unwrap());
}

#[test]
fn what_is_printed_can_be_pasted_and_changes_nothing() {
    let machine = Machine::new();
    let ended = machine.run(&["install", "--print", "--sandbox"]).exits(0);
    assert_eq!(ended.json()["mcpServers"]["lumabill-sandbox"]["args"], json!(["serve", "--sandbox"]));
    for client in ["jetbrains", "junie", "cline", "amazon-q"] {
        for arguments in [vec!["install", client], vec!["install", client, "--print"]] {
            let ended = machine.run(&arguments).exits(0);
            assert_eq!(ended.json()["mcpServers"]["lumabill"]["args"], json!(["serve"]), "{client}");
            assert!(ended.stderr.contains("paste"), "{client}: {}", ended.stderr);
        }
    }
    let toml = machine.run(&["install", "--print", "codex"]).exits(0).stdout;
    assert!(toml.starts_with("[mcp_servers.lumabill]\n"), "{toml}");
    let left: Vec<_> =
        fs::read_dir(machine.at("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["bin"]);
}

#[test]
fn processes_that_install_at_the_same_time_take_turns() {
    let machine = Machine::new();
    let text = "{\n  // mine\n  \"mcpServers\": {}\n}\n";
    let file = machine.put(".cursor/mcp.json", text);
    std::thread::scope(|scope| {
        for arguments in [["install", "cursor", "--read-only"], ["install", "cursor", "--sandbox"]].repeat(4)
        {
            let machine = &machine;
            scope.spawn(move || machine.run(&arguments).exits(0));
        }
    });
    let with = fs::read_to_string(&file).unwrap();
    assert!(
        with.contains("\"lumabill\"") && with.contains("\"lumabill-sandbox\"") && with.contains("// mine"),
        "{with}"
    );
    assert_eq!(machine.installed().unwrap()["files"].as_array().unwrap().len(), 1);
    machine.run(&["uninstall", "cursor"]).exits(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_damaged_note_of_what_was_installed_is_no_obstacle() {
    let machine = Machine::new();
    let file = machine.put(".codex/config.toml", "model = \"x\"\n");
    machine.run(&["install", "codex"]).exits(0);
    let note = machine.home.path().join("state/installed.json");
    fs::write(&note, "{").unwrap();
    let ended = machine.run(&["uninstall", "codex"]).exits(0);
    assert!(ended.stderr.contains("installed.json.damaged"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "model = \"x\"\n");
}

/// A `claude` that notes how it was called, and does to its file what the real one does.
const CLAUDE: &str = r#"#!/usr/bin/python3
import json, os, sys
home, words = os.environ["HOME"], sys.argv[1:]
with open(home + "/calls", "a") as calls:
    print(json.dumps(words + (["KEY"] if "LUMABILL_API_KEY" in os.environ else [])), file=calls)
if os.path.exists(home + "/broken-" + words[1]):
    print("claude is out of order", file=sys.stderr)
    sys.exit(7)
file = home + "/.claude.json"
state = json.load(open(file)) if os.path.exists(file) else {"numStartups": 1}
servers = state.setdefault("mcpServers", {})
assert words[:1] == ["mcp"], words
if words[1:4] == ["add", "-s", "user"]:
    name, dashes, command, *args = words[4:]
    assert dashes == "--" and name not in servers
    servers[name] = {"type": "stdio", "command": command, "args": args, "env": {}}
elif words[1:4] == ["add-json", "-s", "user"]:
    assert words[4] not in servers
    servers[words[4]] = json.loads(words[5])
elif words[1:4] == ["remove", "-s", "user"]:
    del servers[words[4]]
else:
    sys.exit(1)
json.dump(state, open(file, "w"), indent=2)
"#;

fn calls(machine: &Machine) -> Vec<Vec<String>> {
    let text = fs::read_to_string(machine.at("calls")).unwrap_or_default();
    drop(fs::remove_file(machine.at("calls")));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn servers(machine: &Machine) -> Value {
    let text = fs::read(machine.at(".claude.json")).unwrap();
    serde_json::from_slice::<Value>(&text).unwrap()["mcpServers"].clone()
}

#[test]
fn claude_code_is_told_by_its_own_command() {
    let machine = Machine::new();
    machine.put_program("claude", CLAUDE);
    let program = machine.program.to_str().unwrap();
    let mut command = machine.command(&["install", "claude-code", "--toolsets", "invoicing"]);
    command.env("LUMABILL_API_KEY", PLANTED_KEY);
    let said = Lumabill::at(&machine.home, &[]).run_as(command).exits(0).stdout;
    assert!(said.contains("by `claude mcp add -s user lumabill -- "), "{said}");
    let add = ["mcp", "add", "-s", "user", "lumabill", "--", program, "serve", "--toolsets", "invoicing"];
    assert_eq!(calls(&machine), [add.map(str::to_owned)]);

    let said = machine.run(&["install", "claude-code", "--toolsets", "invoicing"]).exits(0).stdout;
    assert!(said.contains("already; nothing was changed"), "{said}");
    assert!(calls(&machine).is_empty());

    // What a person added to the entry survives its change.
    let text = fs::read_to_string(machine.at(".claude.json")).unwrap();
    fs::write(machine.at(".claude.json"), text.replace("\"env\": {}", "\"env\": {}, \"timeout\": 9000"))
        .unwrap();
    let said = machine.run(&["install", "claude-code"]).exits(0).stdout;
    assert!(said.contains("brought `lumabill` up to date"), "{said}");
    let did: Vec<_> = calls(&machine).into_iter().map(|call| call[1].clone()).collect();
    assert_eq!(did, ["remove", "add-json"]);
    let entry = json!({"type": "stdio", "command": program, "args": ["serve"], "env": {}, "timeout": 9000});
    assert_eq!(servers(&machine)["lumabill"], entry);

    let said = machine.run(&["uninstall", "claude-code"]).exits(0).stdout;
    assert!(said.contains("took `lumabill` out"), "{said}");
    assert_eq!(calls(&machine).len(), 1);
    assert_eq!(servers(&machine), json!({}));
}

#[test]
fn where_the_command_fails_the_file_is_edited_and_no_entry_is_lost() {
    let machine = Machine::new();
    machine.put_program("claude", CLAUDE);
    let text = "{\n  \"numStartups\": 3,\n  \"mcpServers\": {}\n}\n";
    machine.put(".claude.json", text);
    for broken in ["broken-add", "broken-remove", "broken-add-json"] {
        machine.put(broken, "");
    }
    let ended = machine.run(&["install", "claude-code"]).exits(0);
    assert!(ended.stderr.contains("claude is out of order"), "{}", ended.stderr);
    assert_eq!(servers(&machine)["lumabill"]["args"], json!(["serve"]));
    machine.run(&["install", "claude-code", "--read-only"]).exits(0);
    assert_eq!(servers(&machine)["lumabill"]["args"], json!(["serve", "--read-only"]));
    // It takes the old one out, and then fails.
    fs::remove_file(machine.at("broken-remove")).unwrap();
    machine.run(&["install", "claude-code"]).exits(0);
    assert_eq!(servers(&machine)["lumabill"]["args"], json!(["serve"]));
    machine.run(&["uninstall", "claude-code"]).exits(0);
    assert_eq!(servers(&machine), json!({}));
}

#[test]
fn an_entry_of_one_project_alone_is_told() {
    let machine = Machine::new();
    let entry = r#"{"type": "stdio", "command": "/x/lumabill", "args": ["serve"]}"#;
    let text = format!(r#"{{"projects": {{"/work/a": {{"mcpServers": {{"lumabill": {entry}}}}}}}}}"#);
    machine.put(".claude.json", &text);
    for arguments in [["uninstall", "claude-code"], ["uninstall", "--all"]] {
        let said = machine.run(&arguments).exits(0).stderr;
        assert!(said.contains("`/work/a`") && said.contains("claude mcp remove -s local lumabill"), "{said}");
    }
    assert_eq!(fs::read_to_string(machine.at(".claude.json")).unwrap(), text);
}

#[test]
fn an_older_file_is_not_put_out_of_force() {
    let machine = Machine::new();
    machine.put(".continue/config.json", "{}");
    machine.put(".cursor/mcp.json", "{}");
    let said = machine.run(&["install", "continue"]).exits(1).stderr;
    assert!(said.contains("config.json") && said.contains("--print"), "{said}");
    let said = machine.run(&["install", "--all"]).exits(0).stderr;
    assert!(said.contains("config.json") && said.contains("lumabill install continue --print"), "{said}");
    assert!(!machine.at(".continue/config.yaml").exists());
}

#[test]
fn claude_code_keeps_an_entry_that_is_somebody_elses() {
    let machine = Machine::new();
    machine.put_program("claude", CLAUDE);
    let text = r#"{"mcpServers": {"lumabill": {"type": "http", "url": "https://example.com/mcp"}}}"#;
    machine.put(".claude.json", text);
    machine.run(&["install", "claude-code"]).exits(1);
    machine.run(&["uninstall", "claude-code"]).exits(0);
    assert!(calls(&machine).is_empty());
    assert_eq!(fs::read_to_string(machine.at(".claude.json")).unwrap(), text);
}
