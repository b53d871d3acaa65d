//! Files that are too deep, too large or full of what does not belong there.

use super::super::{Format, NotEdited, entries, put, remove, value};
use super::{JSON, LIST, MAP, TOML, entry};

#[test]
fn too_deep_a_file_is_refused() {
    const DEPTH: usize = 10_000;
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
    let indented: String = (0..DEPTH / 20).map(|depth| " ".repeat(depth) + "k:\n").collect();
    let files = [
        (Format::Jsonc, nested("[", "]")),
        (Format::Jsonc, nested("{\"a\":", "}")),
        (Format::Jsonc, "[".repeat(DEPTH)),
        (Format::Toml, format!("a = {}", nested("[", "]"))),
        (Format::Toml, format!("a = {}", nested("{ a = ", " }"))),
        (Format::Toml, format!("{}a = 1", "a.".repeat(DEPTH))),
        (Format::Toml, format!("[{}a]", "a.".repeat(DEPTH))),
        (Format::Yaml, nested("[", "]")),
        (Format::Yaml, nested("{a: ", "}")),
        (Format::Yaml, "- ".repeat(DEPTH)),
        (Format::Yaml, indented),
    ];
    for (format, text) in files {
        assert!(matches!(value(&text, format), Err(NotEdited::Syntax { .. })), "{format:?} {}", &text[..20]);
    }
}

#[test]
fn a_file_of_five_megabytes_is_edited() {
    const LINES: usize = 5 * 1024 * 1024 / 4096;
    let filler = "x".repeat(4096);
    let lines = |line: &dyn Fn(usize) -> String| (0..LINES).map(line).collect::<String>();
    let files = [
        (
            &JSON,
            format!(
                "{{\n{}  \"mcpServers\": {{}}\n}}\n",
                lines(&|n| format!("  \"key{n:08}\": \"{filler}\",\n"))
            ),
        ),
        (&TOML, lines(&|n| format!("key{n:08} = \"{filler}\" # comment\n"))),
        (&MAP, lines(&|n| format!("key{n:08}: \"{filler}\" # comment\n"))),
        (&LIST, format!("mcpServers:\n{}", lines(&|n| format!("- name: key{n:08}\n  command: {filler}\n")))),
    ];
    for (spot, text) in files {
        assert!(text.len() > 5 * 1024 * 1024);
        let new = put(&text, spot, "lumabill", &entry()).unwrap();
        assert!(new.len() > text.len() && new.contains("lumabill"), "{spot:?}");
    }
}

#[test]
fn many_entries_are_listed_in_good_time() {
    const MANY: usize = 5_000;
    let entries_of = |line: &dyn Fn(usize) -> String| (0..MANY).map(line).collect::<String>();
    let files = [
        (&JSON, format!("{{\"mcpServers\": {{\n{}}}}}", entries_of(&|n| format!("\"e{n}\": {{}},\n")))),
        (&TOML, entries_of(&|n| format!("[mcp_servers.e{n}]\n"))),
        (&MAP, format!("extensions:\n{}", entries_of(&|n| format!("  e{n}: {{}}\n")))),
        (&LIST, format!("mcpServers:\n{}", entries_of(&|n| format!("- name: e{n}\n")))),
    ];
    for (spot, text) in files {
        assert_eq!(entries(&text, spot).unwrap().len(), MANY);
        let left = remove(&text, spot, "e77").unwrap();
        assert_eq!(entries(&left, spot).unwrap().len(), MANY - 1);
    }
}

#[test]
fn broken_pieces_never_end_the_program() {
    let files = [
        (&JSON, "{\"mcpServers\": {\"lumabill\": {\"a\": [1, \"é\\u0041\"]}, /* c */ \"b\": 2,},} // d"),
        (&TOML, "a = '''\n'''\n[mcp_servers.lumabill] # é\nx = [1,\n2]\n[mcp_servers]\nb.c = { d = 1 }\n"),
        (&MAP, "---\na: |+\n  x\n\nextensions: # é\n  lumabill: {a: [b, \"c\"]}\n  b: &c 'd'\n...\n"),
        (&LIST, "mcpServers:\n- name: lumabill # é\n  x: >-\n    y\n-\n  name: b\n# c\n"),
    ];
    let odd = ["", "\0", "\r", "\n", "\t", "\u{85}", "\"", "'", "#", "[", "}", ":", "-", "?"];
    let mut edited = 0;
    for (spot, text) in files {
        for (at, letter) in text.char_indices() {
            let (head, tail) = text.split_at(at);
            for piece in odd {
                for broken in
                    [format!("{head}{piece}"), format!("{head}{piece}{}", &tail[letter.len_utf8()..])]
                {
                    if let Ok(new) = put(&broken, spot, "lumabill", &entry()) {
                        assert_eq!(put(&new, spot, "lumabill", &entry()).as_ref(), Ok(&new), "{broken:?}");
                        edited += 1;
                    }
                }
            }
        }
    }
    assert!(edited > 500, "{edited}");
}
