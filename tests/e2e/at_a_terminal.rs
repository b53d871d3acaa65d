//! What a person sees and types at a real terminal: `script` of Debian's bsdutils gives the program one.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;

use crate::support::{Home, Lumabill, PATIENCE, SandboxProcess};

/// The program in a terminal of its own.
pub struct Terminal {
    child: Child,
    /// What comes onto the screen; it ends with the program.
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    fn start(home: &Arc<Home>, sandbox: Option<&SandboxProcess>, arguments: &str) -> Self {
        Self::run(home, sandbox, &format!("{} {arguments}", env!("CARGO_BIN_EXE_lumabill")))
    }

    /// The same in a terminal of so many columns.
    fn wide(columns: usize, home: &Arc<Home>, sandbox: &SandboxProcess, arguments: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_lumabill");
        Self::run(home, Some(sandbox), &format!("stty cols {columns} && {program} {arguments}"))
    }

    /// A command as it stands, with its environment and folder.
    pub fn of(wanted: &Command) -> Self {
        let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_str().unwrap());
        let words: Vec<_> =
            std::iter::once(wanted.get_program()).chain(wanted.get_args()).map(quoted).collect();
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--echo", "never", "--command", &words.join(" "), "/dev/null"]);
        command.env_clear().envs(wanted.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(wanted.get_current_dir().unwrap());
        Self::spawn(&mut command)
    }

    fn run(home: &Arc<Home>, sandbox: Option<&SandboxProcess>, line: &str) -> Self {
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--echo", "never", "--command", line, "/dev/null"]);
        command.env_clear().envs(home.environment()).env("PATH", "/usr/bin:/bin");
        if let Some(sandbox) = sandbox {
            command.env("LUMABILL_API_URL", &sandbox.url).env("LUMABILL_API_KEY", sandbox.key());
            command.env("LUMABILL_PROFILE_ID", sandbox.profile("Muster Consulting GmbH"));
        }
        Self::spawn(&mut command)
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut out, (sender, screen)) = (child.stdout.take().unwrap(), mpsc::channel());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, screen, seen: String::new() }
    }

    /// Reads until `text` is on the screen; the end of the program before that is a failure.
    pub fn until(&mut self, text: &str) -> &mut Self {
        while !self.seen.contains(text) {
            assert!(self.read(), "`{text}` never came: {}", self.seen);
        }
        self
    }

    /// Reads on; false at the end. A program that waits for what nobody types is a failure.
    fn read(&mut self) -> bool {
        match self.screen.recv_timeout(PATIENCE) {
            Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {
                drop(self.child.kill());
                panic!("nothing came for {PATIENCE:?} after: {}", self.seen);
            }
        }
        true
    }

    /// What was on the screen so far.
    pub fn seen(&self) -> &str {
        &self.seen
    }

    pub fn types(&mut self, text: &str) -> &mut Self {
        let keyboard = self.child.stdin.as_mut().unwrap();
        keyboard.write_all(text.as_bytes()).unwrap();
        keyboard.flush().unwrap();
        self
    }

    /// The process of the terminal, whose descendant the program is.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Everything that was on the screen, and the exit code.
    pub fn ends(mut self) -> (String, i32) {
        while self.read() {}
        (self.seen, self.child.wait().unwrap().code().unwrap())
    }
}

#[test]
fn the_key_is_typed_unseen_and_the_company_is_asked_for() {
    let (sandbox, home) = (SandboxProcess::today(), Arc::new(Home::new()));
    let arguments = format!("login --insecure-storage --api-url {}", sandbox.url);
    let mut terminal = Terminal::start(&home, None, &arguments);
    terminal.until("it is not shown").types(&format!("{}\n", sandbox.key()));
    terminal.until("Which one").types("2\n");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("Beispiel Studio") && seen.contains("read and write"), "{seen}");
    assert!(!seen.contains(&sandbox.key()), "the key was shown: {seen}");
    let status = Lumabill::at(&home, &["status", "--json"]).run().exits(0).json();
    assert_eq!(status["accounts"][0]["profile"], sandbox.profile("Beispiel Studio"), "{status}");
}

#[test]
fn a_person_is_asked_before_a_delete_and_a_no_deletes_nothing() {
    let (sandbox, home) = (SandboxProcess::today(), Arc::new(Home::new()));
    let lines = r#"lines=[{"description":"x","quantity":1,"price":100}]"#;
    let muster = sandbox.profile("Muster Consulting GmbH");
    let create = ["call", "create_invoice", "client_name=Muster AG", lines, "--profile-id", &muster];
    sandbox.lumabill(&create).run().exits(0);
    let delete = "call delete_invoice number=IV-010";
    for (answer, code) in [("\n", 1), ("y\n", 0)] {
        let mut terminal = Terminal::start(&home, Some(&sandbox), delete);
        terminal.until("Delete invoice \"IV-010\"?").until("CHF 108.10").until("[y/N]").types(answer);
        let (seen, ended) = terminal.ends();
        assert_eq!(ended, code, "{seen}");
        assert_eq!(seen.contains("deleted: true"), code == 0, "{seen}");
    }
}

#[test]
fn what_is_shown_fits_into_the_terminal() {
    let (sandbox, home) = (SandboxProcess::start(&[]), Arc::new(Home::new()));
    for columns in [60, 80, 120] {
        for call in [
            "get_profit_and_loss period=2026-Q1 compare=previous_year",
            "get_balance_sheet as_of=2026-06-30",
            "get_vat_report period=2026-Q1",
            "list_invoices status=unpaid",
            "list_clients limit=50",
            "get_invoice_stats",
            "list_overdue_invoices",
            "check_invoice number=IV-007",
        ] {
            let (seen, code) = Terminal::wide(columns, &home, &sandbox, &format!("call {call}")).ends();
            assert_eq!(code, 0, "{seen}");
            let too_wide: Vec<&str> =
                seen.lines().filter(|line| line.trim_end().chars().count() > columns).collect();
            assert!(too_wide.is_empty(), "{columns}, {call}: {too_wide:#?}");
        }
    }
    // An id is whole or not there.
    let (seen, _) = Terminal::wide(200, &home, &sandbox, "call list_invoices limit=3").ends();
    assert_eq!(
        seen.lines()
            .filter(|line| line.trim_end().ends_with(|end: char| end.is_ascii_hexdigit())
                && line.matches('-').count() >= 4)
            .count(),
        3,
        "{seen}"
    );
}

#[test]
fn serve_at_a_terminal_says_how_a_client_starts_it() {
    let home = Arc::new(Home::new());
    let mut terminal = Terminal::start(&home, None, "serve");
    terminal.until("claude mcp add -s user lumabill -- ").until("Ctrl-C ends it").types("\u{4}");
    let (seen, code) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
}

#[test]
fn a_long_list_shows_how_far_it_is_on_one_line_that_goes_away() {
    let sandbox = SandboxProcess::start(&["--fault", "latency=250@GET /v1/journal-entries"]);
    let home = Arc::new(Home::new());
    let mut terminal = Terminal::start(&home, Some(&sandbox), "call list_journal_entries all=true");
    // The first page is there before it is worth a word; each further one is written over the last.
    terminal.until("\r\u{1b}[K2 of 2 pages read");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    let (_, answer) = screen.split_once("2 of 2 pages read").unwrap();
    assert!(answer.starts_with("\r\u{1b}[K"), "{answer:?}");
    assert!(answer.contains("121 of 121"), "{answer}");
}
