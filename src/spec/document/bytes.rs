//! From bytes to text, and how much is in it before it is parsed.

use super::{MOST_BYTES, SpecError};

/// The text of a file, without a byte order mark.
pub fn text(bytes: &[u8]) -> Result<&str, SpecError> {
    if bytes.len() > MOST_BYTES {
        return Err(SpecError::TooLarge(MOST_BYTES));
    }
    match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, _, ..] | [_, 0, ..] => return Err(SpecError::Utf16),
        [0x1f, 0x8b, ..] | [b'P', b'K', 3, 4, ..] => return Err(SpecError::Compressed),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| SpecError::NotText(error.valid_up_to()))?;
    if text.trim().is_empty() { Err(SpecError::Empty) } else { Ok(text) }
}

/// No fewer values than this are in a JSON text: parsed, each takes a hundred times the room of its two letters.
pub fn parts_of_json(text: &str) -> usize {
    let (mut parts, mut quoted, mut escaped) = (1, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b'[' | b'{' if !quoted => parts += 1,
            _ => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{parts_of_json, text};
    use crate::spec::document::SpecError;

    #[test]
    fn only_text_in_utf_8_is_read() {
        assert_eq!(text("\u{feff}{}".as_bytes()), Ok("{}"));
        for (bytes, error) in [
            (&b"\xff\xfe{\0}\0"[..], SpecError::Utf16),
            (b"\xfe\xff\0{", SpecError::Utf16),
            (b"{\0}\0", SpecError::Utf16),
            (b"\x1f\x8b\x08\0", SpecError::Compressed),
            (b"PK\x03\x04..", SpecError::Compressed),
            (b"abc\xe4", SpecError::NotText(3)),
            (b" \n", SpecError::Empty),
            (b"", SpecError::Empty),
        ] {
            assert_eq!(text(bytes), Err(error), "{bytes:?}");
        }
        assert_eq!(text(&vec![b'a'; 10_000_001]), Err(SpecError::TooLarge(10_000_000)));
    }

    #[test]
    fn values_are_counted_outside_of_texts() {
        assert!(parts_of_json(r#"{"a":[1,2,{"b":"x,[{\","}]}"#) >= 6);
        assert!(parts_of_json(r#"{"a":"[[[[,,,,\\"}"#) <= 3);
    }
}
