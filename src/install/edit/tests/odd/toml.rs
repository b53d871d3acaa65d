//! Odd TOML.

use std::fmt::Write as _;

use super::{Dice, NAMES, Odd};

struct Pen<'d> {
    dice: &'d mut Dice,
    out: String,
    comments: Vec<String>,
}

/// How entries are spelled.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Headers,
    UnderOneHeader,
    Dotted,
    Braces,
}

pub fn file(dice: &mut Dice) -> Odd {
    let mut pen = Pen { dice, out: String::new(), comments: Vec::new() };
    let form =
        [Form::Headers, Form::Headers, Form::UnderOneHeader, Form::Dotted, Form::Braces][pen.dice.up_to(5)];
    let servers = !pen.dice.one_in(4);
    let names = pen.dice.some(&NAMES, 4);
    pen.between();
    pen.pair("mark", "\"MARK\"");
    for key in pen.dice.some(&["model", "\"x y\"", "other"], 3) {
        pen.field(key);
    }
    if servers && form == Form::Braces {
        let parts: Vec<String> =
            names.iter().map(|name| format!("{name} = {{ command = \"/old\", args = [] }}")).collect();
        let words = format!("{{ {} }}", parts.join(", "));
        pen.pair("mcp_servers", &words);
    }
    if servers && form == Form::Dotted {
        for name in &names {
            pen.pair(&format!("mcp_servers.{name}.command"), "\"/old\"");
        }
    }
    let mut sections = pen.dice.some(&["z", "mcp_servers2.lumabill", "[many]", "tui"], 3);
    if servers && matches!(form, Form::Headers | Form::UnderOneHeader) {
        let at = pen.dice.up_to(sections.len() + 1);
        sections.insert(at, "mcp_servers");
    }
    for section in sections {
        if section == "mcp_servers" {
            pen.servers(form, &names);
            continue;
        }
        pen.header(section);
        for key in pen.dice.some(&["a", "b", "lumabill"], 3) {
            pen.field(key);
        }
    }
    if pen.dice.one_in(3) {
        pen.between();
    }
    let mut text = pen.out;
    if pen.dice.one_in(3) {
        let end = text.trim_end().len();
        text.truncate(end);
    }
    if pen.dice.one_in(2) {
        text = text.replace('\n', "\r\n");
    }
    if pen.dice.one_in(5) {
        text.insert(0, '\u{feff}');
    }
    Odd { text, comments: pen.comments, tidy: true }
}

impl Pen<'_> {
    fn comment(&mut self) -> String {
        let comment = format!("# c{}- [mcp_servers.x] \" = '''", self.comments.len());
        self.comments.push(comment.clone());
        comment
    }

    /// Empty lines and comments.
    fn between(&mut self) {
        for _ in 0..self.dice.up_to(3) {
            if self.dice.one_in(2) {
                let comment = self.comment();
                self.out.push_str(&comment);
            }
            self.out.push('\n');
        }
    }

    fn end(&mut self) {
        if self.dice.one_in(4) {
            let comment = self.comment();
            write!(self.out, " {comment}").unwrap();
        }
        self.out.push('\n');
    }

    fn pair(&mut self, key: &str, value: &str) {
        let sign = self.dice.of(&[" = ", "=", "\t =  "]);
        write!(self.out, "{key}{sign}{value}").unwrap();
        self.end();
    }

    fn header(&mut self, name: &str) {
        if self.dice.one_in(2) {
            self.out.push('\n');
        }
        self.between();
        write!(self.out, "[{name}]").unwrap();
        self.end();
    }

    fn field(&mut self, key: &str) {
        let value = self.dice.of(&[
            "1_000",
            "0x1F",
            "1.50",
            "nan",
            "1979-05-27T07:32:00Z",
            "'''\n[mcp_servers.lumabill]\n# no comment\n'''",
            "\"\"\"\\\n  x = 1\"\"\"",
            "[\n  1, # inside\n  2,\n]",
            "{ lumabill = { command = 1 } }",
            "\"# no \\\" comment\"",
            "true",
        ]);
        self.pair(key, value);
        if self.dice.one_in(4) {
            self.between();
        }
    }

    fn servers(&mut self, form: Form, names: &[&str]) {
        if form == Form::UnderOneHeader {
            self.header("mcp_servers");
            for name in names {
                match self.dice.up_to(3) {
                    0 => self.pair(name, "{ command = \"/old\" }"),
                    1 => self.pair(&format!("{name}.command"), "\"/old\""),
                    _ => {
                        self.pair(&format!("{name}.command"), "\"/old\"");
                        self.pair(&format!("{name}.env.K"), "\"v\"");
                    }
                }
            }
            return;
        }
        for name in names {
            let spelled = match self.dice.up_to(3) {
                0 => format!("mcp_servers.\"{name}\""),
                1 => format!(" mcp_servers . {name} "),
                _ => format!("mcp_servers.{name}"),
            };
            self.header(&spelled);
            for key in self.dice.some(&["command", "args", "startup_timeout_sec", "\"k\""], 4) {
                self.field(key);
            }
            if self.dice.one_in(3) {
                self.header(&format!("mcp_servers.{name}.env"));
                self.pair("K", "\"v\"");
            }
        }
    }
}
