//! Request bodies: JSON objects, uploads as multipart/form-data, and raw XML.

use serde_json::Value;

use super::answer::{Error, Record};

/// A body before its schema is checked.
#[derive(Debug)]
pub enum Body {
    Json(Value),
    /// The file, and the other form fields as texts.
    Upload(Option<Vec<u8>>, Record),
}

/// The media type without its parameters, in lower case.
pub fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Reads a body of a media type.
pub fn read(content_type: &str, bytes: &[u8]) -> Result<Body, Error> {
    match essence(content_type).as_str() {
        "multipart/form-data" => multipart(content_type, bytes),
        "application/json" => json(bytes),
        _ => Ok(Body::Upload(Some(bytes.to_vec()), Record::new())),
    }
}

fn json(bytes: &[u8]) -> Result<Body, Error> {
    let malformed =
        |why: String| Error::new(400, "malformed_json", format!("the body is not valid JSON: {why}"));
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
    serde_json::from_str(text).map(Body::Json).map_err(|error| malformed(error.to_string()))
}

fn multipart(content_type: &str, bytes: &[u8]) -> Result<Body, Error> {
    let malformed =
        |why: &str| Error::new(400, "malformed_form", format!("the form could not be read: {why}"));
    let boundary = parameter(content_type, "boundary").ok_or_else(|| malformed("it names no boundary"))?;
    let delimiter = format!("--{boundary}");
    let mut file = None;
    let mut fields = Record::new();
    let mut rest =
        after(bytes, delimiter.as_bytes()).ok_or_else(|| malformed("its boundary does not occur"))?;
    let closing = format!("\r\n{delimiter}");
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n").unwrap_or(rest);
        let end = position(part, closing.as_bytes()).ok_or_else(|| malformed("a part has no end"))?;
        let (part, next) = part.split_at(end);
        rest = next.get(closing.len()..).unwrap_or_default();
        let Some(head_end) = position(part, b"\r\n\r\n") else { continue };
        let (head, content) = part.split_at(head_end);
        let content = content.get(4..).unwrap_or_default();
        let head = String::from_utf8_lossy(head);
        let disposition =
            head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"));
        let name = disposition.and_then(|line| parameter(line, "name")).unwrap_or_default();
        if name == "file" {
            file = Some(content.to_vec());
        } else if let Ok(text) = std::str::from_utf8(content) {
            fields.insert(name, Value::String(text.to_owned()));
        }
    }
    Ok(Body::Upload(file, fields))
}

/// `name="value"` or `name=value` after a semicolon.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len().max(1)).position(|window| window == wanted)
}

fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    bytes.get(position(bytes, wanted)? + wanted.len()..)
}

/// Drops the fields that are null: a client that sends back what it read sends nulls for what is not set.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect::<Record>()
            .into(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, read};

    #[test]
    fn a_form_gives_its_file_byte_for_byte() {
        let form = b"--X\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--X\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a.xml\"\r\nContent-Type: text/xml\r\n\r\n\
            <a>\r\n\xff</a>\r\n--X--\r\n";
        let Ok(Body::Upload(Some(file), fields)) = read("multipart/form-data; boundary=X", form) else {
            panic!("no upload");
        };
        assert_eq!(file, b"<a>\r\n\xff</a>");
        assert_eq!(fields["note"], "hi");
    }

    #[test]
    fn a_broken_form_is_refused() {
        for form in [&b"--X\r\nContent-Disposition: form-data; name=file\r\n\r\nabc"[..], b"", b"--X"] {
            assert_eq!(read("multipart/form-data; boundary=X", form).unwrap_err().status, 400);
        }
        assert_eq!(read("multipart/form-data", b"--X--").unwrap_err().status, 400);
    }

    #[test]
    fn deep_json_is_refused() {
        assert_eq!(read("application/json", "[".repeat(5000).as_bytes()).unwrap_err().status, 400);
    }
}
