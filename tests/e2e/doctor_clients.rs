//! What `lumabill doctor` says of the clients on this machine: each thing that can be wrong with an entry, keys in
//! plain text, the few variables that Codex hands on; and that `--fix` mends what it asked for.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::at_a_terminal::Terminal;
use crate::doctor::{Checks, api, home};
use crate::keyring::Desktop;
use crate::support::{Home, Lumabill, PLANTED_KEY};

const THIS: &str = env!("CARGO_BIN_EXE_lumabill");

fn write(home: &Home, file: &str, text: &str) -> PathBuf {
    let file = home.path().join("home").join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    file
}

/// Cursor's file with one entry of this name.
fn cursor(home: &Home, name: &str, entry: &Value) {
    write(home, ".cursor/mcp.json", &json!({ "mcpServers": { name: entry } }).to_string());
}

/// A program of our name that says `said`, and leaves a mark where it was started.
fn other(home: &Home, folder: &str, said: &str) -> String {
    let file = home.path().join(folder).join("lumabill");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mark = home.path().join("was-started");
    fs::write(&file, format!("#!/bin/sh\necho x >{}\n{said}\n", mark.display())).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    file.display().to_string()
}

fn look(home: &Arc<Home>) -> Checks {
    Checks::of(Lumabill::at(home, &["doctor", "--json"]))
}

fn starts(command: &str, args: &[&str]) -> Value {
    json!({ "command": command, "args": args })
}

#[test]
fn an_entry_that_would_not_work_is_told_with_the_command_that_writes_it_anew() {
    let home = home();
    cursor(&home, "lumabill", &starts(THIS, &["serve"]));
    let well = look(&home);
    well.is("client_entry", "ok", "starts this program", "");
    assert_eq!(well.row("client_entry")["about"], "cursor");
    well.is("clients", "ok", "", "");

    cursor(&home, "lumabill", &starts("/gone/lumabill", &["serve", "--account", "acme"]));
    look(&home).is("client_entry", "failed", "is not there", "install cursor --account acme");
    cursor(&home, "lumabill", &starts("lumabill", &["serve"]));
    look(&home).is("client_entry", "failed", "no folder of PATH", "install cursor");
    let path = PathBuf::from(THIS).parent().unwrap().display().to_string();
    let by_name = Checks::of(Lumabill::at(&home, &["doctor", "--json"]).env("PATH", &path));
    by_name.is("client_entry", "warning", "desktop app has another PATH", "install cursor");

    let old = other(&home, "old", "echo lumabill 0.0.9");
    cursor(&home, "lumabill", &starts(&old, &["serve"]));
    look(&home).is("client_entry", "warning", "version 0.0.9", "install cursor");
    let stranger = other(&home, "stranger", "echo hello");
    cursor(&home, "lumabill", &starts(&stranger, &["serve"]));
    look(&home).is("client_entry", "failed", "is no lumabill", "install cursor");
    let slow = other(&home, "slow", "exec sleep 60");
    cursor(&home, "lumabill", &starts(&slow, &["serve"]));
    let slow = look(&home);
    slow.is("client_entry", "failed", "does not start", "install cursor");
    assert!(slow.ended.took < Duration::from_secs(6), "{:?}", slow.ended.took);

    // What an option holds is not shown: it may be a key.
    cursor(&home, "lumabill", &starts(THIS, &["serve", "--key", PLANTED_KEY]));
    look(&home).is("client_options", "failed", "does not know", "install cursor");
    cursor(&home, "lumabill", &starts(THIS, &["serve", "--toolsets", "all"]));
    look(&home).is("client_tools", "warning", "takes 40", "--lean");
    cursor(&home, "lumabill", &json!({ "command": THIS, "args": ["serve"], "disabled": true }));
    look(&home).is("client_entry_off", "warning", "switched off", "Cursor");
    cursor(&home, "lumabill", &json!({ "url": "https://user:pass-word@other.example/mcp" }));
    let foreign = look(&home);
    foreign.is("client_entry", "warning", "goes to other.example", "install cursor");
    assert!(!foreign.ended.stdout.contains("pass-word"));
    write(&home, ".cursor/mcp.json", "{\"mcpServers\": {\n  oops");
    look(&home).is("client_file", "failed", "line 2", "correct it");
    fs::remove_file(home.path().join("home/.cursor/mcp.json")).unwrap();
    look(&home).is("clients", "warning", "Cursor", "install");
}

