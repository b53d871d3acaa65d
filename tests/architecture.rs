//! The arrows in ARCHITECTURE.md are the arrows in `src`; files keep their size, their first words and their place.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "functions of a test fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A file has at most this many lines that are not tests.
const LINES: usize = 400;

/// Words that say nothing about what a file owns.
const FORBIDDEN: [&str; 10] =
    ["utils", "util", "helpers", "helper", "common", "core", "manager", "types", "misc", "shared"];

/// Crates that one area alone may name: each is the only door to what lies behind it.
const DOORS: [(&str, &[&str]); 6] = [
    ("rmcp", &["mcp"]),
    ("reqwest", &["https", "api", "bridge", "credentials"]),
    ("keyring_core", &["credentials"]),
    ("rpassword", &["commands", "terminal"]),
    ("rusqlite", &["journal", "sandbox"]),
    ("hyper", &["api", "bridge", "https", "sandbox"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// One file below `src`, without its tests.
struct Source {
    path: String,
    area: String,
    /// How many modules deep it lies: `src/area.rs` is 1.
    depth: usize,
    text: String,
    /// Without unit tests, comments and the insides of strings.
    code: String,
    /// Lines that are not tests.
    lines: usize,
}

fn sources() -> Vec<Source> {
    let (mut sources, mut folders) = (Vec::new(), vec![root().join("src")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(read(&path));
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 5, "the sources were not found");
    sources
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap();
    let below = path.strip_prefix(root().join("src")).unwrap().with_extension("");
    let parts: Vec<String> = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    let tests = parts.iter().skip(1).any(|part| part == "tests");
    let own = if tests { "" } else { without_tests(&text) };
    Source {
        path: format!("src/{}.rs", parts.join("/")),
        area: parts[0].clone(),
        depth: parts.len(),
        lines: own.lines().count(),
        code: code_of(own),
        text,
    }
}

/// The part before the unit tests, which stand last in a file.
fn without_tests(text: &str) -> &str {
    let mut from = 0;
    while let Some(found) = text[from..].find("#[cfg(test)]") {
        let at = from + found;
        let after = text[at..].lines().skip(1).find(|line| !line.trim_start().starts_with("#["));
        if after.is_some_and(|line| line.trim_start().starts_with("mod ") && line.trim_end().ends_with('{')) {
            return &text[..at];
        }
        from = at + "#[cfg(test)]".len();
    }
    text
}

/// Drops comments and what stands in quotes, so that words there are no uses.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let (mut quoted, mut escaped) = (false, false);
        let line = line.split("//").next().unwrap_or_default();
        for letter in line.chars() {
            match letter {
                '"' if !escaped => quoted = !quoted,
                _ if !quoted => code.push(letter),
                _ => {}
            }
            escaped = letter == '\\' && !escaped;
        }
        code.push('\n');
    }
    code
}

/// Areas named by `crate::area` and `use crate::{area, other::…}`.
fn uses(source: &Source) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in source.code.match_indices("crate::") {
        if source.code[..at]
            .chars()
            .next_back()
            .is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        {
            continue;
        }
        let rest = &source.code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_members(group)),
            None => found.extend(word(rest)),
        }
    }
    found
}

/// The first words of a group's members, at its own level only.
fn group_members(group: &str) -> Vec<String> {
    let (mut members, mut depth, mut member) = (Vec::new(), 0, String::new());
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(std::mem::take(&mut member)),
            _ if depth == 0 => member.push(letter),
            _ => {}
        }
    }
    members.push(member);
    members.iter().filter_map(|member| word(member.trim())).collect()
}

fn word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    (!word.is_empty() && word != "self").then_some(word)
}

/// The map: area, and the areas that it may use.
fn map() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let start =
        text.find("| area | owns | may use |").unwrap_or_else(|| panic!("ARCHITECTURE.md has no map table"));
    let mut map = BTreeMap::new();
    for line in text[start..].lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let names =
            |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
        let area =
            names(cells[0]).into_iter().next().unwrap_or_else(|| panic!("a row without an area: {line}"));
        map.insert(area, names(cells[2]));
    }
    map
}

