//! JSON with comments: before and after.

use serde_json::json;

use super::super::{Format, NotEdited, Spot, entries, put, remove};
use super::{JSON, entry};

const SERVERS: Spot = Spot { format: Format::Jsonc, at: &["servers"], list: false };

#[test]
fn an_entry_is_put_as_the_file_is_written() {
    let ours = "\"lumabill\": {\n      \"command\": \"/opt/lumabill\",\n      \"args\": [\"serve\"]\n    }";
    let whole = format!("{{\n  \"mcpServers\": {{\n    {ours}\n  }}\n}}");
    let line = "\"lumabill\": {\"command\": \"/opt/lumabill\", \"args\": [\"serve\"]}";
    let tabs = "\"lumabill\": {\n\t\t\t\"command\": \"/opt/lumabill\",\n\t\t\t\"args\": [\"serve\"]\n\t\t}";
    let four = "\"lumabill\": {\n            \"command\": \"/opt/lumabill\",\n            \"args\": [\"serve\"]\n        }";
    let cases = [
        (String::new(), format!("{whole}\n")),
        ("\u{feff}".to_owned(), format!("\u{feff}{whole}\n")),
        (" \n".to_owned(), format!(" \n{whole}\n")),
        ("// mine\n".to_owned(), format!("// mine\n{whole}\n")),
        ("/* mine */".to_owned(), format!("/* mine */\n{whole}")),
        ("{}".to_owned(), whole.clone()),
        ("{}\r\n".to_owned(), format!("{whole}\n").replace('\n', "\r\n")),
        ("{\n}\n".to_owned(), format!("{whole}\n")),
        ("{ // none\n}\n".to_owned(), format!("{whole}\n").replacen('{', "{ // none", 1)),
        ("{\n  \"mcpServers\": {}\n}".to_owned(), whole.clone()),
        (
            "{\n  \"mcpServers\": {\n    // none\n  }\n}".to_owned(),
            whole.replacen("{\n    ", "{\n    // none\n    ", 1),
        ),
        ("{\"a\":1}\n".to_owned(), format!("{{\"a\":1,\"mcpServers\":{{{}}}}}\n", line.replace(": ", ":").replace(", ", ","))),
        ("{\"mcpServers\": {}}".to_owned(), format!("{{\"mcpServers\": {{{line}}}}}")),
        ("{ \"mcpServers\": { \"a\": {} } }".to_owned(), format!("{{ \"mcpServers\": {{ \"a\": {{}}, {line} }} }}")),
        (
            "{\n\t\"x\": [\n\t\t1,\n\t],\n\t\"mcpServers\": {\n\t\t\"a\": {}, // a, the first\n\t\t// the end\n\t},\n}\n".to_owned(),
            format!("{{\n\t\"x\": [\n\t\t1,\n\t],\n\t\"mcpServers\": {{\n\t\t\"a\": {{}}, // a, the first\n\t\t{tabs},\n\t\t// the end\n\t}},\n}}\n"),
        ),
        (
            "{\n    \"mcpServers\": {\n        \"a\": {} // a\n    },\n    \"b\": 1\n}".to_owned(),
            format!("{{\n    \"mcpServers\": {{\n        \"a\": {{}}, // a\n        {four}\n    }},\n    \"b\": 1\n}}"),
        ),
        (
            "{\n  \"mcpServers\": {\n    \"a\": {} /* a */ // b\n    , // comma first\n  }\n}".to_owned(),
            format!("{{\n  \"mcpServers\": {{\n    \"a\": {{}} /* a */ // b\n    , // comma first\n    {ours},\n  }}\n}}"),
        ),
    ];
    for (before, after) in cases {
        assert_eq!(put(&before, &JSON, "lumabill", &entry()), Ok(after), "{before:?}");
    }
}

