//! TOML: before and after.

use serde_json::json;

use super::super::{Format, NotEdited, Spot, entries, put, remove, value};
use super::{TOML, entry};

const OURS: &str = "[mcp_servers.lumabill]\ncommand = \"/opt/lumabill\"\nargs = [\"serve\"]";

#[test]
fn an_entry_is_put_behind_the_others() {
    let cases = [
        (String::new(), format!("{OURS}\n")),
        ("\u{feff}\n".to_owned(), format!("\u{feff}\n{OURS}\n")),
        ("# mine".to_owned(), format!("# mine\n\n{OURS}")),
        ("model = 1\r\n".to_owned(), format!("model = 1\n\n{OURS}\n").replace('\n', "\r\n")),
        ("model = 1\n\n".to_owned(), format!("model = 1\n\n{OURS}\n")),
        (
            "[mcp_servers.a]\nx = 1 # x\n# more of a\n\n# about z\n[z]\n".to_owned(),
            format!("[mcp_servers.a]\nx = 1 # x\n\n{OURS}\n# more of a\n\n# about z\n[z]\n"),
        ),
        (
            "[mcp_servers.a]\nx = 1\n\n[mcp_servers.a.env]\nK = '''\n[z]'''\n\n[z]\n".to_owned(),
            format!("[mcp_servers.a]\nx = 1\n\n[mcp_servers.a.env]\nK = '''\n[z]'''\n\n{OURS}\n\n[z]\n"),
        ),
        ("[mcp_servers]\n[z]\n".to_owned(), format!("[mcp_servers]\n\n{OURS}\n[z]\n")),
        ("mcp_servers.a.x = 1\n[z]\n".to_owned(), format!("mcp_servers.a.x = 1\n[z]\n\n{OURS}\n")),
        (
            "mcp_servers = {}\n".to_owned(),
            "mcp_servers = {lumabill = { command = \"/opt/lumabill\", args = [\"serve\"] }}\n".to_owned(),
        ),
        (
            "mcp_servers = { a = { x = 1 } } # c\n".to_owned(),
            "mcp_servers = { a = { x = 1 }, lumabill = { command = \"/opt/lumabill\", args = [\"serve\"] } } # c\n"
                .to_owned(),
        ),
    ];
    for (before, after) in cases {
        assert_eq!(put(&before, &TOML, "lumabill", &entry()), Ok(after), "{before:?}");
    }
}

#[test]
fn tables_in_an_entry_have_headers_of_their_own() {
    let entry = json!({"command": "C:\\l\u{7f}.exe", "env": {"A": "b", "x y": {"z": [1, {"k": true}]}}, "n": 1.50, "e": {}});
    let wanted = "[mcp_servers.\"a b\"]\ncommand = \"C:\\\\l\\u007f.exe\"\nn = 1.5\ne = {}\n\n[mcp_servers.\"a b\".env]\nA = \"b\"\n\n[mcp_servers.\"a b\".env.\"x y\"]\nz = [1, { k = true }]\n";
    let new = put("", &TOML, "a b", &entry).unwrap();
    assert_eq!(new, wanted);
    assert_eq!(entries(&new, &TOML).unwrap()[0].entry, entry);
    assert_eq!(remove(&new, &TOML, "a b").as_deref(), Ok(""));
    assert_eq!(put("", &TOML, "a", &json!({"x": null})), Err(NotEdited::Unsafe), "TOML has no null");
}

#[test]
fn only_the_fields_that_differ_are_written() {
    let cases = [
        (
            "[mcp_servers.lumabill]\n# why\ncommand = '/old' # how\nargs = [ 'serve' ]\n\n[mcp_servers.b]\n",
            "[mcp_servers.lumabill]\n# why\ncommand = \"/opt/lumabill\" # how\nargs = [ 'serve' ]\n\n[mcp_servers.b]\n",
        ),
        (
            "[mcp_servers.lumabill] # ours\n  args = [\n    'serve', # only\n  ]\n  timeout = 3\n\n[mcp_servers.lumabill.env]\nA = 1\n\n[b]\n",
            "[mcp_servers.lumabill] # ours\n  args = [\n    'serve', # only\n  ]\n  command = \"/opt/lumabill\"\n\n[b]\n",
        ),
        (
            "[mcp_servers]\nlumabill = { command = '/old' } # c\n",
            "[mcp_servers]\nlumabill = { command = \"/opt/lumabill\", args = [\"serve\"] } # c\n",
        ),
        ("[mcp_servers]\nlumabill.command = '/old'\nb.x = 1\n", ""),
        ("mcp_servers.lumabill.command = '/old'\n", ""),
        ("[mcp_servers.lumabill.env]\nA = 1\n", ""),
    ];
    for (before, after) in cases {
        let new = put(before, &TOML, "lumabill", &entry()).unwrap();
        if after.is_empty() {
            assert!(new.contains(OURS), "{new}");
        } else {
            assert_eq!(new, after);
        }
    }
    let before = "[mcp_servers.l]\ncommand = 'x'\n[mcp_servers.l.env]\nA = 'a' # a\nB = 'b'\n";
    let wanted = json!({"command": "x", "env": {"A": "a", "C": "c"}, "more": {"k": 1}});
    let after = "[mcp_servers.l]\ncommand = 'x'\n[mcp_servers.l.env]\nA = 'a' # a\nC = \"c\"\n\n[mcp_servers.l.more]\nk = 1\n";
    assert_eq!(put(before, &TOML, "l", &wanted).as_deref(), Ok(after));
}

