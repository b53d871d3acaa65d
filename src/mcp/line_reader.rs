//! Reads messages line by line, holding at most one line of bounded length: of a longer one it keeps
//! what is needed to answer it, its id. Runs on a thread of its own, since reading stdin blocks.

use std::io::{BufRead, ErrorKind, Read};

use super::outline::Outline;

/// One line without its line break, or the outline of a line over the limit.
pub(super) enum Line<'a> {
    Whole(&'a [u8]),
    Oversized(Outline),
}

/// A buffer that grew beyond this is given back after its line.
const KEEP: usize = 1 << 20;

/// Hands every line of `input` to `take` until the end of input, an error of the stream or `false`.
/// The last line needs no line break.
pub(super) fn each_line(input: impl BufRead, limit: usize, mut take: impl FnMut(Line<'_>) -> bool) {
    let mut input = input;
    let mut buffer = Vec::new();
    let longest = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    loop {
        match input.by_ref().take(longest).read_until(b'\n', &mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::info!(kind = ?error.kind(), "reading stdin failed");
                return;
            }
        }
        let going_on = if buffer.last() != Some(&b'\n') && buffer.len() > limit {
            let mut outline = Outline::default();
            outline.read(&buffer);
            buffer = Vec::new();
            skip_rest(&mut input, &mut outline);
            take(Line::Oversized(outline))
        } else {
            take(Line::Whole(buffer.strip_suffix(b"\n").unwrap_or(&buffer)))
        };
        if !going_on {
            return;
        }
        buffer.clear();
        if buffer.capacity() > KEEP {
            buffer = Vec::new();
        }
    }
}

/// Reads up to the line break, only looking for the id.
fn skip_rest(input: &mut impl BufRead, outline: &mut Outline) {
    loop {
        let (used, ended) = match input.fill_buf() {
            Ok([]) => return,
            Ok(chunk) => {
                let end = chunk.iter().position(|byte| *byte == b'\n');
                outline.read(chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default());
                (end.map_or(chunk.len(), |end| end + 1), end.is_some())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        input.consume(used);
        if ended {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{Line, each_line};

    fn lines(input: &[u8], limit: usize) -> Vec<String> {
        let mut seen = Vec::new();
        each_line(Cursor::new(input), limit, |line| {
            seen.push(match line {
                Line::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Line::Oversized(outline) => format!("oversized {:?}", outline.request_id()),
            });
            true
        });
        seen
    }

    #[test]
    fn the_last_line_needs_no_line_break() {
        assert_eq!(lines(b"one\r\ntwo\n\nthree", 64), ["one\r", "two", "", "three"]);
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_whole_and_one_byte_more_is_not() {
        let exact = br#"{"method":"m","id":7}"#;
        assert_eq!(lines(exact, exact.len()), [r#"{"method":"m","id":7}"#]);
        assert_eq!(lines(&[exact.as_slice(), b"\n"].concat(), exact.len()), [r#"{"method":"m","id":7}"#]);
        assert_eq!(
            lines(&[exact.as_slice(), b" \n{}\n"].concat(), exact.len()),
            ["oversized Some(Number(7))", "{}"]
        );
    }

    #[test]
    fn an_oversized_line_yields_its_id_from_the_tail_and_the_next_line_is_read() {
        let big =
            format!(r#"{{"method":"m","params":{{"id":1,"x":"{}"}},"id":"tail"}}"#, "y\\\"".repeat(100_000));
        let input = format!("{big}\n{{\"next\":1}}\n");
        assert_eq!(lines(input.as_bytes(), 100), [r#"oversized Some(String("tail"))"#, r#"{"next":1}"#]);
    }
}
