//! How a file is laid out: its line endings, the indentation of a line and what one level of it is.

/// The line ending that most lines of the text have.
pub fn newline(text: &str) -> &'static str {
    let all = text.matches('\n').count();
    let windows = text.matches("\r\n").count();
    if windows > 0 && windows * 2 >= all { "\r\n" } else { "\n" }
}

/// Where the line of this byte begins.
pub fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// Where the line of this byte ends, before its line ending.
pub fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    match rest.find('\n') {
        Some(0) if text.get(..at).is_some_and(|before| before.ends_with('\r')) => at - 1,
        Some(found) => {
            at + if rest.get(..found).is_some_and(|line| line.ends_with('\r')) { found - 1 } else { found }
        }
        None => text.len(),
    }
}

/// Where the line after that of this byte begins, or the end of the text.
pub fn next_line(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |found| at + found + 1)
}

/// The white space at the start of the line of this byte, no further than to the byte itself.
pub fn indent(text: &str, at: usize) -> &str {
    let line = text.get(line_start(text, at)..at).unwrap_or_default();
    let end = line.find(|letter| letter != ' ' && letter != '\t').unwrap_or(line.len());
    line.get(..end).unwrap_or_default()
}

/// Whether nothing but white space stands before this byte on its line.
pub fn begins_line(text: &str, at: usize) -> bool {
    text.get(line_start(text, at)..at).is_some_and(|before| before.trim_matches([' ', '\t']).is_empty())
}

/// Whether nothing but white space stands from this byte to the end of its line.
pub fn ends_line(text: &str, at: usize) -> bool {
    text.get(at..line_end(text, at)).is_none_or(|after| after.trim_matches([' ', '\t']).is_empty())
}

/// The end of the spaces and tabs from this byte on.
pub fn after_blanks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find(|letter| letter != ' ' && letter != '\t').unwrap_or(rest.len())
}

/// The start of the spaces and tabs before this byte.
pub fn before_blanks(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t']).len()
}

/// `block` (without a last line ending) as lines of their own at `at`, which is the end of a text or of a part of it
/// that ends with a line ending.
pub fn appended(text: &str, at: usize, block: &str, newline: &str) -> String {
    let before = text.get(..at).unwrap_or_default();
    if before.is_empty() || before.ends_with('\n') {
        format!("{block}{newline}")
    } else {
        format!("{newline}{block}{}", if at < text.len() { newline } else { "" })
    }
}
