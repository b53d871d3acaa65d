//! What an entry of ours starts: is it there, is it this program, does it know its options, does the client
//! take as many tools as it would serve.

use std::path::{Path, PathBuf};

use super::{Entry, place, program, renewed};
use crate::commands::connect::Choice;
use crate::commands::doctor::row::{Row, State};
use crate::commands::doctor::started::{self, Answered};
use crate::commands::doctor::{entry, surroundings};
use crate::commands::install::own_path;
use crate::commands::offered::flags;
use crate::commands::{Cli, Command};
use crate::failure::Failure;
use crate::install::clients::Start;
use crate::settings::{Account, Settings, UserFolders};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Apps that are started from a desktop, where PATH is another one than in a shell.
const DESKTOP: [&str; 12] = [
    "claude-desktop",
    "cursor",
    "vscode",
    "vscode-insiders",
    "windsurf",
    "zed",
    "cline",
    "continue",
    "lm-studio",
    "kiro",
    "junie",
    "warp",
];

/// One entry and what it is compared with.
pub struct Checked<'a> {
    pub entry: &'a Entry,
    pub file: &'a Path,
    pub user: &'a UserFolders,
    pub settings: &'a Settings,
    /// The accounts are known.
    pub known: bool,
}

impl Checked<'_> {
    pub fn rows(&self) -> Vec<Row> {
        let Some(start) = Start::of(&self.entry.listed.entry) else { return Vec::new() };
        let started = self.started(&start.command);
        let works = started.state != State::Failed;
        let mut rows = vec![started];
        if entry::is_off(&self.entry.listed.entry) {
            let seen = format!("{} is switched off", place(self.file, self.entry));
            rows.push(Row::warning(
                "client_entry_off",
                seen,
                format!("switch it on in {}", self.entry.client.title),
            ));
        }
        // Another version may know other options.
        if works && let Some(this) = self.is_this(&start.command) {
            rows.extend(self.options(&start.args, &this));
        }
        rows
    }

    fn is_this(&self, command: &str) -> Option<PathBuf> {
        let this = std::env::current_exe().ok()?;
        let file = program(command, self.user)?;
        started::same(&file, &this).then_some(this)
    }

    /// The program behind the entry.
    fn started(&self, command: &str) -> Row {
        let place = place(self.file, self.entry);
        let failed = |seen: String| self.mended(Row::failed("client_entry", seen, ""), true);
        let warning = |seen: String| self.mended(Row::warning("client_entry", seen, ""), true);
        let by_name = !command.contains(['/', '\\']);
        let Some(file) = program(command, self.user) else {
            return failed(if by_name {
                format!("{place} starts `{command}`, which no folder of PATH holds")
            } else if Path::new(command).is_absolute() {
                format!("{place} starts `{command}`, which is not there")
            } else {
                format!(
                    "{place} starts `{command}`, whose place depends on the folder in which the client runs"
                )
            });
        };
        let fleeting = own_path::fleeting(&file, self.user);
        if let (Some(why), true) = (fleeting, !by_name && !self.entry.project) {
            return warning(format!("{place} starts `{}`, {why}", file.display()));
        }
        if self.is_this(command).is_some() {
            return if by_name && DESKTOP.contains(&self.entry.client.id) {
                warning(format!(
                    "{place} starts this program by its name alone, and a desktop app has another PATH"
                ))
            } else {
                Row::ok("client_entry", format!("{place} starts this program"))
            };
        }
        if self.entry.project {
            return warning(format!("{place} starts another file than this program: `{}`", file.display()));
        }
        match started::version(&file) {
            Answered::Version(version) if version == VERSION => Row::ok(
                "client_entry",
                format!("{place} starts `{}`, a copy of this version", file.display()),
            ),
            Answered::Version(version) => warning(format!(
                "{place} starts `{}` of version {version}; this is {VERSION}",
                file.display()
            )),
            Answered::Else => failed(format!("{place} starts `{}`, which is no lumabill", file.display())),
            Answered::Nothing => failed(format!("{place} starts `{}`, which does not start", file.display())),
        }
    }

    /// The same row with the step that writes the entry anew.
    fn mended(&self, row: Row, known: bool) -> Row {
        let (next, fix) = renewed(self.entry, known);
        Row { next: Some(crate::failure::here(&next)), ..row }.fix(fix)
    }

    /// The options behind `serve`. Their words are not shown: somebody may have put a key there.
    fn options(&self, arguments: &[String], this: &Path) -> Vec<Row> {
        let place = place(self.file, self.entry);
        let words = std::iter::once("lumabill").chain(arguments.iter().map(String::as_str));
        let Ok(Cli { command: Command::Serve(serve) }) = Cli::of(words.map(Into::into)) else {
            let seen = format!("{place} gives options that this version does not know");
            return vec![self.mended(Row::failed("client_options", seen, ""), false)];
        };
        let mut rows = Vec::new();
        if self.known {
            match self.tools(&serve.choice) {
                Ok(row) => rows.extend(row),
                Err(failure) => rows.push(Row::failure("client_options", &failure)),
            }
        }
        if self.entry.client.id == "codex" && !serve.choice.sandbox {
            let chosen = serve.choice.account.first().map(String::as_str);
            rows.extend(surroundings::codex(self.entry, this, self.settings, chosen));
        }
        rows
    }

    /// A client that takes fewer tools than would be served; an account that is not there is an error.
    fn tools(&self, choice: &Choice) -> Result<Option<Row>, Failure> {
        let accounts = if choice.sandbox {
            vec![Account::sandbox(String::new())]
        } else if choice.account.is_empty() {
            vec![self.settings.account(None)?]
        } else {
            let named = choice.account.iter().map(|name| self.settings.account(Some(name)));
            named.collect::<Result<_, _>>()?
        };
        let counted = |choice: &Choice| {
            accounts
                .iter()
                .map(|account| choice.count_tools(self.settings, account))
                .sum::<Result<usize, _>>()
        };
        let count = counted(choice)?;
        let client = self.entry.client;
        let Some(most) = client.most_tools.filter(|most| count > *most) else { return Ok(None) };
        let fewer = Choice { toolsets: vec!["default".to_owned()], tools: Vec::new(), ..choice.clone() };
        let default = counted(&fewer)?;
        let seen = format!("{} would be shown {count} tools and takes {most}", client.title);
        let whose = if choice.sandbox { " --sandbox".to_owned() } else { flags(&choice.account) };
        let way = if default <= most {
            format!("`lumabill install {}{whose} --toolsets default` serves {default}", client.id)
        } else {
            "choose fewer with `--toolsets`".to_owned()
        };
        let next = format!("{way}; `--lean` behind `serve` in the entry serves 4 that find the others");
        Ok(Some(Row::warning("client_tools", seen, next)))
    }
}
