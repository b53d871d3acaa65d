//! An answer that is no JSON, where that is allowed: its bytes as they came, and what the server says of them.

use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, DATE, HeaderMap};
use serde_json::Value;

use super::{ApiError, Asked, Attachment, Reply, request_id, text_of};

/// Characters of a name that a server proposes.
const LONGEST: usize = 200;

/// Whether the headers say that the answer is a file. A web page is none: it comes from what stands before the API.
pub fn is_one(headers: &HeaderMap) -> bool {
    let media_type = media_type(headers);
    !media_type.is_empty() && !media_type.contains("json") && !media_type.contains("html")
}

/// Whether the headers say nothing of what the answer is.
pub fn is_untold(headers: &HeaderMap) -> bool {
    media_type(headers).is_empty()
}

pub fn reply(headers: &HeaderMap, bytes: Vec<u8>, asked: &Asked<'_>) -> Result<Reply, ApiError> {
    // Nobody writes the key into a file but who wants it to be somewhere else.
    if asked.key.is_in(&String::from_utf8_lossy(&bytes)) {
        let what = "holds the key, and was thrown away";
        return Err(ApiError::Unreadable { host: asked.host.to_owned(), status: 200, what });
    }
    let name = text_of(headers, CONTENT_DISPOSITION.as_str()).and_then(|text| file_name(&text));
    let file = Attachment {
        media_type: media_type(headers),
        name: name.filter(|name| !asked.key.is_in(name)),
        bytes,
    };
    Ok(Reply {
        body: Value::Null,
        link: None,
        request_id: request_id(headers, asked.key),
        date: text_of(headers, DATE.as_str()).and_then(|date| httpdate::parse_http_date(&date).ok()),
        etag: None,
        file: Some(Box::new(file)),
    })
}

fn media_type(headers: &HeaderMap) -> String {
    let text = text_of(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The last part of the plain `filename`.
fn file_name(disposition: &str) -> Option<String> {
    let (_, rest) = disposition.split_once("filename=")?;
    let name = match rest.trim_start().strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(';').next(),
    };
    let name = name?.trim().rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().take(LONGEST).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_proposed_name_is_its_last_part() {
        for (header, name) in [
            ("attachment; filename=\"R-1.pdf\"", Some("R-1.pdf")),
            ("attachment; filename=R-1.pdf; x=y", Some("R-1.pdf")),
            ("inline; filename=\"../../etc/passwd\"", Some("passwd")),
            ("inline; filename=\"C:\\x\\a.pdf\"", Some("a.pdf")),
            ("attachment; filename=\"a/\"", None),
            ("attachment", None),
        ] {
            assert_eq!(file_name(header).as_deref(), name, "{header}");
        }
    }
}
