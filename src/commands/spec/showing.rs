//! Which description is in use, what it changes, and whether its files are as they were.

use std::fs;

use serde_json::{Value, json};

use super::report::{shown, table};
use super::wire_words::{differing, operation, verb};
use super::{keeping, whose};
use crate::failure::Failure;
use crate::settings::{Account, Settings, me};
use crate::spec::Kept;
use crate::terminal;
use crate::text::in_line;

/// Notes of one row that are shown as text.
const NOTES: usize = 6;

/// What became of the copy since it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copy {
    Unchanged,
    Changed,
    Gone,
}

/// What is in use.
pub struct State {
    pub kept: Kept,
    pub copy: Copy,
    /// Made for another address: it does not count.
    pub stale: bool,
    /// Built-in tools that it lacks.
    pub missing: usize,
}

/// What is in use for an account, if anything is.
pub fn state(account: &Account, settings: &Settings) -> Result<Option<State>, Failure> {
    let folder = &settings.folders.config;
    let Some(kept) = Kept::load(folder, &account.name)? else { return Ok(None) };
    let copy = match fs::read(Kept::copy_path(folder, &account.name)) {
        Ok(bytes) if keeping::digest(&bytes) == kept.digest => Copy::Unchanged,
        Ok(_) => Copy::Changed,
        Err(_) => Copy::Gone,
    };
    let stale = kept.origin != account.origin;
    let missing = differing(&kept.dialect).values().filter(|lines| lines.is_none()).count();
    Ok(Some(State { kept, copy, stale, missing }))
}

pub fn run(account: &Account, settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let state = state(account, settings)?;
    if as_json {
        let in_use = state.as_ref().map(|state| json_of(state, account, settings));
        let said = json!({"account": account.name, "origin": shown(account), "in_use": in_use});
        terminal::json(&format!("{said:#}"));
        return Ok(());
    }
    terminal::line(&match state {
        Some(state) => text(&state, account, settings),
        None => format!(
            "account `{}` has no API description in use: tools take the built-in paths and names\n\
             to compare one with them: {} spec check FILE|URL{}",
            account.name,
            me(),
            whose(account)
        ),
    });
    Ok(())
}

fn text(state: &State, account: &Account, settings: &Settings) -> String {
    let kept = &state.kept;
    let copy_file = Kept::copy_path(&settings.folders.config, &account.name);
    let copy = match state.copy {
        Copy::Unchanged => String::new(),
        Copy::Changed => format!(
            ", changed since: what is in use follows the one before; to take it over: {} spec use {}{}",
            me(),
            crate::settings::quoted(&copy_file.display().to_string()),
            whose(account)
        ),
        Copy::Gone => ", which is gone: calls do not need it".to_owned(),
    };
    let differing = differing(&kept.dialect);
    let count =
        |wanted: fn(&Option<Vec<String>>) -> bool| differing.values().filter(|lines| wanted(lines)).count();
    let same = count(|lines| lines.as_ref().is_some_and(Vec::is_empty));
    let other = count(|lines| lines.as_ref().is_some_and(|lines| !lines.is_empty()));
    let mut lines = vec![
        format!("account `{}` at {}", account.name, shown(account)),
        format!("  description  {}", if kept.title.is_empty() { "without a title" } else { &kept.title }),
        format!("  from         {}", in_line(&kept.source, 400)),
        format!("  taken        {}", in_line(&kept.taken, 40)),
        format!("  sha256       {}", in_line(&kept.digest, 64)),
        format!("  copy         {}{copy}", copy_file.display()),
        format!("  tools        {same} as built in, {other} spelled differently, {} missing", state.missing),
    ];
    if state.stale {
        lines.push(format!(
            "  not used     it was made for {}: take it anew with {} spec use {}{}, or remove it with {} spec reset{}",
            in_line(&kept.origin, 200),
            me(),
            crate::settings::quoted(&copy_file.display().to_string()),
            whose(account),
            me(),
            whose(account)
        ));
    }
    let rows: Vec<Vec<String>> = differing
        .iter()
        .filter_map(|(tool, lines)| match lines {
            None => Some(vec![(*tool).to_owned(), "missing".to_owned()]),
            Some(lines) if lines.is_empty() => None,
            Some(lines) => {
                let more = lines.len().saturating_sub(NOTES);
                let mut shown: Vec<String> = lines.iter().take(NOTES).cloned().collect();
                shown.extend((more > 0).then(|| format!("… and {more} more (--json)")));
                Some(vec![(*tool).to_owned(), shown.join("\n")])
            }
        })
        .collect();
    if !rows.is_empty() {
        lines.push(format!("\n{}", table(&["tool", "what differs"], rows)));
    }
    if !kept.extra.is_empty() {
        let rows =
            kept.extra.iter().map(|extra| vec![extra.tool.clone(), operation(extra.verb, &extra.path)]);
        lines.push(format!("\n{}", table(&["further tool", "operation"], rows.collect())));
    }
    lines.join("\n")
}

fn json_of(state: &State, account: &Account, settings: &Settings) -> Value {
    let kept = &state.kept;
    let folder = &settings.folders.config;
    let rows: Vec<Value> = differing(&kept.dialect)
        .into_iter()
        .filter(|(_, lines)| lines.as_ref().is_none_or(|lines| !lines.is_empty()))
        .map(|(tool, lines)| json!({"tool": tool, "missing": lines.is_none(), "notes": lines.unwrap_or_default()}))
        .collect();
    let further: Vec<Value> = kept
        .extra
        .iter()
        .map(|extra| json!({"tool": extra.tool, "method": verb(extra.verb), "path": extra.path}))
        .collect();
    json!({
        "source": kept.source,
        "title": kept.title,
        "taken": kept.taken,
        "sha256": kept.digest,
        "made_for": kept.origin,
        "counts": !state.stale,
        "file": Kept::path(folder, &account.name),
        "copy": Kept::copy_path(folder, &account.name),
        "copy_state": match state.copy {
            Copy::Unchanged => "unchanged",
            Copy::Changed => "changed",
            Copy::Gone => "gone",
        },
        "missing": state.missing,
        "rows": rows,
        "further_tools": further,
    })
}
