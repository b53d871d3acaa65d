//! A description beside the catalogue, as a person or a script reads it.

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::{Value, json};

use super::Compared;
use super::further::Further;
use super::wire_words::{operation, verb};
use crate::credentials::Origin;
use crate::settings::Account;
use crate::spec::{Row, Verdict};
use crate::terminal;
use crate::text::in_line;

/// Notes of one row that are shown as text.
const NOTES: usize = 6;
const WORDS: usize = 160;

const VERDICTS: [Verdict; 5] =
    [Verdict::Same, Verdict::Moved, Verdict::OtherVerb, Verdict::Renamed, Verdict::Missing];

/// The word of a verdict, as it is shown and in JSON.
pub fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Moved => "moved",
        Verdict::OtherVerb => "other verb",
        Verdict::Renamed => "renamed",
        Verdict::Missing => "missing",
    }
}

/// A table without lines, for a terminal with a line for each part of a cell, else one line a row.
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(head.iter().copied());
    let broken = terminal::is_terminal();
    for row in rows {
        table.add_row(row.into_iter().map(|cell| if broken { cell } else { cell.replace('\n', "; ") }));
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// What differs in a row: its operation first, where that is another one.
fn notes(row: &Row, compared: &Compared) -> Vec<String> {
    let spoken = compared.comparison.dialect.spoken.get(row.tool);
    let spoken = spoken.filter(|_| matches!(row.verdict, Verdict::Moved | Verdict::OtherVerb));
    let told = |path: &str| row.notes.iter().any(|note| note.contains(path));
    let operation =
        spoken.filter(|spoken| !told(&spoken.path)).map(|spoken| operation(spoken.verb, &spoken.path));
    if row.verdict == Verdict::Missing && row.notes.is_empty() {
        return vec!["nothing like it was found".to_owned()];
    }
    let notes = row.notes.iter().flat_map(|note| note.lines()).map(|note| in_line(note, WORDS));
    operation.into_iter().chain(notes).collect()
}

/// Leaves the notes that are shown, all grave ones among them, and says how many are not.
fn hide(notes: &mut Vec<String>) -> usize {
    let all = notes.len();
    if all > NOTES + 1 {
        let mut at = 0;
        notes.retain(|note| {
            at += 1;
            at <= NOTES || Row::is_grave(note)
        });
    }
    all - notes.len()
}

fn counted(compared: &Compared) -> Vec<(&'static str, usize)> {
    let count =
        |verdict: &Verdict| compared.comparison.rows.iter().filter(|row| row.verdict == *verdict).count();
    VERDICTS.iter().map(|verdict| (word(verdict), count(verdict))).collect()
}

pub fn text(compared: &Compared, account: &Account) -> String {
    let document = &compared.given.document;
    let (title, version) = document.title();
    let title = format!("{title} {version}");
    let title = if title.trim().is_empty() { "without a title" } else { title.trim() };
    let mut parts = vec![format!(
        "{title}, {} operations, from {}\nfor account `{}` at {}",
        document.operations().len(),
        compared.given.source,
        account.name,
        shown(account)
    )];
    let rows = &compared.comparison.rows;
    if !rows.is_empty() {
        let cells = |row: &Row| {
            let mut notes = notes(row, compared);
            let more = hide(&mut notes);
            if more > 0 {
                notes.push(format!("… and {more} more (--json)"));
            }
            vec![row.tool.to_owned(), word(&row.verdict).to_owned(), notes.join("\n")]
        };
        parts.push(table(&["tool", "verdict", "what differs"], rows.iter().map(cells).collect()));
        let counts = counted(compared).into_iter().filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts.map(|(word, count)| format!("{count} {word}")).collect();
        parts.push(format!("{} tools: {}", rows.len(), counts.join(", ")));
    }
    parts.extend(new(compared));
    parts.extend(servers(compared, account));
    let left_out = document.left_out().iter().chain(&compared.further.left_out);
    let left_out: Vec<String> = left_out.map(|line| format!("  {}", in_line(line, 400))).collect();
    if !left_out.is_empty() {
        parts.push(format!("not used\n{}", left_out.join("\n")));
    }
    parts.join("\n\n")
}

/// Operations that the catalogue lacks, as the tools that they become.
fn new(compared: &Compared) -> Option<String> {
    let new = &compared.comparison.new;
    if new.is_empty() {
        return None;
    }
    let rows: Vec<Vec<String>> = compared
        .further
        .tools
        .iter()
        .map(|tool| {
            vec![tool.tool.clone(), Further::effect(tool).to_owned(), operation(tool.verb, &tool.path)]
        })
        .collect();
    let count = if new.len() == 1 { "1 operation".to_owned() } else { format!("{} operations", new.len()) };
    let head = format!("{count} beyond the built-in tools");
    if rows.is_empty() {
        let list: Vec<String> =
            new.iter().map(|one| format!("  {}", operation(one.verb, &one.path))).collect();
        return Some(format!("{head}\n{}", list.join("\n")));
    }
    Some(format!(
        "{head}: further tools, of which every write is confirmed\n{}",
        table(&["tool", "does", "operation"], rows)
    ))
}

/// The servers of the document, of which nothing but a path counts.
fn servers(compared: &Compared, account: &Account) -> Option<String> {
    let own = Origin::parse(&account.origin).ok();
    let is_own = |url: &str| match (url::Url::parse(url), &own) {
        (Ok(url), Some(own)) => own.covers(&url),
        // A path alone is below whatever address the file came from.
        (Err(_), _) => !url.starts_with("//"),
        _ => false,
    };
    let others: Vec<&str> =
        compared.given.document.servers().into_iter().filter(|url| !is_own(url)).collect();
    (!others.is_empty()).then(|| {
        let others: Vec<String> = others.iter().map(|url| format!("  {url}")).collect();
        format!(
            "servers that are ignored: calls go to {} only; of the first server the path counts\n{}",
            shown(account),
            others.join("\n")
        )
    })
}

/// The account's address, where it is one: it may hold a password otherwise.
pub fn shown(account: &Account) -> String {
    Origin::parse(&account.origin)
        .map_or_else(|_| "an address that is none".to_owned(), |origin| origin.to_string())
}

/// The same facts.
pub fn json(compared: &Compared, account: &Account) -> Value {
    let document = &compared.given.document;
    let (title, version) = document.title();
    let rows: Vec<Value> = compared
        .comparison
        .rows
        .iter()
        .map(|row| json!({"tool": row.tool, "verdict": word(&row.verdict), "notes": notes(row, compared)}))
        .collect();
    let new: Vec<Value> = compared
        .comparison
        .new
        .iter()
        .map(|one| json!({"method": verb(one.verb), "path": one.path, "id": one.id, "summary": one.summary}))
        .collect();
    let tools: Vec<Value> = compared
        .further
        .tools
        .iter()
        .map(|one| {
            json!({"tool": one.tool, "does": Further::effect(one), "method": verb(one.verb), "path": one.path})
        })
        .collect();
    let tried: Vec<Value> = compared
        .given
        .tried
        .iter()
        .map(|(place, answer)| json!({"place": place, "answer": answer}))
        .collect();
    let counts: serde_json::Map<String, Value> =
        counted(compared).into_iter().map(|(word, count)| (word.replace(' ', "_"), json!(count))).collect();
    json!({
        "account": account.name,
        "origin": shown(account),
        "source": compared.given.source,
        "title": title,
        "version": version,
        "operations": document.operations().len(),
        "all_found": compared.missing().is_empty(),
        "counts": counts,
        "rows": rows,
        "new": new,
        "further_tools": tools,
        "servers": document.servers(),
        "left_out": document.left_out().iter().chain(&compared.further.left_out).collect::<Vec<_>>(),
        "tried": tried,
    })
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn grave_notes_are_never_hidden() {
        let mut notes: Vec<String> = (0..9).map(|number| format!("a{number} → b{number}")).collect();
        notes.push("REQUIRED fields that no tool sends: a; calls will be refused".to_owned());
        notes.push("total: `total` is in cents there, ours is not".to_owned());
        assert_eq!((hide(&mut notes), notes.len()), (3, 8));
        assert!(notes.iter().any(|note| note.starts_with("REQUIRED")) && notes[7].contains("cents"));
        notes.truncate(7);
        assert_eq!((hide(&mut notes), notes.len()), (0, 7));
    }
}
