//! What a check came to: one row with its state, what was seen and one next step; and how rows are shown.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::failure::{Failure, here};

/// Columns of the text where it is not shown in a terminal.
const WIDTH: usize = 80;
/// Where the text of a row begins.
const INDENT: usize = 11;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Ok,
    /// It works, but not everywhere, or not for long.
    Warning,
    /// Something does not work.
    Failed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What `--fix` can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Take the rights of others away from these files and folders of ours.
    #[cfg_attr(not(unix), expect(dead_code, reason = "access lists protect the folders there"))]
    MakePrivate(Vec<PathBuf>),
    /// Remove these, which an ended process left.
    Remove(Vec<PathBuf>),
    /// Write the entry of this client and name anew, with these words behind the command.
    Renew { client: &'static str, name: String, words: Vec<String>, project: bool },
    /// Move keys out of plain text.
    MoveKeys,
}

/// One check.
#[derive(Clone, Debug)]
pub struct Row {
    /// Stays the same in all versions.
    pub id: &'static str,
    /// The account or client that it is about.
    pub about: Option<String>,
    pub state: State,
    pub seen: String,
    /// One command or imperative.
    pub next: Option<String>,
    pub fix: Option<Fix>,
}

/// Rows under one heading.
#[derive(Clone, Debug)]
pub struct Section {
    pub title: String,
    pub rows: Vec<Row>,
}

impl Row {
    pub fn ok(id: &'static str, seen: impl Into<String>) -> Self {
        Self { id, about: None, state: State::Ok, seen: seen.into(), next: None, fix: None }
    }

    /// Commands of ours in `next` are written `` `lumabill … ``, and shown as they work here.
    pub fn warning(id: &'static str, seen: impl Into<String>, next: impl Into<String>) -> Self {
        Self { state: State::Warning, next: Some(here(&next.into())), ..Self::ok(id, seen) }
    }

    pub fn failed(id: &'static str, seen: impl Into<String>, next: impl Into<String>) -> Self {
        Self { state: State::Failed, ..Self::warning(id, seen, next) }
    }

    /// A failure in its own words.
    pub fn failure(id: &'static str, failure: &Failure) -> Self {
        let mut seen = failure.message.clone();
        for cause in &failure.causes {
            seen = format!("{seen}: {cause}");
        }
        let next = failure.hint.as_deref().map(here);
        Self { state: State::Failed, next, ..Self::ok(id, seen) }
    }

    #[must_use]
    pub fn about(mut self, name: &str) -> Self {
        self.about = Some(name.to_owned());
        self
    }

    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The same, no worse than a warning.
    #[must_use]
    pub fn at_most_warning(mut self) -> Self {
        self.state = self.state.min(State::Warning);
        self
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "about": self.about,
            "state": self.state.name(),
            "seen": self.seen,
            "next": self.next,
        })
    }

    fn text(&self, width: usize, home: Option<&str>) -> String {
        let shown = |text: &str| match home {
            Some(home) => wrapped(&text.replace(&format!("`{home}/"), "`~/"), width),
            None => wrapped(text, width),
        };
        let text = format!("  {:9}{}", self.state.name(), shown(&self.seen));
        match &self.next {
            Some(next) => format!("{text}\n{:INDENT$}{}", "", shown(&format!("next: {next}"))),
            None => text,
        }
    }
}

/// The object of `--json`.
pub fn json(sections: &[Section]) -> Value {
    let checks: Vec<Value> = rows(sections).map(Row::json).collect();
    json!({ "checks": checks, "ok": !any_failed(sections) })
}

/// The text, for a terminal of so many columns or none. What lies below `home` is shown with `~`.
pub fn text(sections: &[Section], columns: Option<usize>, home: Option<&Path>) -> String {
    let width = columns.unwrap_or(WIDTH).clamp(40, 100);
    let home = home.and_then(Path::to_str).filter(|home| cfg!(unix) && home.len() > 1);
    let mut parts = Vec::new();
    for section in sections.iter().filter(|section| !section.rows.is_empty()) {
        let lines: Vec<String> = section.rows.iter().map(|row| row.text(width, home)).collect();
        parts.push(format!("{}\n{}", section.title, lines.join("\n")));
    }
    parts.join("\n\n")
}

/// How many checks failed, and how many warn, in words.
pub fn summary(sections: &[Section]) -> String {
    let count = |state| rows(sections).filter(|row| row.state == state).count();
    let warnings = match count(State::Warning) {
        0 => "no warnings".to_owned(),
        1 => "1 warning".to_owned(),
        n => format!("{n} warnings"),
    };
    match count(State::Failed) {
        0 => format!("nothing failed, {warnings}"),
        1 => format!("1 check failed, {warnings}"),
        n => format!("{n} checks failed, {warnings}"),
    }
}

pub fn rows(sections: &[Section]) -> impl Iterator<Item = &Row> {
    sections.iter().flat_map(|section| &section.rows)
}

pub fn any_failed(sections: &[Section]) -> bool {
    rows(sections).any(|row| row.state == State::Failed)
}

/// Lines of at most `width` columns, those after the first indented. What stands in backquotes is not broken:
/// a command is copied as it is.
fn wrapped(text: &str, width: usize) -> String {
    let room = width.saturating_sub(INDENT);
    let (mut lines, mut used) = (vec![String::new()], 0);
    for word in words(text) {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if used > 0 && used + 1 + length <= room => {
                line.push(' ');
                line.push_str(&word);
                used += 1 + length;
            }
            Some(line) if used == 0 => {
                *line = word;
                used = length;
            }
            _ => {
                lines.push(word);
                used = length;
            }
        }
    }
    lines.join(&format!("\n{:INDENT$}", ""))
}

/// Words, where what stands in backquotes is one.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for letter in text.chars() {
        if letter == '`' {
            quoted = !quoted;
        }
        if letter.is_whitespace() && !quoted {
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Row, Section, any_failed, json, summary, text};

    #[test]
    fn rows_fit_into_their_width_and_commands_stay_whole() {
        let next = "run `lumabill login --account acme --api-url https://api.example.com` and look again";
        let seen = "the key in the keyring was refused by the API, which says that it was revoked";
        let sections = [
            Section { title: "program".into(), rows: vec![Row::ok("binary", "`/home/anna/lumabill` 0.1.0")] },
            Section { title: "nothing".into(), rows: vec![] },
            Section {
                title: "account acme".into(),
                rows: vec![Row::failed("key", seen, next).about("acme")],
            },
        ];
        let shown = text(&sections, Some(60), Some(Path::new("/home/anna")));
        assert!(shown.starts_with("program\n  ok       `~/lumabill` 0.1.0\n\naccount acme\n"), "{shown}");
        assert!(shown.contains("login --account acme --api-url https://api.example.com`\n"), "{shown}");
        assert!(shown.lines().all(|line| line.len() <= 60 || line.contains('`')), "{shown}");
        assert_eq!(summary(&sections), "1 check failed, no warnings");
        assert!(any_failed(&sections) && !any_failed(&sections[..1]));
        let object = json(&sections);
        assert_eq!(object["ok"], false);
        assert_eq!(object["checks"][1]["about"], "acme");
        assert_eq!(object["checks"][0]["next"], serde_json::Value::Null);
    }
}
