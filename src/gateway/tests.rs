//! `docs/tools.md` is written from the rows of all tools and compared with what is committed; `just golden` writes it
//! anew.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::lean;
use crate::catalogue::{
    self, Answer, Confirms, Effect, Endpoint, Evidence, Kind, Param, Place, Toolset, remote,
};
use crate::workflows;

const INTRODUCTION: &str = "# Tools

Every tool that `lumabill serve` offers, with what it does, what is asked first, what it takes and which call of the
billing API it makes. An assistant sees the same rows; `lumabill tools NAME` shows one in the terminal, and
`lumabill call NAME argument=value` calls it.

This page is written from the program's own catalogue: `just golden` writes it anew, and a test compares the two.

## Which are served

Tools marked **default** are served unless something else is chosen. `--toolsets invoicing,banking` serves whole topics,
`--toolsets all` everything, `--tools NAME,NAME` single ones, `--read-only` only what reads. `lumabill config toolsets
…` keeps the choice. With `--lean` a client is shown four tools in place of all: see [the end](#lean).

## How to read a row

- **reads** changes nothing. **creates** adds a record. **changes** alters fields of a record, and sends back the rest of
  it as it was read a moment before. **deletes** removes a record for good. **acts** does something that no other call
  takes back.
- **asks** says when a person is asked first: in the client where it can put questions, else by a refusal whose number
  the next call has to repeat. `--confirm writes` asks before every write; a setting in the config file is a floor.
- **evidence** says how sure the call is. The vendor prints only some of its paths: the others are assumed, and
  `lumabill spec` puts the vendor's own API description in their place.
- A name in *italics* is found out here (a client by its name, a period's first and last day) and not sent as such.
- `a` or `b`: one of the two, not both.

Beside its own arguments a tool takes:

| argument | of | what it does |
| --- | --- | --- |
| `profile_id` | every tool with books | the company that is meant, by id or name, where the key reaches several |
| `dry_run` | every write | `true` shows what would be sent, and sends nothing |
| `confirm_number` | every write that asks | repeats the number that the question named, where a client cannot ask |
| `allow_duplicate` | creates and acts | `true` for a second one of the same on purpose |
| `limit`, `cursor`, `all` | lists | how many rows, where to go on, or the whole list |
| `fields`, `detail` | lists | which columns, or whole records; `detail` of reports too |
";

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Reads => "reads",
        Effect::Creates => "creates",
        Effect::Updates => "changes",
        Effect::Deletes => "deletes",
        Effect::Acts => "acts",
    }
}

fn asks(row: &Endpoint) -> String {
    match row.confirms {
        Confirms::Never if row.writes() => "asks only with `--confirm writes`".to_owned(),
        Confirms::Never => String::new(),
        Confirms::Always => "**asks first**".to_owned(),
        Confirms::When(fields) => format!("**asks first** when {} changes", either(fields)),
    }
}