#[test]
fn an_account_that_is_not_there_and_practice_only_are_told() {
    let home = home();
    cursor(&home, "lumabill-sandbox", &starts(THIS, &["serve", "--sandbox"]));
    let practice = look(&home);
    practice.is("accounts", "warning", "nobody is logged in", "login");
    practice.is("keyring", "warning", "D-Bus", "");
    assert_eq!(practice.in_state("failed"), Vec::<&str>::new());

    let url = api().url();
    let login = ["login", "--with-token", "--insecure-storage", "--no-verify", "--api-url", &url];
    Lumabill::at(&home, &login).input(PLANTED_KEY).run().exits(0);
    cursor(&home, "lumabill", &starts(THIS, &["serve", "--account", "acme"]));
    look(&home).is("client_options", "failed", "no account `acme`", "login --account acme");
}

#[test]
fn a_program_that_a_project_names_is_not_started() {
    let home = home();
    write(&home, ".cursor/mcp.json", "{}");
    let trap = other(&home, "trap", "echo lumabill 0.1.0");
    let file = home.path().join(".cursor/mcp.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, json!({ "mcpServers": { "lumabill": starts(&trap, &["serve"]) } }).to_string()).unwrap();
    look(&home).is("client_entry", "warning", "this project's", "install cursor --project");
    assert!(!home.path().join("was-started").exists());
}

/// What the shell runs first: a name that is no program is passed over, as a shell does.
#[test]
fn another_program_of_our_name_is_asked_in_bounded_time_and_leaves_nothing_running() {
    let home = home();
    let folder = |name: &str| home.path().join(name).display().to_string();
    let no_program = other(&home, "first", "echo lumabill 9.9.9");
    fs::set_permissions(&no_program, Permissions::from_mode(0o644)).unwrap();
    let ours = home.path().join("ours");
    fs::create_dir_all(&ours).unwrap();
    std::os::unix::fs::symlink(THIS, ours.join("lumabill")).unwrap();
    let look = |path: &str| {
        let began = Instant::now();
        let run = Lumabill::at(&home, &["doctor", "--json"]);
        let checks = Checks::of(run.env("PATH", &format!("{path}:/usr/bin:/bin")));
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
        checks
    };
    look(&format!("{}:{}", folder("first"), ours.display())).is("path", "ok", "by its name", "");

    // One that lives on after its parent, with the parent's output, until it is killed.
    let pids = home.path().join("pids");
    let stays = format!("sleep 300 & echo $! >>{}", pids.display());
    other(&home, "leaves", &format!("{stays}\necho lumabill 9.9.9"));
    look(&folder("leaves")).is("path", "warning", "version 9.9.9", "remove");
    other(&home, "hangs", &format!("{stays}\nwait"));
    look(&folder("hangs")).is("path", "warning", "does not start", "remove");
    let pids = fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 2);
    for pid in pids.lines() {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        assert!(status.is_empty() || status.contains("State:\tZ"), "{status}");
    }
}

#[test]
fn an_entry_of_one_folder_that_wins_over_the_users_is_told() {
    let home = home();
    let folder = home.path().canonicalize().unwrap().display().to_string();
    let servers = |command: &str| json!({ "lumabill": starts(command, &["serve"]) });
    let file = |command: &str| json!({ "mcpServers": servers(THIS), "projects": { folder.as_str(): { "mcpServers": servers(command) } } });
    write(&home, ".claude.json", &file(THIS).to_string());
    let rows = |checks: &Checks| -> Vec<Value> {
        checks.checks.iter().filter(|row| row["id"] == "client_entry").cloned().collect()
    };
    let well = rows(&look(&home));
    assert!(well.len() == 2 && well.iter().all(|row| row["state"] == "ok"), "{well:#?}");
    write(&home, ".claude.json", &file("/gone/lumabill").to_string());
    let checks = look(&home);
    checks.is("client_entry", "failed", "for this folder alone", "claude mcp remove -s local lumabill");
    assert_eq!(rows(&checks)[1]["state"], "ok");
}