#[test]
fn one_entry_is_taken_out_wherever_it_stands() {
    let cases = [
        ("[mcp_servers.l]\nx = 1\n", ""),
        ("# c\n[mcp_servers.l]\nx = 1\n", "# c\n"),
        ("[mcp_servers.l]\nx = 1\n\n[z]\n", "[z]\n"),
        ("a = 1\n\n[mcp_servers.l]\nx = 1\n\n[z]\n", "a = 1\n\n[z]\n"),
        ("a = 1\n\n[mcp_servers.l]\nx = 1", "a = 1"),
        ("[mcp_servers]\n\n[mcp_servers.l]\n[mcp_servers.l.env]\nA = 'b'\n\n[z]\n", "[mcp_servers]\n\n[z]\n"),
        ("[mcp_servers.l.env]\nA = 1\n[z]\n[mcp_servers.l]\nx = 1\n# kept\n", "[z]\n# kept\n"),
        ("[mcp_servers]\nl = { x = 1 }\nb = 1\n", "[mcp_servers]\nb = 1\n"),
        ("[mcp_servers]\nl.x = 1\nb.x = 2\nl.y.z = [\n1,\n]\n", "[mcp_servers]\nb.x = 2\n"),
        ("mcp_servers.l.x = 1\r\na = 2\r\n", "a = 2\r\n"),
        ("mcp_servers = { l = { x = 1 }, b = 2 }\n", "mcp_servers = { b = 2 }\n"),
        ("mcp_servers = { b = 2, l = 1 }\n", "mcp_servers = { b = 2 }\n"),
        ("mcp_servers = { l = 1 }\n", "mcp_servers = {}\n"),
        ("[mcp_servers.l]\n[[mcp_servers.l.tools]]\nx = 1\n[[mcp_servers.l.tools]]\n\n[b]\n", "[b]\n"),
    ];
    for (before, after) in cases {
        assert_eq!(remove(before, &TOML, "l").as_deref(), Ok(after), "{before:?}");
        assert_eq!(remove(before, &TOML, "none").as_deref(), Ok(before), "{before:?}");
    }
}

#[test]
fn entries_come_with_their_lines_and_values() {
    let text = "x = 1\r\n[mcp_servers.b]\r\nn = 0x1F\r\nf = 1.50\r\nd = 1979-05-27\r\n\r\n[mcp_servers.a.env]\r\nK = \"\"\"\r\nv\"\"\"\r\n";
    let listed = entries(text, &TOML).unwrap();
    let lines: Vec<(&str, usize)> = listed.iter().map(|listed| (listed.name.as_str(), listed.line)).collect();
    assert_eq!(lines, [("b", 2), ("a", 7)]);
    assert_eq!(listed[0].entry["n"], json!(31));
    assert_eq!(listed[0].entry["f"].to_string(), "1.50");
    assert_eq!(listed[0].entry["d"], json!("1979-05-27"));
    assert_eq!(value("a = nan", Format::Toml), Ok(json!({"a": "nan"})));
}

#[test]
fn what_cannot_be_edited_is_refused_and_said_where() {
    let cases = [
        ("a = 1\nb = \n", 2, 5),
        ("a = 1\na = 2\n", 2, 1),
        ("[mcp_servers.a]\n[mcp_servers.a]\n", 2, 14),
        ("a = 1\n b = \0\n", 2, 6),
    ];
    for (text, line, column) in cases {
        match put(text, &TOML, "lumabill", &entry()) {
            Err(NotEdited::Syntax { line: at, column: beside, what }) => {
                assert_eq!((at, beside), (line, column), "{text:?}: {what}");
            }
            other => panic!("{text:?}: {other:?}"),
        }
    }
    for (text, spot) in
        [("mcp_servers = 1", &TOML), ("[[mcp_servers]]", &TOML), ("", &Spot { list: true, ..TOML })]
    {
        assert!(matches!(put(text, spot, "lumabill", &entry()), Err(NotEdited::Shape { .. })), "{text}");
    }
}
