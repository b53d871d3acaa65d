//! YAML: before and after.

use serde_json::json;

use super::super::{Format, NotEdited, Spot, entries, put, remove, value};
use super::{LIST, MAP, entry};

#[test]
fn an_entry_is_put_into_a_map() {
    let ours = "  lumabill:\n    command: /opt/lumabill\n    args:\n      - serve\n";
    let whole = format!("extensions:\n{ours}");
    let bare = whole.trim_end();
    let flow = "\"lumabill\": {\"command\": \"/opt/lumabill\", \"args\": [\"serve\"]}";
    let cases = [
        (String::new(), whole.clone()),
        ("\u{feff}# c\n".to_owned(), format!("\u{feff}# c\n{whole}")),
        ("# c".to_owned(), format!("# c\n{bare}")),
        ("---\n".to_owned(), format!("---\n{whole}")),
        ("a: 1\n...\n# c\n".to_owned(), format!("a: 1\n{whole}...\n# c\n")),
        ("a: 1\r\n".to_owned(), format!("a: 1\n{whole}").replace('\n', "\r\n")),
        ("a: |+\n  x\n\n".to_owned(), format!("a: |+\n  x\n\n{whole}")),
        (
            "  a: 1\n  b: 2\n".to_owned(),
            format!("  a: 1\n  b: 2\n{whole}").replace(&whole, &indented(&whole)),
        ),
        ("extensions:\nb: 1\n".to_owned(), format!("{whole}b: 1\n")),
        (
            "extensions: # c\n  # none yet\nb: 1\n".to_owned(),
            format!("extensions: # c\n{ours}  # none yet\nb: 1\n"),
        ),
        ("extensions: ~\n".to_owned(), whole.clone()),
        ("extensions: {} # c".to_owned(), format!("extensions: # c\n{ours}").trim_end().to_owned()),
        ("extensions: {a: {}}\n".to_owned(), format!("extensions: {{a: {{}}, {flow}}}\n")),
        ("{\"extensions\": {}}".to_owned(), format!("{{\"extensions\": {{{flow}}}}}")),
        (
            "extensions:\n  a:\n    x: |\n      text\n\n  # of b\nb: 1\n".to_owned(),
            format!("extensions:\n  a:\n    x: |\n      text\n{ours}\n  # of b\nb: 1\n"),
        ),
        (
            "extensions:\n  a:\n    x:\n    - 1\n".to_owned(),
            format!("extensions:\n  a:\n    x:\n    - 1\n{}", ours.replace("      - serve", "    - serve")),
        ),
    ];
    for (before, after) in cases {
        assert_eq!(put(&before, &MAP, "lumabill", &entry()), Ok(after), "{before:?}");
    }
}

fn indented(block: &str) -> String {
    format!("  {}\n", block.trim_end().replace('\n', "\n  "))
}

#[test]
fn an_entry_is_put_into_a_list() {
    let ours = "- name: lumabill\n  command: /opt/lumabill\n  args:\n  - serve\n";
    let further = "  - name: lumabill\n    command: /opt/lumabill\n    args:\n      - serve\n";
    let cases = [
        ("name: x\n".to_owned(), format!("name: x\nmcpServers:\n{further}")),
        ("mcpServers:\n".to_owned(), format!("mcpServers:\n{further}")),
        ("mcpServers: []\nz: 1\n".to_owned(), format!("mcpServers:\n{further}z: 1\n")),
        ("mcpServers:\n- name: a\n# z\nz: 1\n".to_owned(), format!("mcpServers:\n- name: a\n{ours}# z\nz: 1\n")),
        ("mcpServers:\n  - name: a # a".to_owned(), format!("mcpServers:\n  - name: a # a\n{}", further.trim_end())),
        ("mcpServers:\n-\n  name: a\n- uses: x/y\n".to_owned(), format!("mcpServers:\n-\n  name: a\n- uses: x/y\n{ours}")),
        (
            "mcpServers: [{name: a}]\n".to_owned(),
            "mcpServers: [{name: a}, {\"name\": \"lumabill\", \"command\": \"/opt/lumabill\", \"args\": [\"serve\"]}]\n"
                .to_owned(),
        ),
        ("rules:\n- x\nmcpServers:\n".to_owned(), format!("rules:\n- x\nmcpServers:\n{ours}")),
    ];
    for (before, after) in cases {
        assert_eq!(put(&before, &LIST, "lumabill", &entry()), Ok(after), "{before:?}");
    }
}

