//! The rows are whole and distinct; an entry goes into a client's file and out of it again; what is ours is told
//! from what is not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{ALL, Client, Entry, Start, Way, by_id, is_ours, updated, without_variables};
use crate::install::edit::{Format, entries, put, remove};
use crate::install::undo::{between, undo};
use crate::settings::UserFolders;

fn ours() -> Entry {
    let args = ["serve", "--account", "acme"].map(str::to_owned).into();
    Entry { name: "lumabill".to_owned(), command: "/opt/lumabill/bin/lumabill".to_owned(), args }
}

/// A home folder of our own.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("lumabill-clients-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn folders(&self) -> UserFolders {
        UserFolders {
            home: self.0.clone(),
            config: self.0.join("config"),
            dot_config: self.0.join(".config"),
            local_app_data: None,
            claude_config: None,
            codex_home: None,
            copilot_home: None,
            path: vec![self.0.join("bin")],
            temporary: Vec::new(),
        }
    }

    fn write(&self, file: &str) -> PathBuf {
        let file = self.0.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        file
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn every_client_has_its_one_row() {
    let ids: Vec<&str> = ALL.iter().map(|client| client.id).collect();
    let named = "claude-desktop claude-code cursor vscode vscode-insiders windsurf zed codex gemini qwen opencode \
                 copilot cline continue goose lm-studio kiro amazon-q warp junie jetbrains";
    assert_eq!(ids.join(" "), named);
    let titles: BTreeSet<&str> = ALL.iter().map(|client| client.title).collect();
    assert_eq!(titles.len(), ALL.len());
    assert!(by_id("zed").is_some() && by_id("Zed").is_none() && by_id("").is_none());
}

#[test]
fn every_row_is_whole() {
    let home = Home::new();
    for client in ALL {
        let (folders, id) = (home.folders(), client.id);
        assert!(!client.next.is_empty() && !client.next.ends_with('.'), "{id}");
        assert!(!(client.signs)(&folders).is_empty(), "{id}");
        assert_eq!(client.paste_at.is_some(), client.way == Way::Print, "{id}");
        assert_eq!(client.own.is_some(), client.way == Way::Command, "{id}");
        assert!(client.way == Way::Print || client.file(&folders).is_some(), "{id}");
        for file in (client.files)(&folders).into_iter().chain((client.older)(&folders)) {
            assert!(file.starts_with(&home.0), "{id}: {}", file.display());
        }
        if let Some(project) = client.project {
            assert!(Path::new(project).is_relative() && !project.contains(".."), "{id}");
        }
    }
}

#[test]
fn project_files_of_two_notations_are_never_the_same_file() {
    for one in ALL {
        for other in ALL.iter().filter(|other| other.project.is_some() && other.project == one.project) {
            assert_eq!((one.shape)(&ours()), (other.shape)(&ours()), "{} and {}", one.id, other.id);
            assert_eq!(one.spot.at, other.spot.at, "{} and {}", one.id, other.id);
        }
    }
}

#[test]
fn a_client_is_here_by_its_folder_or_its_program() {
    for client in ALL {
        let home = Home::new();
        let folders = home.folders();
        assert!(!client.is_here(&folders), "{} in an empty home", client.id);
        let sign = (client.signs)(&folders).remove(0);
        fs::create_dir_all(sign).unwrap();
        assert!(client.is_here(&folders), "{}", client.id);
    }
    #[cfg(unix)]
    for client in ALL.iter().filter(|client| !client.programs.is_empty()) {
        use std::os::unix::fs::PermissionsExt;
        let home = Home::new();
        let program = home.write(&format!("bin/{}", client.programs[0]));
        fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(!client.is_here(&home.folders()), "{}: no program, though named so", client.id);
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(client.is_here(&home.folders()), "{}", client.id);
    }
}

#[test]
fn goose_is_not_known_by_the_name_of_a_program_that_another_tool_has() {
    assert!(by_id("goose").unwrap().programs.is_empty());
}

#[test]
fn a_packaged_claude_desktop_has_its_file_in_its_package() {
    let home = Home::new();
    let mut folders = home.folders();
    folders.local_app_data = Some(home.0.join("local"));
    let claude = by_id("claude-desktop").unwrap();
    let usual = home.write("config/Claude/claude_desktop_config.json");
    assert_eq!(claude.file(&folders).unwrap(), usual);
    assert!((claude.older)(&folders).is_empty());

    fs::create_dir_all(home.0.join("local/Packages/Claude_pzs8sxrjxfjjc")).unwrap();
    fs::create_dir_all(home.0.join("local/Packages/ClaudeOther_1")).unwrap();
    let packaged = "local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json";
    assert_eq!(claude.file(&folders).unwrap(), home.0.join(packaged));
    assert_eq!((claude.older)(&folders), [usual.as_path()]);
    fs::remove_dir_all(usual.parent().unwrap()).unwrap();
    assert!(claude.is_here(&folders), "the package is there, though it was never started");
}

#[test]
fn the_file_that_exists_is_meant() {
    let home = Home::new();
    let folders = home.folders();
    let file = |id: &str| by_id(id).unwrap().file(&folders).unwrap();
    assert_eq!(file("opencode"), home.0.join(".config/opencode/opencode.json"));
    home.write(".config/opencode/opencode.json");
    let commented = home.write(".config/opencode/opencode.jsonc");
    assert_eq!(file("opencode"), commented);

    assert_eq!(file("lm-studio"), home.0.join(".lmstudio/mcp.json"));
    let cached = home.write(".cache/lm-studio/mcp.json");
    assert_eq!(file("lm-studio"), cached);
    let documented = home.write(".lmstudio/mcp.json");
    assert_eq!(file("lm-studio"), documented);
}

#[test]
fn no_new_file_puts_an_older_one_out_of_force() {
    let home = Home::new();
    let folders = home.folders();
    let client = by_id("continue").unwrap();
    let present = home.0.join(".continue/config.yaml");
    assert_eq!(client.file(&folders), Some(present.clone()));
    home.write(".continue/config.json");
    assert_eq!(client.file(&folders), None, "config.json counts only as long as there is no config.yaml");
    home.write(".continue/config.yaml");
    assert_eq!(client.file(&folders), Some(present));
}

#[test]
fn variables_move_the_files_of_claude_code_codex_and_copilot() {
    let home = Home::new();
    let mut folders = home.folders();
    let file = |id: &str, folders: &UserFolders| by_id(id).unwrap().file(folders).unwrap();
    assert_eq!(file("claude-code", &folders), home.0.join(".claude.json"));
    assert_eq!(file("codex", &folders), home.0.join(".codex/config.toml"));
    assert_eq!(file("copilot", &folders), home.0.join(".copilot/mcp-config.json"));
    folders.claude_config = Some(home.0.join("a"));
    folders.codex_home = Some(home.0.join("b"));
    folders.copilot_home = Some(home.0.join("c"));
    assert_eq!(file("claude-code", &folders), home.0.join("a/.claude.json"));
    assert_eq!(file("codex", &folders), home.0.join("b/config.toml"));
    assert_eq!(file("copilot", &folders), home.0.join("c/mcp-config.json"));
}

#[test]
fn the_own_command_of_claude_code_names_its_scope_and_keeps_our_options_behind_a_divider() {
    let own = by_id("claude-code").unwrap().own.unwrap();
    assert_eq!(own.program, "claude");
    assert_eq!(
        (own.add)(&ours()).join(" "),
        "mcp add -s user lumabill -- /opt/lumabill/bin/lumabill serve --account acme"
    );
    assert_eq!((own.remove)("lumabill-sandbox").join(" "), "mcp remove -s user lumabill-sandbox");
    assert_eq!((own.show)("lumabill").join(" "), "mcp get lumabill");
}

#[test]
fn every_shape_is_read_back_as_what_it_starts() {
    for client in ALL {
        let shape = (client.shape)(&ours());
        let start = Start { command: ours().command, args: ours().args };
        assert_eq!(Start::of(&shape), Some(start), "{}", client.id);
        assert!(is_ours(&shape), "{}", client.id);
        assert_eq!(updated(&shape, &shape), shape, "{}: twice is once", client.id);
        assert_eq!(without_variables(&shape, |_| true), shape, "{}", client.id);
    }
}

#[test]
fn what_is_ours_is_told_from_what_is_not() {
    let yes = [
        json!({ "command": "lumabill", "args": ["serve"] }),
        json!({ "command": "C:\\Program Files\\lumabill\\Lumabill.EXE", "args": ["serve", "--sandbox"] }),
        json!({ "command": "C:/lumabill/lumabill.exe", "args": ["serve"] }),
        json!({ "type": "local", "command": ["/usr/bin/lumabill", "serve"] }),
        json!({ "type": "stdio", "cmd": "/usr/bin/lumabill", "args": ["serve"] }),
        json!({ "source": "custom", "command": { "path": "/usr/bin/lumabill", "args": ["serve"] } }),
    ];
    for entry in yes {
        assert!(is_ours(&entry), "{entry}");
    }
    let no = [
        json!({ "url": "https://mcp.lumabill.ch/mcp" }),
        json!({ "command": "npx", "args": ["-y", "lumabill", "serve"] }),
        json!({ "command": "cmd", "args": ["/c", "lumabill", "serve"] }),
        json!({ "command": "env", "args": ["A=b", "lumabill", "serve"] }),
        json!({ "command": "/opt/lumabill/other", "args": ["serve"] }),
        json!({ "command": "/opt/my-lumabill", "args": ["serve"] }),
        json!({ "command": "lumabill", "args": ["sandbox"] }),
        json!({ "command": "lumabill" }),
        json!({ "command": "lumabill serve" }),
        json!({ "command": "lumabill", "args": "serve" }),
        json!({ "command": [] }),
        json!({ "command": "lumabill", "args": ["serve", 1] }),
        json!("lumabill serve"),
        Value::Null,
    ];
    for entry in no {
        assert!(!is_ours(&entry), "{entry}");
    }
}

#[test]
fn an_update_sets_what_is_started_and_keeps_what_a_person_added() {
    let new = (by_id("copilot").unwrap().shape)(&ours());
    let old = json!({
        "disabled": true,
        "type": "stdio",
        "command": "/old/lumabill",
        "args": ["serve"],
        "env": { "LUMABILL_LOG": "debug" },
        "tools": ["list_invoices"],
        "timeout": 20000
    });
    let expected = json!({
        "disabled": true,
        "type": "local",
        "command": "/opt/lumabill/bin/lumabill",
        "args": ["serve", "--account", "acme"],
        "env": { "LUMABILL_LOG": "debug" },
        "tools": ["list_invoices"],
        "timeout": 20000
    });
    assert_eq!(updated(&old, &new).to_string(), expected.to_string(), "also the order");
}

#[test]
fn an_update_adds_the_variables_that_codex_does_not_pass_on_yet() {
    let new = (by_id("codex").unwrap().shape)(&ours());
    let old = json!({
        "command": "/old/lumabill",
        "args": ["serve"],
        "env_vars": ["MY_OWN", { "name": "NO_PROXY", "source": "local" }],
        "startup_timeout_sec": 20
    });
    let now = updated(&old, &new);
    let names = now["env_vars"].as_array().unwrap();
    assert_eq!(names[0], "MY_OWN");
    assert_eq!(names[1]["name"], "NO_PROXY");
    assert_eq!(names.len(), 1 + new["env_vars"].as_array().unwrap().len(), "NO_PROXY is there already");
    assert_eq!(now["startup_timeout_sec"], 20);
}

#[test]
fn the_older_notation_of_zed_becomes_the_present_one() {
    let old =
        json!({ "source": "custom", "command": { "path": "lumabill", "args": ["serve"], "env": null } });
    let now = updated(&old, &(by_id("zed").unwrap().shape)(&ours()));
    assert_eq!(now["command"], "/opt/lumabill/bin/lumabill");
    assert_eq!(now["args"], json!(["serve", "--account", "acme"]));
}

#[test]
fn what_is_not_ours_gives_way_wholly() {
    let new = (by_id("cursor").unwrap().shape)(&ours());
    let hosted = json!({ "url": "https://mcp.lumabill.ch/mcp?key=x", "headers": { "A": "b" } });
    assert_eq!(updated(&hosted, &new), new);
    let npx = json!({ "command": "npx", "args": ["mcp-remote"], "env": { "KEY": "x" } });
    assert_eq!(updated(&npx, &new), new);
}

#[test]
fn a_key_among_the_variables_stays_until_somebody_moved_it() {
    let new = (by_id("cursor").unwrap().shape)(&ours());
    let variables = json!({ "LUMABILL_API_KEY": "lmb_test_x", "LUMABILL_LOG": "debug" });
    let old = json!({ "command": "/old/lumabill", "args": ["serve"], "env": variables });
    assert_eq!(updated(&old, &new)["env"], variables);
    let without_key = |entry| without_variables(entry, |value| value == "lmb_test_x");
    assert_eq!(without_key(&old)["env"], json!({ "LUMABILL_LOG": "debug" }));
    let only =
        json!({ "command": "lumabill", "environment": { "LUMABILL_API_KEY": "lmb_test_x" }, "timeout": 1 });
    assert_eq!(without_key(&only), json!({ "command": "lumabill", "timeout": 1 }));
}

#[test]
fn codex_is_told_names_of_variables_and_never_one_that_holds_a_key() {
    let shape = (by_id("codex").unwrap().shape)(&ours());
    let names: Vec<&str> =
        shape["env_vars"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(names.contains(&"LUMABILL_CONFIG_DIR") && names.contains(&"HTTPS_PROXY"));
    assert!(!names.iter().any(|name| name.contains("KEY") || name.contains("TOKEN")));
    assert_eq!(names.contains(&"DBUS_SESSION_BUS_ADDRESS"), cfg!(all(unix, not(target_os = "macos"))));
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

fn extension(client: &Client) -> &'static str {
    match client.spot.format {
        Format::Jsonc => "json",
        Format::Toml => "toml",
        Format::Yaml => "yaml",
    }
}

/// Compares, or rewrites where `UPDATE_GOLDEN` is set.
#[expect(clippy::disallowed_methods, reason = "a test reads what it is told by `just golden`")]
fn golden(file: &Path, text: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let committed = fs::read_to_string(file).unwrap_or_default();
    assert!(committed == text, "{} is stale: run `just golden`", file.display());
}

/// Those whose golden files are the same on this system: what Codex passes on is not.
fn compared() -> impl Iterator<Item = (&'static Client, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/clients");
    let same = |client: &&Client| client.id != "codex" || cfg!(all(unix, not(target_os = "macos")));
    ALL.iter().filter(same).map(move |client| (client, folder.join(client.id)))
}

#[test]
fn golden_files_of_clients_take_our_entry_and_give_it_back_byte_for_byte() {
    for (client, folder) in compared().filter(|(client, _)| client.way != Way::Print) {
        let (id, spot, name) = (client.id, &client.spot, ours().name);
        let entry = (client.shape)(&ours());
        let before = fs::read_to_string(folder.join(format!("before.{}", extension(client)))).unwrap();
        let after = put(&before, spot, &name, &entry).unwrap_or_else(|why| panic!("{id}: {why}"));
        golden(&folder.join(format!("after.{}", extension(client))), &after);

        assert_eq!(put(&after, spot, &name, &entry).as_deref(), Ok(after.as_str()), "{id}: twice is once");
        let there = entries(&after, spot).unwrap();
        let found =
            there.iter().find(|listed| listed.name == name).unwrap_or_else(|| panic!("{id}: not read"));
        assert_eq!(found.entry, entry, "{id}");
        let others: Vec<_> =
            there.iter().filter(|listed| listed.name != name).map(|l| (&l.name, &l.entry)).collect();
        let at_first = entries(&before, spot).unwrap();
        assert_eq!(others, at_first.iter().map(|l| (&l.name, &l.entry)).collect::<Vec<_>>(), "{id}");

        let change = between(&before, &after);
        assert_eq!(undo(&after, &change, spot, &name).as_deref(), Ok(before.as_str()), "{id}: undone");
        let taken_out = remove(&after, spot, &name).unwrap();
        assert_eq!(entries(&taken_out, spot).unwrap().len(), at_first.len(), "{id}: removed");
        if !at_first.is_empty() {
            assert_eq!(taken_out, before, "{id}: removed, without what installing noted");
        }
    }
}

#[test]
fn golden_files_of_clients_begin_with_our_entry_where_there_was_none() {
    for (client, folder) in compared().filter(|(client, _)| client.way != Way::Print) {
        let entry = (client.shape)(&ours());
        let text = client.put("", "lumabill", &entry).unwrap_or_else(|why| panic!("{}: {why}", client.id));
        golden(&folder.join(format!("empty-after.{}", extension(client))), &text);
        let pasted = client.pasted(&ours()).unwrap();
        assert_eq!(text, format!("{}{pasted}", client.opening), "{}", client.id);
        for text in [text, pasted] {
            let there = entries(&text, &client.spot).unwrap();
            assert_eq!(there.len(), 1, "{}", client.id);
            assert_eq!((&*there[0].name, &there[0].entry), ("lumabill", &entry), "{}", client.id);
        }
    }
}

#[test]
fn golden_texts_to_paste_are_in_their_wrapper() {
    for (client, folder) in compared().filter(|(client, _)| client.way == Way::Print) {
        let text = client.pasted(&ours()).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["mcpServers"]["lumabill"]["command"], ours().command, "{}", client.id);
        golden(&folder.join("print.txt"), &format!("{}\n\n{text}", client.paste_at.unwrap()));
    }
}

#[test]
fn every_folder_of_compared_files_is_that_of_a_client() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/clients");
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name == ".gitattributes" {
            continue;
        }
        let client = by_id(&name).unwrap_or_else(|| panic!("{name} is no client"));
        let count = fs::read_dir(entry.path()).unwrap().count();
        assert_eq!(count, if client.way == Way::Print { 1 } else { 3 }, "{name}");
    }
}
