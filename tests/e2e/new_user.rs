//! Start to finish as a new user on a clean home, with a real keyring and a real API: login, install, the first
//! call through the very entry that a client would start, a doctor that finds nothing, and uninstall.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::install::Machine;
use crate::keyring::Desktop;
use crate::support::{Ended, Era, McpSession, SandboxProcess};

/// What a person has in clients' files before: comments, servers of others, other line endings.
const BEFORE: [(&str, &str); 4] = [
    (
        ".cursor/mcp.json",
        "{\n  // mine\n  \"mcpServers\": {\n    \"files\": { \"command\": \"files\" }, // keep\n  }\n}\n",
    ),
    (".codex/config.toml", "# mine\nmodel = \"m\"\n\n[mcp_servers.files]\ncommand = \"files\" # keep\n"),
    (".config/zed/settings.json", "{\r\n\t\"theme\": \"One Dark\"\r\n}\r\n"),
    (
        ".config/goose/config.yaml",
        "GOOSE_MODEL: m # mine\nextensions:\n  files:\n    type: stdio\n    cmd: files\n",
    ),
];

/// A desktop's session: a bus with a keyring, a home folder with the program in it.
struct Person {
    desktop: Desktop,
    machine: Machine,
}

impl Person {
    fn new() -> Self {
        let desktop = Desktop::start("");
        let machine = Machine::of(&desktop.home);
        for (file, text) in BEFORE {
            machine.put(file, text);
        }
        Self { desktop, machine }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.machine.command(arguments);
        command.envs(self.desktop.session().into_iter().filter(|(name, _)| name != "PATH"));
        // Nobody sets these: the folders are the platform's.
        command.env_remove("LUMABILL_CONFIG_DIR").env_remove("LUMABILL_STATE_DIR");
        command
    }

    fn runs(&self, arguments: &[&str], input: &str) -> Ended {
        let run = self.desktop.lumabill(&[]).input(input);
        run.run_as(self.command(arguments)).exits(0)
    }

    /// Every file of the home folder that is not the program, with its bytes.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = self.desktop.home.files().into_iter();
        files.filter(|(file, _)| *file != self.machine.program).collect()
    }
}

/// What Cursor would start, and nothing else of the person's environment than a desktop hands on.
fn entry_of_cursor(person: &Person) -> Command {
    let mut text = fs::read_to_string(person.machine.at(".cursor/mcp.json")).unwrap();
    text = text.replace("// mine", "").replace("// keep", "").replace("},\n  }", "}\n  }");
    let file: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let entry = &file["mcpServers"]["lumabill"];
    let program = Path::new(entry["command"].as_str().unwrap());
    assert!(program.is_absolute(), "{entry}");
    let mut command = Command::new(program);
    command.args(entry["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap()));
    let sealed = person.command(&[]);
    let wanted = sealed.get_envs().filter(|(name, _)| *name != "PATH");
    command.env_clear().envs(wanted.filter_map(|(name, value)| Some((name, value?)))).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn from_login_to_uninstall_nothing_is_left_and_the_key_is_in_the_keyring_only() {
    // `doctor` compares the clocks, so the sandbox goes by the machine's.
    let sandbox = SandboxProcess::today();
    let (person, key) = (Person::new(), sandbox.key());
    let before = person.files();

    let profile = sandbox.profile("Muster Consulting GmbH");
    let login = ["login", "--with-token", "--api-url", &sandbox.url, "--profile-id", &profile];
    let said = person.runs(&login, &format!("{key}\n")).stdout;
    assert!(said.contains("in the system's keyring"), "{said}");

    let said = person.runs(&["install", "--all"], "").stdout;
    for client in ["Cursor", "Codex", "Zed", "goose"] {
        assert!(said.contains(&format!("{client}: added `lumabill` to ")), "{said}");
    }

    let mut session = McpSession::opened(entry_of_cursor(&person), Era::Legacy);
    let made = session.call(
        "create_invoice",
        json!({
            "client_name": "Muster AG",
            "lines": [{ "description": "Consulting", "quantity": 3, "unit": "h", "price": 180 }],
        }),
    );
    assert_eq!(made.done().structured["record"]["total"].to_string(), "583.75");
    session.close_input();
    assert!(session.gone_within(std::time::Duration::from_secs(2)).0.success());
    let made: Vec<_> =
        sandbox.all("/v1/invoices").into_iter().filter(|one| one["number"] == "IV-010").collect();
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(made[0]["total"].to_string(), "583.75");

    let doctor = person.runs(&["doctor", "--json"], "").json();
    let rows = doctor["checks"].as_array().unwrap();
    assert!(doctor["ok"] == true && rows.len() > 10, "{doctor:#}");
    assert!(rows.iter().all(|row| row["state"] == "ok"), "{doctor:#}");

    person.runs(&["uninstall", "--all"], "");
    for (file, bytes) in &before {
        assert_eq!(fs::read(file).unwrap(), *bytes, "{}", file.display());
    }
    for (file, bytes) in person.files() {
        let found = bytes.windows(key.len()).any(|part| part == key.as_bytes());
        assert!(!found, "the key is in {}", file.display());
        let ours = [".config/lumabill", ".local/state/lumabill"]
            .iter()
            .any(|ours| file.starts_with(person.machine.at(ours)));
        assert!(ours || before.contains_key(&file), "{} is left behind", file.display());
    }
    assert_eq!(person.desktop.lookup(&format!("lumabill@{}", sandbox.url)), key);
    person.runs(&["logout"], "");
    assert_eq!(person.desktop.lookup(&format!("lumabill@{}", sandbox.url)), "");
}
