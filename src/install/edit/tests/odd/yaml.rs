//! Odd YAML.

use std::fmt::Write as _;

use super::{Dice, NAMES, Odd};

struct Pen<'d> {
    dice: &'d mut Dice,
    out: String,
    comments: Vec<String>,
    unit: usize,
    /// Whether the dashes of lists stand further in than their key.
    indented: bool,
    /// How far in comments stand. Behind a block of text only at the edge: further in they would belong to it, also
    /// once what is between is taken out.
    deepest_comment: usize,
}

/// With entries in a list of `mcpServers`, or in a map of `extensions`.
pub fn file(dice: &mut Dice, list: bool) -> Odd {
    let mut pen = Pen {
        unit: 2 + 2 * dice.up_to(2),
        indented: dice.one_in(2),
        out: String::new(),
        comments: Vec::new(),
        deepest_comment: 8,
        dice,
    };
    let marked = pen.dice.one_in(4);
    if marked {
        pen.comment_lines();
        pen.out.push_str(pen.dice.of(&["---\n", "--- # begins\n", "%YAML 1.2\n---\n"]));
    }
    pen.comment_lines();
    let mut keys = pen.dice.some(&["name", "\"x y\"", "rules", "other"], 4);
    keys.push("mark");
    let holder = if list { "mcpServers" } else { "extensions" };
    if !pen.dice.one_in(4) {
        let at = pen.dice.up_to(keys.len() + 1);
        keys.insert(at, holder);
    }
    for key in keys {
        match key {
            "mark" => pen.end("mark: MARK"),
            "mcpServers" | "extensions" => pen.servers(key, list),
            _ => pen.field(0, key),
        }
        pen.comment_lines();
    }
    if marked && pen.dice.one_in(2) {
        pen.out.push_str("...\n");
    }
    let mut text = pen.out;
    if pen.dice.one_in(3) && !text.contains("|+") {
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
        let comment = format!("# c{}- x: [ \" - {{", self.comments.len());
        self.comments.push(comment.clone());
        comment
    }

    fn comment_lines(&mut self) {
        for _ in 0..self.dice.up_to(3) {
            let pad = self.dice.up_to(self.deepest_comment + 1);
            match self.dice.up_to(3) {
                0 => {
                    let comment = self.comment();
                    writeln!(self.out, "{}{comment}", " ".repeat(pad)).unwrap();
                }
                1 if self.deepest_comment > 0 => self.out.push('\n'),
                _ => {}
            }
        }
    }

    fn end(&mut self, line: &str) {
        self.out.push_str(line);
        if self.dice.one_in(4) {
            let comment = self.comment();
            write!(self.out, " {comment}").unwrap();
        }
        self.out.push('\n');
    }

    fn field(&mut self, column: usize, key: &str) {
        let pad = " ".repeat(column);
        self.out.push_str(&pad);
        self.rest_of_field(column, key);
    }

    /// A key and its value; the indentation is there.
    fn rest_of_field(&mut self, column: usize, key: &str) {
        let inner = " ".repeat(column + self.unit);
        match self.dice.up_to(10) {
            0 => {
                let sign = self.dice.of(&["|", ">-", "|+", ">"]);
                let words = format!("{inner}lumabill: x\n{inner}# no comment\n\n{inner}  - name: lumabill\n");
                write!(self.out, "{key}: {sign}\n{words}").unwrap();
                if self.dice.one_in(2) {
                    self.out.push('\n');
                }
                self.deepest_comment = 0;
            }
            1 => self.end(&format!("{key}: one line\n{inner}and another")),
            2 => self.end(&format!("{key}: \"quoted: {{\n{inner}# no comment\"")),
            3 => self.end(&format!("{key}: [1.50, {{a: b}},\n{inner}'x # y']")),
            4 => self.end(&format!("{key}:")),
            5 => {
                self.end(&format!("{key}:"));
                self.field(column + self.unit, "lumabill");
                self.field(column + self.unit, "k");
            }
            6 => {
                self.end(&format!("{key}:"));
                let dash = " ".repeat(self.dash(column));
                self.end(&format!("{dash}- one"));
                self.end(&format!("{dash}- name: lumabill"));
            }
            7 => {
                let number = self.out.len();
                self.end(&format!("{key}: &n{number} 1e400"));
                let pad = " ".repeat(column);
                self.end(&format!("{pad}{}-again: *n{number}", key.trim_matches('"').replace(' ', "-")));
            }
            8 => self.end(&format!("{key} : 'it''s: #1'")),
            _ => self.end(&format!("{key}: plain words #1")),
        }
    }

    fn dash(&self, column: usize) -> usize {
        if self.indented { column + self.unit } else { column }
    }

    fn servers(&mut self, key: &str, list: bool) {
        let names = self.dice.some(&NAMES, 4);
        match self.dice.up_to(8) {
            0 => return self.end(&format!("{key}:")),
            1 => {
                let parts: Vec<String> = names
                    .iter()
                    .map(
                        |name| if list { format!("{{name: {name}}}") } else { format!("{name}: {{cmd: x}}") },
                    )
                    .collect();
                let (open, close) = if list { ("[", "]") } else { ("{", "}") };
                let between = self.dice.of(&[", ", ",", ",\n    "]);
                return self.end(&format!("{key}: {open}{}{close}", parts.join(between)));
            }
            2 => return self.end(&format!("{key}: {}", if list { "[]" } else { "{}" })),
            _ => {}
        }
        self.end(&format!("{key}:"));
        for name in names {
            self.comment_lines();
            if list { self.record(name) } else { self.entry(name) }
        }
    }

    fn record(&mut self, name: &str) {
        let column = self.dash(0);
        let mut keys = self.dice.some(&["command", "args", "env"], 3);
        keys.insert(self.dice.up_to(keys.len() + 1), "name");
        for (index, key) in keys.into_iter().enumerate() {
            self.out.push_str(&" ".repeat(column));
            self.out.push_str(if index == 0 { "- " } else { "  " });
            if key == "name" {
                self.end(&format!("name: {name}"));
            } else {
                self.rest_of_field(column + 2, key);
            }
        }
    }

    fn entry(&mut self, name: &str) {
        let column = self.unit;
        self.end(&format!("{}{name}:", " ".repeat(column)));
        for key in self.dice.some(&["cmd", "args", "enabled"], 3) {
            self.field(column + self.unit, key);
        }
    }
}
