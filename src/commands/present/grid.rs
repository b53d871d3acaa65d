//! Columns that stand under each other: amounts to the right, texts to the left and broken at words where a
//! terminal is narrow. What has no place even so is for the caller to lay out in another way.

use comfy_table::Table;

/// Between two columns.
const GAP: usize = 2;
/// No text is broken into narrower pieces.
const NARROWEST: usize = 12;

/// Rows of cells under a head.
#[derive(Default)]
pub struct Grid {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

struct Column {
    head: String,
    right: bool,
}

enum Row {
    Cells(Vec<String>),
    /// Dashes under these columns, or under all figures.
    Rule(Vec<bool>),
    /// A text that keeps to no column.
    Whole(String),
}

impl Grid {
    /// One more column; `right` for figures, which are never broken.
    pub fn column(&mut self, head: &str, right: bool) {
        self.columns.push(Column { head: head.to_owned(), right });
    }

    /// Names to the left, values beside them.
    pub fn of_two(right: bool) -> Self {
        let mut grid = Self::default();
        grid.column("", false);
        grid.column("", right);
        grid
    }

    pub fn push(&mut self, cells: Vec<String>) {
        self.rows.push(Row::Cells(cells));
    }

    /// A line of its own.
    pub fn whole(&mut self, text: String) {
        self.rows.push(Row::Whole(text));
    }

    /// A line before a sum: under these columns, where they are named, else under all figures.
    pub fn rule(&mut self, under: &[bool]) {
        self.rows.push(Row::Rule(under.to_vec()));
    }

    /// An empty line, unless one is there.
    pub fn space(&mut self) {
        if !matches!(self.rows.last(), None | Some(Row::Whole(_))) {
            self.whole(String::new());
        }
    }

    /// The texts of one column below its head.
    fn cells(&self, index: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| match row {
            Row::Cells(cells) => cells.get(index).map(String::as_str),
            Row::Rule(_) | Row::Whole(_) => None,
        })
    }

    /// Widths that fit into `most`, or `None` where nothing more can be broken.
    fn fitted(&self, most: Option<usize>) -> Option<Vec<usize>> {
        let wanted = |(index, column): (usize, &Column)| {
            self.cells(index).chain([column.head.as_str()]).map(width_of).max().unwrap_or_default()
        };
        let mut widths: Vec<usize> = self.columns.iter().enumerate().map(wanted).collect();
        let gaps = GAP * widths.len().saturating_sub(1);
        let Some(most) = most else { return Some(widths) };
        let least: Vec<usize> = (0..widths.len()).map(|index| self.least(index)).collect();
        while widths.iter().sum::<usize>() + gaps > most {
            let broken = widths.iter_mut().zip(&least).filter(|(width, least)| **width > **least);
            *broken.max_by_key(|(width, _)| **width)?.0 -= 1;
        }
        Some(widths)
    }

    /// The narrowest that a column can be: its longest word, or figure, which is never broken.
    fn least(&self, index: usize) -> usize {
        let Some(column) = self.columns.get(index) else { return 0 };
        let longest = |text: &str| text.split_whitespace().map(width_of).max().unwrap_or_default();
        let head = longest(&column.head);
        if column.right {
            return self.cells(index).map(width_of).max().unwrap_or_default().max(head);
        }
        // What follows the first line is set in.
        let word = |cell: &str| longest(cell) + indent_of(cell) + 2;
        self.cells(index).map(word).max().unwrap_or_default().max(head).max(NARROWEST)
    }

    /// The lines, or `None` where they do not fit into `most` columns of a terminal.
    pub fn text(&self, most: Option<usize>) -> Option<String> {
        let widths = self.fitted(most)?;
        let head: Vec<String> = self.columns.iter().map(|column| column.head.clone()).collect();
        let mut lines = Vec::new();
        if head.iter().any(|name| !name.is_empty()) {
            self.lay(&head, &widths, &mut lines);
        }
        for row in &self.rows {
            match row {
                Row::Cells(cells) => self.lay(cells, &widths, &mut lines),
                Row::Whole(text) => {
                    lines.extend(most.map_or_else(|| vec![text.clone()], |most| broken(text, most)));
                }
                Row::Rule(under) => {
                    let dashes = |((at, column), width): ((usize, &Column), &usize)| {
                        let ruled = under.get(at).copied().unwrap_or(column.right);
                        if ruled { "-".repeat(*width) } else { String::new() }
                    };
                    let columns = self.columns.iter().enumerate();
                    let cells: Vec<String> = columns.zip(&widths).map(dashes).collect();
                    self.lay(&cells, &widths, &mut lines);
                }
            }
        }
        Some(lines.join("\n"))
    }