#[test]
fn only_the_fields_that_differ_are_written() {
    let cases = [
        (
            "{\n  \"mcpServers\": {\n    \"lumabill\": { \"command\": \"/old\", /* kept */ \"args\": [ \"serve\" ] }, // ours\n    \"b\": {}\n  }\n}",
            "{\n  \"mcpServers\": {\n    \"lumabill\": { \"command\": \"/opt/lumabill\", /* kept */ \"args\": [ \"serve\" ] }, // ours\n    \"b\": {}\n  }\n}",
        ),
        (
            "{\n  \"mcpServers\": {\n    \"lumabill\": {\n      // why\n      \"args\": [\n        \"serve\"\n      ],\n      \"url\": 1 // old\n    }\n  }\n}",
            "{\n  \"mcpServers\": {\n    \"lumabill\": {\n      // why\n      \"args\": [\n        \"serve\"\n      ],\n      // old\n      \"command\": \"/opt/lumabill\"\n    }\n  }\n}",
        ),
        (
            "{\"mcpServers\":{\"lumabill\":null}}",
            "{\"mcpServers\":{\"lumabill\":{\"command\":\"/opt/lumabill\",\"args\":[\"serve\"]}}}",
        ),
    ];
    for (before, after) in cases {
        assert_eq!(put(before, &JSON, "lumabill", &entry()).as_deref(), Ok(after), "{before}");
    }
    let same = "{\"mcpServers\": {\"lumabill\": {\"args\": [\"serve\"] /* x */, \"command\": \"\\u002fopt/lumabill\"}}}";
    assert_eq!(put(same, &JSON, "lumabill", &entry()).as_deref(), Ok(same), "the same in other words");
}

#[test]
fn deeper_changes_keep_what_is_beside_them() {
    let before = "{\"servers\": {\"l\": {\"env\": {\"A\": \"1\", /* b */ \"B\": \"2\"}, \"timeout\": 1.0}}}";
    let wanted = json!({"env": {"A": "1", "B": "3", "C": "4"}, "timeout": 1});
    let after = "{\"servers\": {\"l\": {\"env\": {\"A\": \"1\", /* b */ \"B\": \"3\", \"C\": \"4\"}, \"timeout\": 1}}}";
    assert_eq!(put(before, &SERVERS, "l", &wanted).as_deref(), Ok(after));
}

#[test]
fn one_entry_is_taken_out_wherever_it_stands() {
    let cases = [
        ("{ \"l\": 1 }", "{}"),
        ("{ \"l\": 1, }", "{}"),
        ("{ \"l\": 1, \"b\": 2 }", "{ \"b\": 2 }"),
        ("{\"a\":0,\"l\":1,\"b\":2}", "{\"a\":0,\"b\":2}"),
        ("{ \"a\": 0, \"l\": 1 }", "{ \"a\": 0 }"),
        ("{ \"a\": 0, \"l\": 1, }", "{ \"a\": 0, }"),
        ("{\n  \"l\": {\n    \"x\": 1\n  }\n}", "{}"),
        ("{\n  \"l\": 1,\n  \"b\": 2\n}", "{\n  \"b\": 2\n}"),
        ("{\n  \"a\": 0,\n  \"l\": 1\n}", "{\n  \"a\": 0\n}"),
        ("{\n  \"a\": 0, // a\n  \"l\": 1\n}", "{\n  \"a\": 0 // a\n}"),
        ("{\n  \"a\": 0 // a\n  ,\n  \"l\": 1\n}", "{\n  \"a\": 0 // a\n  \n}"),
        ("{\n  \"a\": 0,\n  \"l\": 1, // ours\n}", "{\n  \"a\": 0,\n  // ours\n}"),
        ("{\n  \"a\": 0,\n  \"l\": 1 // ours\n}", "{\n  \"a\": 0\n  // ours\n}"),
        ("{\n  // above\n  \"l\": 1,\n  // below\n  \"b\": 2\n}", "{\n  // above\n  // below\n  \"b\": 2\n}"),
        ("{\n  // all\n  \"l\": 1\n}", "{\n  // all\n}"),
        ("{\n  \"a\": 0\n  , \"l\": 1\n}", "{\n  \"a\": 0\n  \n}"),
        ("{ \"l\": 1 /* x */ , /* y */ \"b\": 2 }", "{ /* x */  /* y */ \"b\": 2 }"),
        ("{\r\n\t\"a\": 0,\r\n\t\"l\": 1\r\n}", "{\r\n\t\"a\": 0\r\n}"),
    ];
    for (before, after) in cases {
        let within = |inner: &str| format!("{{\"servers\": {inner}}}");
        assert_eq!(remove(&within(before), &SERVERS, "l"), Ok(within(after)), "{before:?}");
        assert_eq!(remove(&within(before), &SERVERS, "none"), Ok(within(before)), "{before:?}");
    }
}

