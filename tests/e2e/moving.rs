//! Keys out of clients' files and into a real keyring, at a terminal: what is asked, what is stored, what the
//! files say afterwards, and that the key is nowhere else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::at_a_terminal::Terminal;
use crate::keyring::Desktop;
use crate::remote::{Speaks, billbot};
use crate::support::{Answer, PLANTED_KEY, ScriptedServer, json as json_answer};

/// A person's machine: a keyring, a home folder with the program in it, and an API that knows the planted key.
struct Machine {
    desktop: Desktop,
    api: ScriptedServer,
    program: PathBuf,
}

impl Machine {
    fn new(keyring: &str) -> Self {
        let desktop = Desktop::start(keyring);
        let program = desktop.home.path().join("home/bin/lumabill");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_lumabill"), &program).unwrap();
        let api = ScriptedServer::start(|request| {
            let known = request.header("authorization").is_some_and(|key| key.ends_with(PLANTED_KEY));
            let other = request.header("authorization").is_some_and(|key| key.ends_with(OTHER_KEY));
            Answer::Bytes(match request.method.as_str() {
                "GET" if known => json_answer(200, r#"{"data":[{"id":"a","company_name":"Muster AG"}]}"#),
                "GET" if other => json_answer(200, r#"{"data":[{"id":"b","company_name":"Meier GmbH"}]}"#),
                _ if known || other => json_answer(404, r#"{"error":{"code":"not_found"}}"#),
                _ => json_answer(401, r#"{"error":{"code":"unauthorized"}}"#),
            })
        });
        Self { desktop, api, program }
    }

    fn home(&self) -> PathBuf {
        self.desktop.home.path().join("home")
    }

    fn put(&self, file: &str, text: &str) -> PathBuf {
        let file = self.home().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    /// The program in the home folder, or in a folder below it.
    fn command(&self, arguments: &[&str], folder: &str) -> Command {
        let mut command = Command::new(&self.program);
        let sealed = self.desktop.lumabill(&[]).command();
        command.args(arguments).env_clear();
        command.envs(sealed.get_envs().filter_map(|(name, value)| Some((name, value?))));
        // No test reaches the real service, whatever the machine's network.
        command.env("HTTPS_PROXY", ScriptedServer::refusing()).env("NO_PROXY", "127.0.0.1");
        command.current_dir(self.home().join(folder));
        command
    }

    fn terminal(&self, arguments: &[&str]) -> Terminal {
        Terminal::of(&self.command(arguments, ""))
    }

    fn lookup(&self, account: &str) -> String {
        self.desktop.lookup(&format!("{account}@{}", self.api.url()))
    }

    /// No file of the home, of the config or of the state holds the key.
    #[track_caller]
    fn no_key(&self) {
        for (path, bytes) in self.desktop.home.files() {
            let found = bytes.windows(PLANTED_KEY.len()).any(|part| part == PLANTED_KEY.as_bytes());
            assert!(!found, "the key is in {}", path.display());
        }
    }

    fn status(&self) -> Value {
        self.desktop.lumabill(&["status", "--json"]).run().exits(0).json()["accounts"].clone()
    }
}

const OTHER_KEY: &str = "lmb_other_Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8";

const MASKED: &str = "lmb_…f5Ls";

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// An entry as people have it in a client's `env` block, with the address of an API of their own.
fn with_variables(key: &str, url: &str) -> Value {
    json!({"command": "npx", "args": ["-y", "some-billing-mcp"], "env": {"LUMABILL_API_KEY": key, "LUMABILL_API_URL": url}})
}

#[test]
fn a_key_in_cursors_url_is_moved_and_is_nowhere_else() {
    let machine = Machine::new("");
    let text = format!(
        "{{\n  // kept\n  \"mcpServers\": {{\n    \"files\": {{ \"command\": \"files\" }},\n    \
         \"lumabill\": {{ \"url\": \"https://mcp.lumabill.ch/mcp?key={PLANTED_KEY}\" }}\n  }}\n}}\n"
    );
    let file = machine.put(".cursor/mcp.json", &text);
    let backup = machine.put(".cursor/mcp.json.bak", &text);
    let mut terminal = machine.terminal(&["install", "cursor"]);
    terminal
        .until("~/.cursor/mcp.json:5  lumabill-hosted")
        .until(MASKED)
        .until("server `lumabill` of Cursor");
    terminal.until("at https://api.lumabill.ch").until("[y/N]").types("y\n");
    // The service cannot be reached from here: a person may give the address, as at login.
    terminal.until("not judged").until("Address of the API").types(&format!("{}\n", machine.api.url()));
    terminal.until("the key works: `Muster AG`, read and write");
    terminal.until("Store it as account `lumabill` for `Muster AG`? [y/N]").types("y\n");
    terminal.until("read back").until("backups or older files hold it too: ~/.cursor/mcp.json.bak");
    terminal.until("Take it out there as well? [y/N]").types("y\n");
    terminal
        .until("Settings > API")
        .until(&format!("login --api-url {}`", machine.api.url()))
        .until("revoke");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert!(!seen.contains(PLANTED_KEY), "{seen}");
    assert_eq!(machine.lookup("lumabill"), PLANTED_KEY);
    machine.no_key();

    let left = fs::read_to_string(&file).unwrap();
    assert!(left.contains("// kept"), "{left}");
    let left: Value = serde_json::from_str(&left.replace("// kept", "")).unwrap();
    assert_eq!(left["mcpServers"]["files"], json!({"command": "files"}));
    assert_eq!(left["mcpServers"]["lumabill"]["command"], machine.program.to_str().unwrap());
    assert_eq!(left["mcpServers"]["lumabill"]["args"], json!(["serve"]));
    let left = fs::read_to_string(backup).unwrap();
    assert_eq!(left, text.replace(PLANTED_KEY, "key-removed-by-lumabill"));

    // Our entry goes again, and the old one with its key does not come back.
    machine.desktop.lumabill(&["uninstall", "cursor"]).run().exits(0);
    assert!(!fs::read_to_string(&file).unwrap().contains("\"lumabill\""));
    machine.no_key();
}

#[test]
fn a_key_in_claude_desktops_variables_is_moved_by_the_address_beside_it() {
    let machine = Machine::new("");
    let entry = with_variables(PLANTED_KEY, &machine.api.url());
    let mut text = json!({"globalShortcut": "", "mcpServers": {"billing": entry}});
    // An entry may hold more than the key, which is nowhere else once the entry is gone.
    text["mcpServers"]["billing"]["env"]["SHOP_ID"] = json!("shop-4711");
    let file = machine.put(".config/Claude/claude_desktop_config.json", &text.to_string());
    let mut terminal = machine.terminal(&["install", "claude-desktop"]);
    terminal.until(&format!("the address {} stands beside the key", machine.api.url()));
    terminal.until(&format!("at {}", machine.api.url())).until("[y/N]").types("y\n");
    terminal.until("Store it as account `lumabill`").types("y\n");
    terminal.until("a copy without the key is in `");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(machine.lookup("lumabill"), PLANTED_KEY);
    machine.no_key();
    let copies = fs::read_dir(machine.desktop.home.path().join("state/backups")).unwrap();
    let copies: Vec<_> = copies.map(|copy| fs::read_to_string(copy.unwrap().path()).unwrap()).collect();
    assert!(copies.iter().any(|copy| copy.contains("shop-4711")), "{copies:?}");
    let left = read(&file);
    assert_eq!(left["globalShortcut"], "");
    assert_eq!(left["mcpServers"].as_object().unwrap().keys().collect::<Vec<_>>(), ["lumabill"]);
    assert_eq!(machine.status()[0]["key"], MASKED);
    let sent = machine.api.requests();
    assert_eq!(sent[0].header("authorization"), Some(format!("Bearer {PLANTED_KEY}").as_str()));
}

#[test]
fn other_names_of_a_file_are_said_to_keep_the_key() {
    let machine = Machine::new("");
    let entry = with_variables(PLANTED_KEY, &machine.api.url());
    let file = machine.put(".cursor/mcp.json", &json!({"mcpServers": {"billing": entry}}).to_string());
    let other = machine.put("dotfiles/read-me", "").with_file_name("mcp.json");
    fs::hard_link(&file, &other).unwrap();
    let number = std::os::unix::fs::MetadataExt::ino(&fs::metadata(&other).unwrap());
    let mut terminal = machine.terminal(&["install", "cursor"]);
    terminal.until("[y/N]").types("y\n").until("Store it as account `lumabill`").types("y\n");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("hard links") && seen.contains(&format!("find ~ -inum {number}")), "{seen}");
    assert!(!fs::read_to_string(file).unwrap().contains(PLANTED_KEY));
}

#[test]
fn a_no_changes_nothing_and_sends_nothing() {
    let machine = Machine::new("");
    let text =
        json!({"mcpServers": {"billing": with_variables(PLANTED_KEY, &machine.api.url())}}).to_string();
    for answers in [&["n\n"] as &[&str], &["\n"], &["y\n", "n\n", "\n"]] {
        let file = machine.put(".config/Claude/claude_desktop_config.json", &text);
        let mut terminal = machine.terminal(&["install", "claude-desktop"]);
        terminal.until("[y/N]");
        for (question, answer) in
            ["start lumabill instead? [y/N]", "`Muster AG`? [y/N]", "another account"].iter().zip(answers)
        {
            terminal.until(question).types(answer);
        }
        let (seen, code) = terminal.ends();
        assert_eq!(code, 0, "{seen}");
        assert!(seen.contains("stays where it is; nothing was changed"), "{seen}");
        assert_eq!(machine.lookup("lumabill"), "");
        assert_eq!(read(&file)["mcpServers"]["billing"], with_variables(PLANTED_KEY, &machine.api.url()));
        assert_eq!(machine.api.requests().is_empty(), answers.len() == 1, "{answers:?}");
    }
}

#[test]
fn a_dead_key_is_taken_out_all_the_same_on_yes() {
    let machine = Machine::new("");
    let dead = "lmb_dead_Zz9Yy8Xx7Ww6Vv5Uu4Tt3";
    let text = json!({"mcpServers": {"billing": with_variables(dead, &machine.api.url())}}).to_string();
    for (answer, left) in [("n\n", dead), ("y\n", "key-removed-by-lumabill")] {
        let file = machine.put(".config/Claude/claude_desktop_config.json", &text);
        let mut terminal = machine.terminal(&["install", "claude-desktop"]);
        terminal.until("start lumabill instead? [y/N]").types("y\n");
        terminal
            .until("refused the key")
            .until("Take it out of the files all the same? It is kept nowhere")
            .types(answer);
        let (seen, code) = terminal.ends();
        assert_eq!(code, 0, "{seen}");
        assert_eq!(read(&file)["mcpServers"]["billing"], with_variables(left, &machine.api.url()));
        assert_eq!(machine.lookup("lumabill"), "");
    }
}

#[test]
fn a_key_does_not_replace_that_of_an_account_by_itself() {
    let machine = Machine::new("");
    let url = machine.api.url();
    let login = machine.desktop.lumabill(&["login", "--with-token", "--api-url", &url]).input(OTHER_KEY);
    login.run().exits(0);
    let url_entry = json!({"url": format!("https://mcp.lumabill.ch/mcp?key={PLANTED_KEY}")});
    let file = machine.put(".cursor/mcp.json", &json!({"mcpServers": {"billing": url_entry}}).to_string());
    let mut terminal = machine.terminal(&["install", "cursor"]);
    // That of the account is on this machine, where no key of the service goes unasked.
    terminal.until("at https://api.lumabill.ch").until("[y/N]").types("y\n");
    terminal.until("not judged").until("Address of the API").types(&format!("{url}\n"));
    terminal.until("account `lumabill` (`Meier GmbH`) has another key, and keeps it");
    terminal.until("such as `muster-ag`").types("lumabill\n");
    terminal.until("Replace that key by").until("`Muster AG`? [y/N]").types("n\n");
    terminal.until("Another name").types("Muster\n");
    terminal.until("a name is a small letter").types("muster\n");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(
        (machine.lookup("lumabill"), machine.lookup("muster")),
        (OTHER_KEY.to_owned(), PLANTED_KEY.to_owned())
    );
    machine.no_key();
    let servers = read(&file)["mcpServers"].clone();
    // `install` had put its own entry in, which serves the first account.
    assert_eq!(servers["lumabill"]["args"], json!(["serve"]));
    assert_eq!(servers["lumabill-muster"]["args"], json!(["serve", "--account", "muster"]));
    assert_eq!(servers.get("billing"), None);

    // Both are ours, and both go.
    let uninstalled = machine.desktop.lumabill(&["uninstall", "cursor"]).run().exits(0);
    assert_eq!(read(&file)["mcpServers"], json!({}), "{}", uninstalled.stdout);

    // The same key once more: the account that holds it is found.
    machine.put(".cursor/mcp.json.old", &format!("url = {PLANTED_KEY}"));
    let mut terminal = machine.terminal(&["install", "cursor"]);
    terminal.until("Account `muster` (`Muster AG`) has lmb_…f5Ls already").until("[y/N]").types("y\n");
    terminal.until("Take it out there").types("y\n");
    assert_eq!(terminal.ends().1, 0);
    machine.no_key();
}

#[test]
fn doctor_moves_a_key_that_only_an_editors_history_has_left() {
    let machine = Machine::new("");
    let list =
        r#"{"version":1,"resource":"file:///home/ada/.cursor/mcp.json","entries":[{"id":"a1B2.json"}]}"#;
    machine.put(".config/Cursor/User/History/-1f2e/entries.json", list);
    let text =
        json!({"mcpServers": {"billing": {"url": format!("https://mcp.lumabill.ch/mcp?key={PLANTED_KEY}")}}});
    let kept = machine.put(".config/Cursor/User/History/-1f2e/a1B2.json", &text.to_string());
    let mut terminal = machine.terminal(&["doctor", "--fix"]);
    terminal.until("Take the rights of other users away").types("n\n");
    terminal.until("keep it in the keyring, take it out of the files? [y/N]").types("y\n");
    terminal.until("Address of the API").types(&format!("{}\n", machine.api.url()));
    terminal.until("Store it as account `lumabill`").types("y\n");
    terminal.until("Take it out there as well? [y/N]").types("y\n").until("the key is gone from it");
    let (seen, _) = terminal.ends();
    assert!(!seen.contains(PLANTED_KEY), "{seen}");
    assert_eq!(machine.lookup("lumabill"), PLANTED_KEY);
    assert_eq!(
        read(&kept)["mcpServers"]["billing"]["url"],
        "https://mcp.lumabill.ch/mcp?key=key-removed-by-lumabill"
    );
    machine.no_key();
}

/// Ends the program itself, as a power cut would: not by a signal that it could answer.
fn kill(terminal: &Terminal) {
    let children = |process: u32| {
        let listed = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
        listed.split_whitespace().map(|number| number.parse().unwrap()).collect::<Vec<u32>>()
    };
    let mut process = terminal.process();
    while let [child] = children(process).as_slice() {
        process = *child;
    }
    assert!(fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap().contains("bin/lumabill"));
    assert!(Command::new("kill").args(["-9", &process.to_string()]).status().unwrap().success());
}

#[test]
fn a_kill_in_between_loses_no_key() {
    let machine = Machine::new("");
    let text =
        json!({"mcpServers": {"billing": with_variables(PLANTED_KEY, &machine.api.url())}}).to_string();
    let file = machine.put(".config/Claude/claude_desktop_config.json", &text);
    machine.put(".config/Claude/claude_desktop_config.json.bak", &text);
    let mut terminal = machine.terminal(&["install", "claude-desktop"]);
    terminal.until("start lumabill instead? [y/N]").types("y\n").until("Store it as account");
    kill(&terminal);
    terminal.ends();
    assert_eq!(read(&file)["mcpServers"]["billing"], with_variables(PLANTED_KEY, &machine.api.url()));
    assert_eq!(machine.lookup("lumabill"), "");

    let mut terminal = machine.terminal(&["install", "claude-desktop"]);
    terminal.until("start lumabill instead? [y/N]").types("y\n").until("Store it as account").types("y\n");
    terminal.until("Take it out there as well?");
    kill(&terminal);
    terminal.ends();
    assert_eq!(machine.lookup("lumabill"), PLANTED_KEY);
    assert_eq!(read(&file)["mcpServers"].as_object().unwrap().keys().collect::<Vec<_>>(), ["lumabill"]);

    // What is left is found again, and the account that has the key by now.
    let mut terminal = machine.terminal(&["install", "claude-desktop"]);
    terminal
        .until("Account `lumabill` (`Muster AG`) has")
        .types("y\n")
        .until("Take it out there as well?")
        .types("y\n");
    assert_eq!(terminal.ends().1, 0);
    machine.no_key();
}

#[test]
fn without_a_keyring_nothing_is_sent_and_nothing_changes() {
    let machine = Machine::new("none");
    let text =
        json!({"mcpServers": {"billing": with_variables(PLANTED_KEY, &machine.api.url())}}).to_string();
    let file = machine.put(".config/Claude/claude_desktop_config.json", &text);
    let mut terminal = machine.terminal(&["install", "claude-desktop"]);
    terminal.until("[y/N]").types("y\n");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 3, "{seen}");
    assert!(seen.contains("no OS keyring here") && seen.contains("the key stays where it is"), "{seen}");
    assert_eq!(read(&file)["mcpServers"]["billing"], with_variables(PLANTED_KEY, &machine.api.url()));
    assert!(machine.api.requests().is_empty());
}

#[test]
fn a_tracked_file_of_a_project_says_so_about_its_history() {
    let machine = Machine::new("");
    let entry = with_variables(PLANTED_KEY, &machine.api.url());
    let file = machine.put("work/.mcp.json", &json!({"mcpServers": {"billing": entry}}).to_string());
    for arguments in [&["init", "-q"] as &[&str], &["add", ".mcp.json"]] {
        let git = Command::new("git").args(arguments).current_dir(file.parent().unwrap()).status().unwrap();
        assert!(git.success());
    }
    let mut terminal = Terminal::of(&machine.command(&["install", "claude-code", "--project"], "work"));
    terminal.until("~/work/.mcp.json:1").until("tracked by git");
    terminal.until("[y/N]").types("y\n");
    terminal.until("Store it as account `lumabill`").types("y\n");
    terminal.until("git tracks ~/work/.mcp.json").until("git log --oneline -- .mcp.json");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert_eq!(read(&file)["mcpServers"].as_object().unwrap().keys().collect::<Vec<_>>(), ["lumabill"]);
    assert_eq!(machine.lookup("lumabill"), PLANTED_KEY);
}

#[test]
fn keys_of_remote_servers_are_moved_with_their_tools() {
    let machine = Machine::new("");
    let (server, _) = billbot::start(Speaks::sessions(billbot::PATH));
    let text = json!({"mcpServers": {
        "billbot": {"url": server.url(), "headers": {"Authorization": format!("Bearer {}", billbot::KEY)}},
    }});
    let file = machine.put(".cursor/mcp.json", &text.to_string());
    let mut terminal = machine.terminal(&["install", "cursor"]);
    terminal.until("~/.cursor/mcp.json:1  billbot  bb_sk_…4Tn6");
    // Whoever wrote the file chose the address.
    terminal.until(&format!("at {} (not billbot's own address)", server.url())).until("[y/N]").types("y\n");
    terminal.until("the key works: billbot at 127.0.0.1 offers 10 tools");
    terminal.until("Store it as account `billbot`").until("[y/N]").types("y\n");
    terminal.until("read back").until("Settings > API Keys at billbot.io").until("login --account billbot");
    let (seen, _) = terminal.ends();
    assert!(!seen.contains(billbot::KEY), "{seen}");
    assert_eq!(machine.desktop.lookup(&format!("billbot@{}", server.url())), billbot::KEY);
    let entry = &read(&file)["mcpServers"]["lumabill"];
    assert_eq!(entry["args"], json!(["serve", "--account", "billbot"]));
    assert_eq!(read(&file)["mcpServers"]["billbot"], json!(null));
    let listed = machine.desktop.lumabill(&["tools", "--account", "billbot"]).run().exits(0);
    assert!(listed.stdout.contains("send_invoice"), "{}", listed.stdout);
    for (path, bytes) in machine.desktop.home.files() {
        let held = bytes.windows(billbot::KEY.len()).any(|part| part == billbot::KEY.as_bytes());
        assert!(!held, "the key is in {}", path.display());
    }
}

#[test]
fn a_token_of_a_service_that_signs_people_in_is_shown_and_stays() {
    let machine = Machine::new("");
    let text = json!({"mcpServers": {"billstride": {"url": "https://billstride.com/api/mcp/sse",
        "headers": {"Authorization": "Bearer 9f8e7d6c5b4a39281706"}}}});
    let file = machine.put(".cursor/mcp.json", &text.to_string());
    let (seen, code) = machine.terminal(&["install", "cursor"]).ends();
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("login --service billstride") && !seen.contains("9f8e7d6c"), "{seen}");
    assert_eq!(read(&file)["mcpServers"]["billstride"], text["mcpServers"]["billstride"]);
}
