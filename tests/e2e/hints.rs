//! Every command that a refusal hands out starts this program, wherever it lies: here in a folder with spaces, with a
//! PATH that has no `lumabill`, as a desktop app unpacks a bundle. Each is run by a shell, with `--help` behind it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::bundle::link;
use crate::confirmation::books;
use crate::scripted_books::{answer, id, profiles};
use crate::support::{
    Answer, COMMANDS, Era, Home, Lumabill, McpSession, PLANTED_KEY, ScriptedServer, bare_command, html,
};

/// The program as a bundle has it, in a home of its own, and what it has said so far.
struct Bundled {
    home: Arc<Home>,
    program: PathBuf,
    api: Option<String>,
    said: Vec<String>,
}

impl Bundled {
    fn new() -> Self {
        let home = Arc::new(Home::new());
        let folder = home.path().join("Claude Extensions/it's lumabill/server");
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join("lumabill");
        link(&program);
        Self { home, program, api: None, said: Vec::new() }
    }

    fn with_api(server: &ScriptedServer) -> Self {
        Self { api: Some(server.url()), ..Self::new() }
    }

    fn prepared(&self, arguments: &[&str]) -> (Lumabill, Command) {
        let mut run = Lumabill::at(&self.home, arguments);
        if let Some(url) = &self.api {
            run = run.with_api(url, PLANTED_KEY);
        }
        // Another one of its name is on PATH: the short name would start that.
        let other = self.home.path().join("other");
        fs::create_dir_all(&other).unwrap();
        fs::write(other.join("lumabill"), "#!/bin/false\n").unwrap();
        let mut command = Command::new(&self.program);
        let sealed = run.command();
        command.args(sealed.get_args()).env_clear().current_dir(self.home.path());
        command.envs(sealed.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", other);
        (run, command)
    }

    /// Runs a command of a person's, with this on standard input.
    fn run(&mut self, arguments: &[&str], input: &str) -> &mut Self {
        let (run, command) = self.prepared(arguments);
        let ended = run.input(input).run_as(command);
        let text =
            format!("$ lumabill-of-a-bundle {}\n{}{}", arguments.join(" "), ended.stdout, ended.stderr);
        self.said.push(text);
        self
    }

    /// Calls tools as an assistant does.
    fn calls(&mut self, options: &[&str], calls: &[(&str, Value)]) -> &mut Self {
        let (_, mut command) = self.prepared(&[&["serve"], options].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut session = McpSession::opened(command, Era::Modern);
        for (tool, arguments) in calls {
            let id = session.send_call(tool, arguments.clone());
            let answer = session.answer(&id);
            self.said.push(format!("{tool}:\n{}", texts(&answer)));
        }
        self
    }

    /// The commands handed out so far: this program's path in quotes, up to the backtick, or in an example the gap,
    /// that ends it.
    fn commands(&self) -> BTreeSet<String> {
        let program = self.quoted();
        let mut found = BTreeSet::new();
        for text in &self.said {
            assert_eq!(bare_command(text), None, "{text}");
            for line in text.lines() {
                for (at, _) in line.match_indices(&program) {
                    let quoted = line[..at].ends_with('`');
                    let ends = if quoted { "`" } else { "  " };
                    let command = line[at..].split(ends).next().unwrap();
                    if quoted || line.starts_with("  ") {
                        found.insert(command.to_owned());
                    }
                }
            }
        }
        found
    }

    /// Every command handed out so far starts this program in a shell and is one that it knows, at least so many.
    #[track_caller]
    fn starts_with_each(&self, least: usize) {
        let commands = self.commands();
        assert!(commands.len() >= least, "{commands:#?}\n{}", self.said.join("\n---\n"));
        for command in &commands {
            let line = format!("{} --help", alone(command));
            let mut shell = Command::new("/bin/sh");
            shell
                .args(["-c", &line])
                .env_clear()
                .envs(self.home.environment())
                .env("PATH", "")
                .current_dir("/");
            let ended = shell.output().unwrap();
            let (help, told) =
                (String::from_utf8(ended.stdout).unwrap(), String::from_utf8_lossy(&ended.stderr));
            assert!(ended.status.success(), "{line}\n{told}");
            assert!(help.contains(&format!("Usage: {}", self.quoted())), "{line}\n{help}");
        }
    }

    /// Its path as a shell takes it.
    fn quoted(&self) -> String {
        format!("'{}'", self.program.display().to_string().replace('\'', r"'\''"))
    }
}

/// The command alone, where an example has a shell read or write a file, or go on with another command.
fn alone(command: &str) -> &str {
    let ends = [" <", " >", " | ", " && "].iter().filter_map(|word| command.find(word));
    &command[..ends.min().unwrap_or(command.len())]
}

/// Every string in a value, one to a line: what a client shows of structured content.
fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(values) => values.iter().map(texts).collect(),
        Value::Object(members) => members.values().map(texts).collect(),
        _ => String::new(),
    }
}

