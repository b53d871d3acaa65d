//! Odd JSON.

use std::fmt::Write as _;

use super::{Dice, NAMES, Odd};

struct Pen<'d> {
    dice: &'d mut Dice,
    out: String,
    newline: &'static str,
    unit: &'static str,
    wild: bool,
    trailing: bool,
    comments: Vec<String>,
}

pub fn file(dice: &mut Dice) -> Odd {
    let mut pen = Pen {
        newline: ["\n", "\r\n"][dice.up_to(2)],
        unit: ["  ", "    ", "\t", " "][dice.up_to(4)],
        wild: dice.one_in(2),
        trailing: dice.one_in(3),
        out: String::new(),
        comments: Vec::new(),
        dice,
    };
    if pen.dice.one_in(5) {
        pen.out.push('\u{feff}');
    }
    if pen.wild {
        pen.gap(0);
    }
    let mut keys = pen.dice.some(&["x", "mcpServers2", "theme", "n"], 4);
    keys.push("mark");
    if !pen.dice.one_in(4) {
        let at = pen.dice.up_to(keys.len() + 1);
        keys.insert(at, "mcpServers");
    }
    pen.braces(0, false, &keys, |pen, key| match key {
        "mcpServers" => pen.servers(),
        "mark" => pen.out.push_str("\"MARK\""),
        _ => pen.value(1),
    });
    if pen.wild {
        pen.gap(0);
    }
    if !pen.dice.one_in(3) {
        pen.out.push_str(pen.newline);
    }
    Odd { text: pen.out, comments: pen.comments, tidy: !pen.wild }
}

impl Pen<'_> {
    fn comment(&mut self) -> String {
        let comment = format!("c{}-, }} \" [ :", self.comments.len());
        self.comments.push(comment.clone());
        comment
    }

    /// Anything that may stand between two signs.
    fn gap(&mut self, depth: usize) {
        for _ in 0..self.dice.up_to(3) {
            let words = match self.dice.up_to(8) {
                0 => format!("// {}{}", self.comment(), self.newline),
                1 => format!("/* {} */", self.comment()),
                2 => format!("/* {}{} */", self.comment(), self.newline),
                3 => self.newline.to_owned(),
                4 => format!("{}{}", self.newline, self.unit.repeat(depth)),
                5 => "\t".to_owned(),
                _ => " ".to_owned(),
            };
            self.out.push_str(&words);
        }
    }

    /// The end of a line, and what the next one begins with.
    fn line(&mut self, depth: usize) {
        if self.dice.one_in(5) {
            let comment = self.comment();
            write!(self.out, " // {comment}").unwrap();
        }
        self.out.push_str(self.newline);
        if self.dice.one_in(6) {
            let comment = self.comment();
            write!(self.out, "{}// {comment}{}", self.unit.repeat(depth), self.newline).unwrap();
        }
        self.out.push_str(&self.unit.repeat(depth));
    }

    fn braces(&mut self, depth: usize, line: bool, keys: &[&str], mut value: impl FnMut(&mut Self, &str)) {
        self.out.push('{');
        let pad = if line { self.dice.of(&["", " "]) } else { "" };
        for (index, key) in keys.iter().enumerate() {
            match (self.wild, line) {
                (true, _) => self.gap(depth + 1),
                (false, false) => self.line(depth + 1),
                (false, true) => self.out.push_str(if index == 0 { pad } else { " " }),
            }
            write!(self.out, "\"{key}\"").unwrap();
            self.between(depth);
            self.out.push_str(if self.wild { ":" } else { ": " });
            self.between(depth);
            value(self, key);
            self.between(depth);
            if index + 1 < keys.len() || self.trailing && !line {
                self.out.push(',');
            }
        }
        match (self.wild, line) {
            (true, _) => self.gap(depth),
            (false, true) => self.out.push_str(pad),
            (false, false) if keys.is_empty() => {}
            (false, false) => {
                self.out.push_str(self.newline);
                self.out.push_str(&self.unit.repeat(depth));
            }
        }
        self.out.push('}');
    }

    fn between(&mut self, depth: usize) {
        if self.wild {
            self.gap(depth);
        }
    }

    fn servers(&mut self) {
        let names = self.dice.some(&NAMES, 5);
        let line = self.dice.one_in(4);
        self.braces(1, line, &names, |pen, _| {
            let keys = pen.dice.some(&["command", "args", "env", "timeout"], 4);
            let line = line || pen.dice.one_in(3);
            pen.braces(2, line, &keys, |pen, key| match key {
                "command" => pen.out.push_str("\"/old // path\""),
                "args" => pen.out.push_str("[\"serve\"]"),
                _ => pen.plain(),
            });
        });
    }

    fn plain(&mut self) {
        let word = self.dice.of(&[
            "1.50",
            "1e400",
            "12345678901234567890123",
            "-0",
            "null",
            "true",
            "\"// no comment\"",
            "\"/* \\\" */ }\"",
            "\"é €\\u0000,\"",
            "[]",
            "{}",
        ]);
        self.out.push_str(word);
    }

    fn value(&mut self, depth: usize) {
        match self.dice.up_to(4) {
            0 if depth < 4 => {
                let keys = self.dice.some(&["lumabill", "mcpServers", "k"], 3);
                let line = self.dice.one_in(3);
                self.braces(
                    depth,
                    line,
                    &keys,
                    |pen, _| {
                        if line { pen.plain() } else { pen.value(depth + 1) }
                    },
                );
            }
            1 => {
                self.out.push('[');
                self.plain();
                self.between(depth);
                self.out.push(',');
                self.between(depth);
                self.plain();
                self.out.push(']');
            }
            _ => self.plain(),
        }
    }
}