#[test]
fn only_the_fields_that_differ_are_written() {
    let cases = [
        (
            "mcpServers:\n  - command: /old # why\n    name: lumabill\n    args: [serve] # so\n    # last\n",
            "mcpServers:\n  - command: /opt/lumabill # why\n    name: lumabill\n    args: [serve] # so\n    # last\n",
        ),
        (
            "mcpServers:\n- timeout: 3\n  name: lumabill\n  command: >-\n    /opt/lumabill\n  args: # a\n  - other\n- name: b\n",
            "mcpServers:\n- name: lumabill\n  command: >-\n    /opt/lumabill\n  args: # a\n  - serve\n- name: b\n",
        ),
        (
            "mcpServers:\n- name: lumabill\n  command: |\n    /old\n  args:\n- name: b\n",
            "mcpServers:\n- name: lumabill\n  command: /opt/lumabill\n  args:\n  - serve\n- name: b\n",
        ),
        (
            "mcpServers: [{name: lumabill, command: /old}] # c\n",
            "mcpServers: [{name: lumabill, command: \"/opt/lumabill\", \"args\": [\"serve\"]}] # c\n",
        ),
    ];
    for (before, after) in cases {
        assert_eq!(put(before, &LIST, "lumabill", &entry()).as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn texts_keep_their_meaning() {
    let words = [
        "true",
        "No",
        "~",
        "null",
        "1",
        "1.50",
        "0x1F",
        "-x",
        "--x",
        "- x",
        "a: b",
        "a #b",
        "#a",
        "",
        " a",
        "é",
        "C:\\x",
        "a\nb",
        "\u{85}\u{2028}\u{7f}",
        "{",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "y",
        "1e3",
        "2001-01-01",
        "=",
        "<<",
        "...",
    ];
    for word in words {
        let entry = json!({"name": word, "list": [word, {word: word}, []], word: {}});
        for spot in [&MAP, &LIST] {
            let named = if spot.list { json!({"name": "l", "x": entry}) } else { entry.clone() };
            let new = put("a: 1\n", spot, "l", &named).unwrap();
            assert_eq!(entries(&new, spot).unwrap()[0].entry, named, "{new}");
        }
    }
}

const E: Spot = Spot { format: Format::Yaml, at: &["e"], list: false };
const L: Spot = Spot { list: true, ..E };

#[test]
fn one_entry_is_taken_out_wherever_it_stands() {
    let map = [
        ("e:\n  l:\n    x: 1\n", "e: {}\n"),
        ("e: # c\n  # d\n  l: {}\nb: 1", "e: {} # c\n  # d\nb: 1"),
        ("e:\n  l: 1\n  b: 2\n", "e:\n  b: 2\n"),
        (
            "e:\n  a: 1\n  # of l\n  l:\n    x:\n    - 1\n  # of b\n  b: 2\n",
            "e:\n  a: 1\n  # of l\n  # of b\n  b: 2\n",
        ),
        ("e:\r\n  a: 1\r\n  l: >\r\n    x\r\n\r\nb: 1\r\n", "e:\r\n  a: 1\r\n\r\nb: 1\r\n"),
        ("e:\n  a: 1\n  l: 2", "e:\n  a: 1"),
        ("e: {a: 1, l: 2}\n", "e: {a: 1}\n"),
        ("e: {l: 2}\n", "e: {}\n"),
    ];
    for (before, after) in map {
        assert_eq!(remove(before, &E, "l").as_deref(), Ok(after), "{before:?}");
        assert_eq!(remove(before, &E, "none").as_deref(), Ok(before), "{before:?}");
    }
    let list = [
        ("e:\n- name: l\n  x: 1\n", "e: []\n"),
        ("e:\n  - name: l\n\n  - name: b\n", "e:\n\n  - name: b\n"),
        ("e:\n- x: 1\n- x: 2\n  name: l\n# c\nb: 1\n", "e:\n- x: 1\n# c\nb: 1\n"),
        ("e:\n-\n  name: l\n- name: b\n", "e:\n- name: b\n"),
        ("e: [{name: a}, {name: l}]", "e: [{name: a}]"),
    ];
    for (before, after) in list {
        assert_eq!(remove(before, &L, "l").as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn what_cannot_be_edited_is_refused_and_said_where() {
    let cases = [
        ("a: 1\n---\nb: 2\n", 2, 1),
        ("a: [1\n", 1, 4),
        ("a:\n\tb: 2\n", 2, 2),
        ("extensions:\nb: 1\nextensions:\n", 3, 1),
        ("extensions:\n  l: 1\n  \"l\": 2\n", 3, 3),
        ("a: *b\n", 1, 4),
        ("a: \0\n", 1, 4),
    ];
    for (text, line, column) in cases {
        match put(text, &MAP, "l", &entry()) {
            Err(NotEdited::Syntax { line: at, column: beside, what }) => {
                assert_eq!((at, beside), (line, column), "{text:?}: {what}");
                assert!(!what.is_empty());
            }
            other => panic!("{text:?}: {other:?}"),
        }
    }
    let shapes = [
        "- a\n",
        "text\n",
        "extensions: x\n",
        "extensions: []\n",
        "b: &b {}\nextensions: *b\n",
        "extensions: !!set 1\n",
    ];
    for text in shapes {
        assert!(matches!(put(text, &MAP, "l", &entry()), Err(NotEdited::Shape { .. })), "{text}");
    }
    let elsewhere = "extensions: &e\n  a: 1\nb: *e\n";
    assert_eq!(put(elsewhere, &MAP, "l", &entry()), Err(NotEdited::Unsafe), "an alias repeats the entries");
    let inside = "extensions:\n  l: &l\n    x: 1\nb: *l\n";
    assert_eq!(remove(inside, &MAP, "l"), Err(NotEdited::Unsafe), "an alias repeats the entry");
}

#[test]
fn aliases_are_read_as_what_they_stand_for() {
    let text = "base: &base {A: 1}\nextensions:\n  a:\n    env: *base\n    cmd: !!str 1\n";
    assert_eq!(entries(text, &MAP).unwrap()[0].entry, json!({"env": {"A": 1}, "cmd": "1"}));
    let mut bomb = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for depth in 1..10 {
        let above = depth - 1;
        let items = vec![format!("*a{above}"); 10].join(", ");
        bomb = format!("{bomb}k{depth}: &a{depth} [{items}]\n");
    }
    assert!(matches!(value(&bomb, Format::Yaml), Err(NotEdited::Syntax { .. })));
}