#[test]
fn help_hands_out_commands_that_work() {
    let mut bundled = Bundled::new();
    bundled.run(&["--help"], "").run(&["history", "settle", "--help"], "");
    for command in COMMANDS {
        bundled.run(&[command, "--help"], "");
    }
    bundled.starts_with_each(30);
}

#[test]
fn who_is_not_logged_in_gets_commands_that_work() {
    let mut bundled = Bundled::new();
    let none = json!({});
    bundled.calls(&[], &[("list_invoices", none.clone()), ("create_client", json!({ "name": "Neu AG" }))]);
    bundled.calls(
        &["--account", "billbot"],
        &[("list_invoices", none.clone()), ("why_not_available", none.clone())],
    );
    bundled.calls(&["--lean"], &[("run_read", json!({ "tool": "list_invoices" }))]);
    bundled.calls(&["--account", "billstride", "--account", "acme"], &[("list_profiles", none)]);
    for command in [
        &["status"][..],
        &["status", "--account", "acme"],
        &["doctor"],
        &["tools"],
        &["tools", "--sandbox"],
        &["tools", "--account", "billbot"],
        &["call", "list_invoices"],
        &["call", "list_invoices", "--account", "acme"],
        &["call", "list_invoices", "--account", "billstride"],
        &["logout"],
        &["logout", "--all"],
        &["history"],
        &["install", "--all"],
        &["install", "--print", "claude-desktop"],
        &["install", "cursor"],
        &["uninstall", "cursor"],
        &["install", "nonsense"],
        &["serve", "--account", "a b"],
        &["config", "nonsense", "1"],
        &["config", "default_account", "nobody"],
        &["config", "reads", "x", "--account", "mcp-example-com"],
        &["config", "profile", "Muster AG"],
        &["sandbox", "--fault", "nonsense"],
        &["spec", "show"],
        &["spec", "check", "/nowhere.yaml"],
        &["spec", "check", "--discover"],
        &["spec", "use", "/nowhere.yaml", "--account", "acme"],
        &["spec", "reset"],
    ] {
        bundled.run(command, "");
    }
    bundled.starts_with_each(8);
}

