//! `install` and `uninstall` where somebody means harm, or a program does not do what it says: a project with links
//! to elsewhere, a note of what was installed that was written by others, a `claude` that lies.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::install::Machine;
use crate::support::PLANTED_KEY;

#[test]
fn a_projects_link_does_not_lead_elsewhere() {
    let machine = Machine::new();
    let own = machine.put("private/settings.json", "{\"a\": 1}\n");
    let hint = machine.put("project/readme", "");
    let project = hint.parent().unwrap();
    fs::create_dir(project.join(".vscode")).unwrap();
    symlink(&own, project.join(".mcp.json")).unwrap();
    symlink(machine.at("made/for/them.json"), project.join(".vscode/mcp.json")).unwrap();
    for (client, named) in [("claude-code", "private/settings.json"), ("vscode", "made/for/them.json")] {
        let mut command = machine.command(&["install", client, "--project"]);
        let said = machine.run_as(command.current_dir(project)).exits(1).stderr;
        assert!(said.contains("leads out of the project") && said.contains(named), "{said}");
    }
    assert_eq!(fs::read_to_string(&own).unwrap(), "{\"a\": 1}\n");
    assert!(!machine.at("made").exists());
    // One that stays inside is followed.
    fs::remove_file(project.join(".mcp.json")).unwrap();
    symlink("shared.json", project.join(".mcp.json")).unwrap();
    let mut command = machine.command(&["install", "claude-code", "--project"]);
    machine.run_as(command.current_dir(project)).exits(0);
    assert!(fs::read_to_string(project.join("shared.json")).unwrap().contains("lumabill"));
}

#[test]
fn a_note_that_names_other_files_and_folders_reaches_none_of_them() {
    let machine = Machine::new();
    let entry = json!({"mcpServers": {"lumabill": {"command": "lumabill", "args": ["serve"]}}}).to_string();
    let other = machine.put("work/notes.json", &entry);
    let own = machine.put(".cursor/mcp.json", &entry);
    fs::create_dir(machine.at("empty")).unwrap();
    let record = |file: &std::path::Path| {
        json!({"client": "cursor", "file": file, "made": true, "folders": [machine.at("empty")],
            "changes": [{"name": "lumabill", "removed": "", "inserted": "x"}]})
    };
    let note = json!({"version": 1, "files": [record(&other), record(&own)]}).to_string();
    fs::create_dir_all(machine.home.path().join("state")).unwrap();
    fs::write(machine.home.path().join("state/installed.json"), note).unwrap();
    machine.run(&["uninstall", "--all"]).exits(0);
    assert_eq!(fs::read_to_string(&other).unwrap(), entry);
    assert!(machine.at("empty").exists());
    assert!(!own.exists(), "the note says that we made this one");
}

#[test]
fn an_entry_under_another_name_is_told() {
    let machine = Machine::new();
    let text = "{\"mcpServers\": {\n  \"billing\": {\"command\": \"/x/lumabill\", \"args\": [\"serve\"]}}}\n";
    let file = machine.put(".cursor/mcp.json", text);
    let said = machine.run(&["uninstall", "cursor"]).exits(0).stderr;
    assert!(said.contains("`billing`") && said.contains("line 2"), "{said}");
    assert_eq!(fs::read_to_string(file).unwrap(), text);
}

#[test]
fn a_key_in_an_entry_of_ours_is_not_thrown_away() {
    let machine = Machine::new();
    let entry =
        json!({"command": "/x/lumabill", "args": ["serve"], "env": {"LUMABILL_API_KEY": PLANTED_KEY}});
    let text = json!({"mcpServers": {"lumabill": entry}}).to_string();
    let file = machine.put(".cursor/mcp.json", &text);
    let said = machine.run(&["uninstall", "cursor"]).exits(1).stderr;
    assert!(said.contains("would be lost") && said.contains("lumabill doctor --fix"), "{said}");
    assert!(!said.contains(PLANTED_KEY), "{said}");
    assert_eq!(fs::read_to_string(file).unwrap(), text);
}

fn entry(machine: &Machine) -> Value {
    let state: Value = serde_json::from_slice(&fs::read(machine.at(".claude.json")).unwrap()).unwrap();
    state["mcpServers"]["lumabill"].clone()
}

#[test]
fn a_claude_that_says_yes_to_everything_is_not_believed() {
    let machine = Machine::new();
    machine.put_program("claude", "#!/bin/sh\npwd >> \"$HOME/folders\"\necho Done.\nexit 0\n");
    let folder = machine.put("project/.mcp.json", "{}");
    let mut command = machine.command(&["install", "claude-code"]);
    let ended = machine.run_as(command.current_dir(folder.parent().unwrap())).exits(0);
    assert!(ended.stderr.contains("its file is edited instead"), "{}", ended.stderr);
    assert_eq!(entry(&machine)["command"], machine.program.to_str().unwrap());
    // Some versions start what a project's file names, to show whether it runs.
    let folders = fs::read_to_string(machine.at("folders")).unwrap();
    let home = machine.at("").canonicalize().unwrap();
    assert!(folders.lines().all(|folder| std::path::Path::new(folder) == home), "{folders}");
}

#[test]
fn what_a_person_put_into_the_entry_is_no_argument_and_is_not_lost() {
    let machine = Machine::new();
    let script = "#!/bin/sh\necho \"$@\" >> \"$HOME/calls\"\n[ \"$2\" = remove ] && echo '{}' > \"$HOME/.claude.json\"\n[ \"$2\" = remove ]\n";
    machine.put_program("claude", script);
    let before = |more: Value| {
        let mut entry = json!({"type": "stdio", "command": "/old/lumabill", "args": ["serve"]});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        machine.put(".claude.json", &json!({"mcpServers": {"lumabill": entry}}).to_string());
    };
    // A key of a service that is not ours is one all the same.
    before(json!({"env": {"PROXY_PASSWORD": "hunter2-hunter2"}}));
    machine.run(&["install", "claude-code"]).exits(0);
    assert_eq!(entry(&machine)["env"]["PROXY_PASSWORD"], "hunter2-hunter2");
    assert!(!machine.at("calls").exists());
    // The command takes the old entry out, and fails to add the new one.
    before(json!({"timeout": 9000}));
    machine.run(&["install", "claude-code"]).exits(0);
    assert!(fs::read_to_string(machine.at("calls")).unwrap().contains("add-json"));
    assert_eq!(entry(&machine)["timeout"], 9000);
    assert_eq!(entry(&machine)["command"], machine.program.to_str().unwrap());
}