#[test]
fn entries_come_in_order_with_their_lines() {
    let text = "\u{feff}// c\n{\n  \"mcpServers\": {\n\n    \"b\": {\"command\": \"x\"},\n    \"a\": null, \"c\": 1.50\n  }\n}";
    let listed: Vec<_> = entries(text, &JSON)
        .unwrap()
        .into_iter()
        .map(|listed| (listed.name, listed.entry, listed.line))
        .collect();
    let number: serde_json::Value = serde_json::from_str("1.50").unwrap();
    let wanted = vec![
        ("b".to_owned(), json!({"command": "x"}), 5),
        ("a".to_owned(), json!(null), 6),
        ("c".to_owned(), number, 6),
    ];
    assert_eq!(listed, wanted);
    for none in ["", "// c", "{}", "{\"mcpServers\": {}}"] {
        assert_eq!(entries(none, &JSON), Ok(Vec::new()));
    }
}

#[test]
fn what_no_client_reads_is_refused_and_said_where() {
    let cases = [
        ("{\n  \"a\": 1\n  \"b\": 2\n}", 2, 9),
        ("{\n  \"a\": }\n", 2, 8),
        ("{\"é\": 'x'}", 1, 7),
        ("{\"a\": 1", 1, 1),
        ("{} {}", 1, 4),
        ("{\"mcpServers\": {},\n \"mcpServers\": {}}", 2, 2),
        ("{\"mcpServers\": {\"a\": 1,\n  \"lumabill\": 1, \"lumabill\": 2}}", 2, 18),
        ("{\"a\":\n \"x\0\"}", 2, 4),
    ];
    for (text, line, column) in cases {
        for outcome in [put(text, &JSON, "lumabill", &entry()), remove(text, &JSON, "lumabill")] {
            match outcome {
                Err(NotEdited::Syntax { line: at, column: beside, what }) => {
                    assert_eq!((at, beside), (line, column), "{text:?}: {what}");
                    assert!(
                        what.starts_with(|letter: char| !letter.is_uppercase() || what.starts_with("NUL")),
                        "{what}"
                    );
                }
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }
    for text in
        ["[]", "1", "null", "{\"mcpServers\": []}", "{\"mcpServers\": null}", "{\"mcpServers\": \"x\"}"]
    {
        assert!(matches!(put(text, &JSON, "lumabill", &entry()), Err(NotEdited::Shape { .. })), "{text}");
    }
}

#[test]
fn a_list_of_records_and_a_deeper_place_work_too() {
    const DEEP: Spot = Spot { format: Format::Jsonc, at: &["experimental", "servers"], list: true };
    let put_once = put("{\n  \"experimental\": {}\n}\n", &DEEP, "lumabill", &entry()).unwrap();
    let wanted = "{\n  \"experimental\": {\n    \"servers\": [\n      {\n        \"name\": \"lumabill\",\n        \"command\": \"/opt/lumabill\",\n        \"args\": [\"serve\"]\n      }\n    ]\n  }\n}\n";
    assert_eq!(put_once, wanted);
    let both = put(&put_once, &DEEP, "b", &json!({"command": "x"})).unwrap();
    assert_eq!(remove(&both, &DEEP, "b").as_deref(), Ok(wanted));
    let left = remove(&both, &DEEP, "lumabill").unwrap();
    assert_eq!(entries(&left, &DEEP).unwrap().len(), 1);
    let twice = "{\"experimental\": {\"servers\": [{\"name\": \"b\"},\n {\"name\": \"b\"}]}}";
    assert!(matches!(entries(twice, &DEEP), Err(NotEdited::Syntax { line: 2, column: 2, .. })));
}