#[test]
fn a_login_that_fails_hands_out_commands_that_work() {
    let refused = ScriptedServer::start(|_| answer(401, &json!({ "error": { "code": "unauthorized" } })));
    let page = ScriptedServer::start(|_| Answer::Bytes(html(200)));
    let mut bundled = Bundled::new();
    for url in [&refused.url(), &page.url(), &ScriptedServer::refusing()] {
        bundled.run(&["login", "--with-token", "--api-url", url], PLANTED_KEY);
        bundled.run(&["login", "--with-token", "--insecure-storage", "--api-url", url], PLANTED_KEY);
    }
    for (command, input) in [
        (&["login"][..], ""),
        (&["login", PLANTED_KEY], ""),
        (&["login", "--with-token"], ""),
        (&["login", "--with-token"], "no key at all"),
        (&["login", "--with-token", "--service", "nonsense"], PLANTED_KEY),
        (&["login", "--with-token", "--service", "sandbox"], PLANTED_KEY),
        (&["login", "--with-token", "--service", "http://example.com/mcp"], PLANTED_KEY),
        (&["login", "--service", "billstride", "--with-token"], PLANTED_KEY),
        (&["login", "--account", "a b"], ""),
        (&["login", "--api-url", "http://example.com", "--with-token"], PLANTED_KEY),
        (&["login", "--with-token", "--ca-file", "/nowhere.pem"], PLANTED_KEY),
    ] {
        bundled.run(command, input);
    }
    // One that works, and what is said of it.
    let works = ScriptedServer::start(|_| profiles());
    bundled.run(&["login", "--with-token", "--insecure-storage", "--api-url", &works.url()], PLANTED_KEY);
    drop(works);
    for command in [&["status"][..], &["doctor"], &["call", "list_invoices"], &["logout"]] {
        bundled.run(command, "");
    }
    bundled.starts_with_each(6);
}

#[test]
fn what_the_api_refuses_hands_out_commands_that_work() {
    for (status, code) in
        [(401, "unauthorized"), (403, "forbidden"), (404, "not_found"), (418, "odd"), (500, "broken")]
    {
        let server = ScriptedServer::start(move |request| {
            let error = json!({ "error": { "code": code, "message": "no `lumabill` here" } });
            if request.target.starts_with("/v1/profiles") { profiles() } else { answer(status, &error) }
        });
        let mut bundled = Bundled::with_api(&server);
        let invoice = json!({ "id": id(1) });
        bundled.calls(
            &["--toolsets", "all"],
            &[
                ("list_invoices", json!({})),
                ("get_invoice", invoice.clone()),
                ("create_client", json!({ "name": "Neu AG" })),
                ("delete_invoice", invoice),
                ("list_accounts", json!({})),
            ],
        );
        bundled.run(&["call", "list_invoices"], "").run(&["call", "create_client", "name=Neu AG"], "");
        bundled.run(&["status"], "").run(&["doctor"], "");
        bundled.starts_with_each(1);
    }
}

#[test]
fn what_is_asked_and_what_is_lost_hands_out_commands_that_work() {
    let books = books();
    let mut asked = Bundled::with_api(&books);
    let delete = json!({ "id": id(1) });
    asked.calls(&["--toolsets", "all"], &[("delete_invoice", delete.clone())]);
    asked.calls(
        &["--toolsets", "all", "--read-only"],
        &[("delete_invoice", delete), ("no_such_tool", json!({}))],
    );
    asked.calls(&[], &[("preview_camt_file", json!({ "file": "/etc/hosts" })), ("send_invoice", json!({}))]);
    asked.run(&["call", "delete_invoice", &format!("id={}", id(1))], "");
    asked.run(&["call", "preview_camt_file", "file=/etc/hosts"], "");
    asked.starts_with_each(1);

    // The answer to a create is lost, and what the books show is no proof.
    let server = ScriptedServer::start(|request| match request.method.as_str() {
        "POST" => Answer::Reset,
        _ if request.target.starts_with("/v1/profiles") => profiles(),
        _ => answer(500, &json!({ "error": { "code": "broken" } })),
    });
    let mut lost = Bundled::with_api(&server);
    lost.calls(
        &[],
        &[
            ("create_client", json!({ "name": "Verloren AG" })),
            ("create_client", json!({ "name": "Verloren AG" })),
            ("create_vendor", json!({ "name": "Verloren AG" })),
            ("list_recent_changes", json!({})),
            ("list_recent_changes", json!({ "limit": 1 })),
        ],
    );
    lost.run(&["history"], "").run(&["history", "--json"], "").run(&["doctor"], "");
    lost.run(&["history", "settle", "99", "--not-created"], "");
    lost.run(&["history", "settle", "1", "--created", "no id"], "");
    assert!(lost.commands().iter().any(|command| command.contains(" history settle ")), "{:#?}", lost.said);
    lost.starts_with_each(3);
}
