//! Questions that a person answers with a line.

use std::io::{BufRead, IsTerminal};

use super::prompt;

/// The answer to `question`, without white space around it; `None` where nobody can be asked any more.
pub fn ask(question: &str) -> Option<String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return None;
    }
    prompt(question);
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}

/// True where a person said yes to `question`; anything else is a no.
pub fn yes(question: &str) -> bool {
    let answer = ask(&format!("{question} [y/N] ")).unwrap_or_default().to_lowercase();
    matches!(answer.as_str(), "y" | "yes" | "j" | "ja")
}