/// `a`, `b` or `c`.
fn either(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn kind(param: &Param) -> String {
    let kind = param.kind;
    // A chain, so that a further kind says at least what it is called.
    if let Kind::Choice(values) = kind {
        return values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    }
    if let Kind::Object(fields) | Kind::Objects(fields) = kind {
        let words = if matches!(kind, Kind::Object(_)) { "object" } else { "list of objects" };
        return if fields.is_empty() { words.to_owned() } else { format!("{words}: {}", names(fields)) };
    }
    let plain = [
        (matches!(kind, Kind::Text), "text"),
        (matches!(kind, Kind::Iban), "IBAN"),
        (matches!(kind, Kind::Id), "id"),
        (matches!(kind, Kind::Date), "date"),
        (matches!(kind, Kind::Decimal), "exact decimal"),
        (matches!(kind, Kind::Integer), "whole number"),
        (matches!(kind, Kind::Boolean), "`true` or `false`"),
    ];
    plain
        .into_iter()
        .find_map(|(is, word)| is.then(|| word.to_owned()))
        .unwrap_or_else(|| format!("{kind:?}"))
}

/// The fields of an object, those of objects in it in brackets.
fn names(fields: &[Param]) -> String {
    let name = |field: &Param| match field.kind {
        Kind::Object(inner) | Kind::Objects(inner) if !inner.is_empty() => {
            format!("`{}` ({})", field.name, names(inner))
        }
        _ => format!("`{}`", field.name),
    };
    fields.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn argument(param: &Param) -> String {
    let name = match param.place {
        Place::Gateway => format!("*`{}`*", param.name),
        _ => format!("`{}`", param.name),
    };
    let mut notes = Vec::new();
    match (param.required, param.or) {
        (true, Some(other)) => notes.push(format!("this or `{other}` is needed")),
        (true, None) => notes.push("needed".to_owned()),
        (false, Some(other)) => notes.push(format!("this or `{other}`")),
        (false, None) => {}
    }
    if !param.about.is_empty() {
        notes.push(param.about.to_owned());
    }
    if param.wire_name() != param.name {
        notes.push(format!("sent as `{}`", param.wire_name()));
    }
    format!("| {name} | {} | {} |\n", cell(&kind(param)), cell(&notes.join("; ")))
}

fn cell(text: &str) -> String {
    text.replace('|', r"\|").replace('\n', " ")
}

/// One tool. `made` says of what a tool of ours is made.
fn tool(row: &Endpoint, made: Option<&str>) -> String {
    let mut text = format!("### `{}`\n\n{}\n\n", row.tool, row.about);
    let mut facts = vec![effect(row.effect).to_owned()];
    facts.extend(row.default.then(|| "**default**".to_owned()));
    facts.extend(Some(asks(row)).filter(|asks| !asks.is_empty()));
    facts.push(match row.evidence {
        Evidence::Ours | Evidence::Local => row.evidence.words().to_owned(),
        sure => {
            format!("`{} {}`, {}", format!("{:?}", row.method).to_uppercase(), row.path, sure.words())
        }
    });
    facts.extend(made.map(|made| format!("creates by `{made}`")));
    if let Answer::List(_) = row.answer {
        facts.push("answers with a list".to_owned());
    }
    writeln!(text, "{}", facts.join(" · ")).unwrap();
    if !row.params.is_empty() {
        text += "\n| argument | takes | notes |\n| --- | --- | --- |\n";
        text.extend(row.params.iter().flat_map(arguments));
    }
    text + "\n"
}

/// An argument's row; the fields to change of an update in rows of their own.
fn arguments(param: &Param) -> Vec<String> {
    match param.kind {
        Kind::Object(fields) if param.name == catalogue::CHANGES => {
            let whole = format!("| `{}` | object | the fields to change: those below |\n", param.name);
            // None of them is needed: what is left out stays as it is.
            let free = |field: &Param| Param { required: false, or: None, ..*field };
            let field = |field: &Param| argument(&free(field)).replacen("| ", "| … ", 1);
            [vec![whole], fields.iter().map(field).collect()].concat()
        }
        _ => vec![argument(param)],
    }
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let made = |tool: &str| workflows::find(tool).and_then(|workflow| workflow.creates);
    for set in Toolset::ALL {
        let rows = catalogue::all().chain(workflows::all().map(|workflow| &workflow.row));
        let rows: Vec<_> = rows.filter(|row| row.toolset == *set).collect();
        if rows.is_empty() {
            continue;
        }
        write!(page, "\n## {}\n\n", set.name()).unwrap();
        page.extend(rows.into_iter().map(|row| tool(row, made(row.tool))));
    }
    page += "\n## Lean\n\n`serve --lean` lists these four. What they run is a call like any other: it is checked, asked \
             about and remembered as the tool that is run.\n\n| tool | what it does |\n| --- | --- |\n";
    for name in [lean::SEARCH, lean::DESCRIBE, lean::RUN_READ, lean::RUN_WRITE] {
        let row = lean::row(name).unwrap();
        writeln!(page, "| `{}` | {} |", row.tool, cell(row.about)).unwrap();
    }
    page += "\n## Remote services\n\nThe tools of a remote service are its own: what it offers is looked up at login, and \
             shown by `lumabill tools --account NAME`. These are the ones its public page names, and what is known of \
             them from there; any other tool is in toolset `extra`, and is taken for one that acts unless the service \
             says that it only reads. A person is always asked before what has a sentence here.\n";
    for service in remote::SERVICES {
        let rows = remote::rows(service);
        write!(page, "\n### {service}\n\n").unwrap();
        if rows.iter().all(|row| catalogue::find(row.tool).is_some()) {
            page += "Its page names no tools. One that is called as a tool above is taken to do the same.\n";
            continue;
        }
        page += "| tool | does | toolset | asks |\n| --- | --- | --- | --- |\n";
        for row in rows {
            let when = if row.only_with.is_empty() {
                String::new()
            } else {
                format!(" Only with {}.", either(row.only_with))
            };
            let asks = row.asks.map(|sentence| format!("{sentence}{when}")).unwrap_or_default();
            writeln!(
                page,
                "| `{}` | {} | {} | {} |",
                row.tool,
                effect(row.effect),
                row.toolset.name(),
                cell(&asks)
            )
            .unwrap();
        }
    }
    page
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads what it is told by `just golden`")]
fn golden_page_of_tools_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tools.md");
    let page = page();
    for row in catalogue::all().chain(workflows::all().map(|workflow| &workflow.row)) {
        assert_eq!(page.matches(&format!("### `{}`\n", row.tool)).count(), 1, "{}", row.tool);
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == page, "docs/tools.md is stale: run `just golden`");
}