    /// One row, in as many lines as its longest cell.
    fn lay(&self, cells: &[String], widths: &[usize], lines: &mut Vec<String>) {
        let cells: Vec<Vec<String>> =
            cells.iter().zip(widths).map(|(cell, width)| broken(cell, *width)).collect();
        for at in 0..cells.iter().map(Vec::len).max().unwrap_or_default() {
            let mut line = String::new();
            for ((cell, width), column) in cells.iter().zip(widths).zip(&self.columns) {
                let text = cell.get(at).map(String::as_str).unwrap_or_default();
                let space = " ".repeat(width.saturating_sub(width_of(text)));
                let (before, after) =
                    if column.right { (space, String::new()) } else { (String::new(), space) };
                line.extend([&before, text, &after, &" ".repeat(GAP)]);
            }
            lines.push(line.trim_end().to_owned());
        }
    }
}

fn indent_of(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// The text after something of `indent` columns: broken between words, each line set in as far.
pub fn hanging(text: &str, indent: usize, most: Option<usize>) -> String {
    let room = most.map(|most| most.saturating_sub(indent)).filter(|room| *room > NARROWEST);
    let lines = room.map_or_else(|| vec![text.to_owned()], |room| broken(text, room));
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// The text in lines of at most `most` columns, broken between words; what follows the first is set in.
fn broken(text: &str, most: usize) -> Vec<String> {
    if width_of(text) <= most {
        return vec![text.to_owned()];
    }
    let indent = indent_of(text);
    let (mut lines, mut line) = (Vec::new(), " ".repeat(indent));
    for word in text.split_whitespace() {
        let bare = line.trim_start().is_empty();
        if !bare && width_of(&line) + 1 + width_of(word) > most {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent + 2)));
        } else if !bare {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// Columns that a text takes in a terminal: some characters take two, some none.
pub fn width_of(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let mut table = Table::new();
    table.add_row([text]);
    table.column_max_content_widths().first().copied().map_or(0, usize::from)
}

#[cfg(test)]
mod tests {
    use super::{Grid, broken, width_of};

    fn grid(rows: &[[&str; 3]]) -> Grid {
        let mut grid = Grid::default();
        grid.column("number", false);
        grid.column("client", false);
        grid.column("total", true);
        for row in rows {
            grid.push(row.map(str::to_owned).to_vec());
        }
        grid
    }

    #[test]
    fn columns_stand_under_each_other_whatever_the_script() {
        let grid =
            grid(&[["A", "Müller & Söhne", "1.00"], ["B", "株式会社", "1'234.50"], ["C", "x", "-9.05"]]);
        let text = grid.text(None).unwrap();
        let wanted = "\
number  client             total
A       Müller & Söhne      1.00
B       株式会社        1'234.50
C       x                  -9.05";
        assert_eq!(text, wanted);
    }

    #[test]
    fn texts_are_broken_between_words_and_figures_never() {
        let mut grid = grid(&[
            ["A", "  3400 Revenue from services and goods", "12'345'678.90"],
            ["B", "Grand Hotel du Lac et des Alpes", "1.00"],
        ]);
        grid.rule(&[]);
        for most in [40, 46, 60] {
            let text = grid.text(Some(most)).unwrap();
            assert!(text.lines().all(|line| width_of(line) <= most), "{most}:\n{text}");
            assert!(text.contains("12'345'678.90") && text.contains("-------------"), "{text}");
        }
        assert_eq!(grid.text(Some(30)), None);
    }

    #[test]
    fn what_is_broken_stays_set_in() {
        assert_eq!(
            broken("  3400 Revenue from services", 16),
            ["  3400 Revenue", "    from", "    services"]
        );
        assert_eq!(broken("short", 16), ["short"]);
    }
}
