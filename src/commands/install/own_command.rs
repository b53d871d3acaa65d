//! A client's own command for its servers: what it is given, and what it said.

use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::super::foreign::{self, Leftovers, Streams};
use crate::failure::{Exit, Failure};
use crate::settings::quoted;

/// A client's command starts a runtime, and on a busy machine that takes seconds.
const LIMIT: Duration = Duration::from_secs(30);

/// What a command said is shown up to this many characters.
const SHOWN: usize = 2000;

/// What a command did.
pub struct Ran {
    /// `None` where it was ended for its time.
    status: Option<ExitStatus>,
    /// Both its streams, as they came, without keys.
    pub said: String,
}

impl Ran {
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// What went wrong, for a person.
    pub fn problem(&self) -> String {
        let end = match self.status {
            Some(status) => status.to_string(),
            None => format!("ended after {} s without an answer", LIMIT.as_secs()),
        };
        let said = self.said.trim();
        if said.is_empty() { end } else { format!("{end}; it said: {said}") }
    }
}

/// Runs `program` in `folder` to its end. The key of the environment is none of its business.
pub fn run(program: &Path, arguments: &[String], folder: &Path) -> Result<Ran, Failure> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env_remove("LUMABILL_API_KEY");
    let ended = foreign::run(command, Streams::Both, LIMIT, Leftovers::Left).map_err(|error| {
        let message = format!("`{}` could not be started", program.display());
        Failure::new("client_command_failed", Exit::Refused, message).because(error.to_string())
    })?;
    let said = crate::install::keys::without_keys(&ended.said).chars().take(SHOWN).collect();
    Ok(Ran { status: ended.status, said })
}

/// A command as a person types it in a shell.
pub fn as_typed(program: &str, arguments: &[String]) -> String {
    let quoted = arguments.iter().map(|word| quoted(word));
    std::iter::once(program.to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::Path;

    use super::{as_typed, run};

    fn shell(script: &str) -> super::Ran {
        run(Path::new("/bin/sh"), &["-c".to_owned(), script.to_owned()], Path::new("/")).unwrap()
    }

    #[test]
    fn both_streams_and_the_end_are_told() {
        let ran = shell("echo out; echo err >&2");
        assert!(ran.succeeded() && ran.said.contains("out") && ran.said.contains("err"), "{}", ran.said);
        let ran = shell("echo 'no such server' >&2; exit 3");
        assert!(!ran.succeeded());
        assert!(
            ran.problem().contains('3') && ran.problem().ends_with("no such server"),
            "{}",
            ran.problem()
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failure() {
        assert!(run(Path::new("/nonexistent/claude"), &[], Path::new("/")).is_err());
    }

    #[test]
    fn a_command_can_be_typed() {
        let words = ["mcp", "add", "--", "/Users/Ada L/bin/lumabill"].map(str::to_owned);
        assert_eq!(as_typed("claude", &words), "claude mcp add -- '/Users/Ada L/bin/lumabill'");
    }
}