#[test]
fn keys_in_plain_text_are_shown_masked() {
    let home = home();
    cursor(&home, "lumabill", &json!({ "url": format!("https://mcp.lumabill.ch/mcp?key={PLANTED_KEY}") }));
    let tail = &PLANTED_KEY[PLANTED_KEY.len() - 4..];
    let checks = look(&home);
    checks.is("plain_text_keys", "failed", &format!("lmb_…{tail}"), "doctor --fix");
    checks.is("client_entry", "warning", "mcp.lumabill.ch", "doctor --fix");
    let shown = Lumabill::at(&home, &["doctor"]).run().exits(1);
    assert!(!shown.stdout.contains(PLANTED_KEY), "{}", shown.stdout);
}

#[test]
fn what_codex_hands_on_decides_whether_the_keyring_is_found() {
    let desktop = Desktop::start("");
    for folder in ["config", "state"] {
        fs::set_permissions(desktop.home.path().join(folder), Permissions::from_mode(0o700)).unwrap();
    }
    let api = api();
    desktop.login(&["--api-url", &api.url()]).exits(0);
    let folder = |name: &str| desktop.home.path().join(name).display().to_string();
    let entry = format!(
        "[mcp_servers.lumabill]\ncommand = \"{THIS}\"\nargs = [\"serve\"]\nenv = {{ LUMABILL_CONFIG_DIR = \"{}\", \
         LUMABILL_STATE_DIR = \"{}\" }}\n",
        folder("config"),
        folder("state")
    );
    let look = || Checks::of(desktop.lumabill(&["doctor", "--json"]));
    write(&desktop.home, ".codex/config.toml", &entry);
    let checks = look();
    assert_eq!(checks.in_state("failed"), ["client_environment"], "{:#}", json!(checks.checks));
    checks.is("client_environment", "failed", "D-Bus", "install codex");
    let named = format!("{entry}env_vars = [\"DBUS_SESSION_BUS_ADDRESS\", \"XDG_RUNTIME_DIR\"]\n");
    write(&desktop.home, ".codex/config.toml", &named);
    let checks = look();
    checks.is("client_environment", "ok", "are found", "");
    // No warning is left either: every variable of ours that is set here stands in the entry.
    assert!(checks.in_state("warning").is_empty(), "{:#}", json!(checks.checks));
}

/// The program at a place that lasts in this home, with one more terminal around it.
fn fixing(home: &Arc<Home>) -> (String, Terminal) {
    let program = home.path().join("home/bin/lumabill");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    if !program.exists() {
        fs::copy(THIS, &program).unwrap();
    }
    let mut command = Command::new(&program);
    command.args(["doctor", "--fix"]).env_clear().envs(home.environment());
    command.env("PATH", "/usr/bin:/bin").current_dir(home.path().join("home"));
    (program.display().to_string(), Terminal::of(&command))
}

#[test]
fn fixing_asks_before_each_step_and_leaves_what_was_not_agreed_to() {
    let home = home();
    let state = home.path().join("state");
    fs::set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
    let left = state.join("confirm.0123.new");
    fs::write(&left, "half").unwrap();
    fs::File::open(&left).unwrap().set_modified(SystemTime::now() - Duration::from_secs(600)).unwrap();
    let entry = starts("/gone/lumabill", &["serve", "--sandbox", "--read-only"]);
    cursor(&home, "lumabill-sandbox", &entry);
    let file = home.path().join("home/.cursor/mcp.json");
    let before = fs::read(&file).unwrap();

    let (_, mut terminal) = fixing(&home);
    for question in ["rights of other users", "Remove these drafts", "Write the entry `lumabill-sandbox`"] {
        terminal.until(question).until("[y/N] ").types("n\n");
    }
    let (seen, code) = terminal.ends();
    assert_eq!(code, 1, "{seen}");
    assert_eq!((fs::read(&file).unwrap(), left.exists()), (before, true));
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o755);

    let (program, mut terminal) = fixing(&home);
    for question in ["rights of other users", "Remove these drafts", "Write the entry `lumabill-sandbox`"] {
        terminal.until(question).until("[y/N] ").types("y\n");
    }
    terminal.until("after that:");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert!(!left.exists());
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
    let entry: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let renewed = &entry["mcpServers"]["lumabill-sandbox"];
    assert_eq!(renewed["command"], program, "{entry}");
    assert_eq!(renewed["args"], json!(["serve", "--sandbox", "--read-only"]), "{entry}");
}