#[test]
fn the_map_and_the_areas_are_the_same() {
    let areas: BTreeSet<String> = sources().into_iter().map(|source| source.area).collect();
    let mapped: BTreeSet<String> = map().into_keys().collect();
    assert_eq!(areas, mapped, "left: the areas in src; right: the rows of the map in ARCHITECTURE.md");
}

#[test]
fn nothing_is_used_against_the_arrows() {
    let (map, mut wrong) = (map(), Vec::new());
    for source in sources() {
        let may = map.get(&source.area).cloned().unwrap_or_default();
        for used in uses(&source) {
            if used != source.area && !may.contains(&used) {
                wrong.push(format!("{}: `{}` uses `{used}`", source.path, source.area));
            }
        }
        // A chain of `super` that leaves the area would be an arrow that is not seen above.
        if source.area != "main" && source.code.contains(&"super::".repeat(source.depth)) {
            wrong.push(format!("{}: `super` leaves the area; write `crate::…`", source.path));
        }
    }
    assert!(wrong.is_empty(), "against the map in ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

#[test]
fn workflows_know_the_gateway_by_its_trait_only() {
    let others = sources().into_iter().filter(|source| source.area == "workflows").filter_map(|source| {
        let code = source.code.replace("crate::gateway::calls", "");
        (code.contains("crate::gateway") || code.contains("gateway::")).then_some(source.path)
    });
    assert_eq!(others.collect::<Vec<_>>(), Vec::<String>::new(), "use `crate::gateway::calls` only");
}

/// True where the name stands for a module of ours that the file imports.
fn is_ours(source: &Source, name: &str) -> bool {
    let imports = source.code.split(';').filter_map(|part| part.trim_start().strip_prefix("use crate::"));
    imports
        .flat_map(|import| import.split(|letter: char| !letter.is_alphanumeric() && letter != '_'))
        .any(|word| word == name)
}

#[test]
fn each_door_to_the_outside_has_one_keeper() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, keepers) in DOORS {
            let named = source.code.match_indices(&format!("{name}::")).any(|(at, _)| {
                let before = source.code[..at].chars().next_back();
                !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':')
            });
            if named && !is_ours(&source, name) && !keepers.contains(&source.area.as_str()) {
                wrong.push(format!("{}: `{name}` belongs to {keepers:?}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_path_in_the_document_exists() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut missing = Vec::new();
    for quoted in text.split('`').skip(1).step_by(2) {
        let ends_as_file = [".rs", ".md", ".toml", ".yaml", ".sh"].iter().any(|end| quoted.ends_with(end));
        let is_path = ["src/", "tests/", "examples/", "completions/", ".ci/"]
            .iter()
            .any(|start| quoted.starts_with(start));
        let named =
            !quoted.contains([' ', '<', '*', '{', '\n']) && (is_path || ends_as_file && quoted != "area.rs");
        if named && !root().join(quoted).exists() && !root().join("src").join(quoted).exists() {
            missing.push(quoted.to_owned());
        }
    }
    assert!(missing.is_empty(), "ARCHITECTURE.md names what does not exist: {missing:?}");
}

#[test]
fn every_file_opens_by_saying_what_it_owns() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();
    assert!(silent.is_empty(), "these do not open with `//! …`: {silent:?}");
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = sources()
        .into_iter()
        // Rows of the catalogue are data: long, and read one at a time.
        .filter(|source| {
            source.lines > LINES && !(source.area == "catalogue" && source.code.contains("Endpoint {"))
        })
        .map(|source| format!("{}: {} lines", source.path, source.lines))
        .collect();
    assert!(long.is_empty(), "more than {LINES} lines without tests: {long:?}");
}

#[test]
fn a_folder_has_its_front_door_beside_it() {
    let sources = sources();
    let files: BTreeSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    for source in &sources {
        assert!(!source.path.ends_with("/mod.rs"), "{}", source.path);
        let folder = source.path.rsplit_once('/').unwrap().0;
        assert!(
            folder == "src" || files.contains(format!("{folder}.rs").as_str()),
            "{folder} has no {folder}.rs"
        );
    }
}

#[test]
fn no_file_is_named_by_a_word_that_says_nothing() {
    for source in sources() {
        let name = source.path.trim_end_matches(".rs").rsplit('/').next().unwrap().to_owned();
        let bad = name.split('_').find(|word| FORBIDDEN.contains(word));
        assert!(bad.is_none(), "{}: `{}` says nothing about what it owns", source.path, bad.unwrap());
    }
}

#[test]
fn uses_are_found_however_they_are_written() {
    let source = |code: &str| Source {
        path: String::new(),
        area: "gateway".to_owned(),
        depth: 1,
        text: String::new(),
        code: code_of(code),
        lines: 0,
    };
    let found = |code: &str| uses(&source(code)).into_iter().collect::<Vec<_>>();
    assert_eq!(found("use crate::api::Client;"), ["api"]);
    assert_eq!(
        found("use crate::{\n    api::{Client, Body},\n    failure::Failure,\n};"),
        ["api", "failure"]
    );
    assert_eq!(found("let x = crate::settings::read(); // crate::mcp is not meant"), ["settings"]);
    assert_eq!(found("pub(in crate::credentials) fn x() {}"), ["credentials"]);
    assert!(found("let text = \"crate::mcp\"; mycrate::api();").is_empty());
}

/// Where words leave the program as they stand: printed, in a result, or in the message of an error.
const EXITS: [&str; 10] = [
    "terminal::line(",
    "terminal::note(",
    "terminal::print(",
    "terminal::ask(",
    "terminal::yes(",
    "json!(",
    ".insert(",
    "Failure::new(",
    ".because(",
    "#[error(",
];

/// A hint, a row of `doctor` and the help have their commands named as they work here: PATH may have no `lumabill`.
/// Other words have to go through `here`, or name the program with `me`.
#[test]
fn no_bare_command_is_handed_out() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.lines > 0) {
        let own = without_tests(&source.text);
        for (at, _) in own.match_indices("lumabill ") {
            let line = &own[own[..at].rfind('\n').map_or(0, |end| end + 1)..];
            let line = line.lines().next().unwrap();
            if line.trim_start().starts_with("//") || !is_command(own, at) {
                continue;
            }
            // The statement that it stands in, as far as it is written before it.
            let begins =
                [";\n", "{\n", "}\n"].iter().filter_map(|end| own[..at].rfind(end)).max().unwrap_or(0);
            let statement = &own[begins..at];
            let last = EXITS.iter().filter_map(|exit| Some((statement.rfind(exit)?, *exit))).max();
            let named =
                ["here(", "hint(", "Row::", "failed("].iter().filter_map(|sink| statement.rfind(sink)).max();
            if let Some((exit, name)) = last
                && named.is_none_or(|named| named < exit)
            {
                found.push(format!("{}: `{}` in {name}…", source.path, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "pass these through `failure::here`:\n{}", found.join("\n"));
}

/// Behind a backtick, a space or the beginning of a string, and before one of our commands.
fn is_command(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let word: String = text[at + "lumabill ".len()..].chars().take_while(char::is_ascii_lowercase).collect();
    before.is_some_and(|letter| "` \"".contains(letter)) && commands().contains(&word)
}

/// Those that `failure::here` knows.
fn commands() -> Vec<String> {
    let text = fs::read_to_string(root().join("src/failure.rs")).unwrap();
    let list = text.split("pub const COMMANDS: &[&str] = &[").nth(1).unwrap().split(']').next().unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}
