//! Files of remote tools by way of folders that the user allowed, in place of base64 through the model: what is uploaded
//! is read there, and what comes back is saved there, when asked for.

use std::path::Path;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, PAD};
use ring::digest;
use serde_json::{Map, Value, json};

use super::super::files;
use super::super::redaction::quoted;
use super::work::{Work, words};
use super::{Bridged, Offered};
use crate::failure::{Exit, Failure, Sent};

/// Our argument that names the file which a result's file goes to.
pub const SAVE_TO: &str = "save_to";
/// What it is for, in a schema.
pub const SAVE_TO_SAYS: &str =
    "save the file of the answer under this new name in an allowed folder, in place of base64 here";
/// What `file` takes beside base64, in a schema.
pub const FILE_SAYS: &str = "base64, or the path of a PDF or XML file in an allowed folder (up to 20 MB)";

/// Tools that are sent a file, as base64 in `file` with its name and media type beside it.
const UPLOADS: &[(&str, &str)] =
    &[("faktoora", "import_incoming_invoice"), ("faktoora", "import_outgoing_invoice")];
/// Tools that answer with a file.
const DOWNLOADS: &[(&str, &str)] =
    &[("faktoora", "download_invoice"), ("billstride", "get_invoice_pdf"), ("billbot", "generate_pdf")];
/// Parts of the names of other tools that answer with a file.
const DOWNLOADING: &[&str] = &["download", "pdf"];
/// Fields of a result that hold a file as base64.
const CONTENTS: &[&str] = &[
    "base64Content",
    "contentBase64",
    "content_base64",
    "base64",
    "pdfBase64",
    "pdf_base64",
    "blob",
    "data",
    "pdf",
];
/// Texts shorter than this are no files.
const SHORTEST: usize = 32;

/// Whether a tool takes [`SAVE_TO`].
pub fn saves(service: &str, remote_name: &str) -> bool {
    let named = remote_name.to_lowercase();
    DOWNLOADS.contains(&(service, remote_name)) || DOWNLOADING.iter().any(|part| named.contains(part))
}

/// Whether a tool takes the path of a file in `file`.
pub fn uploads(service: &str, remote_name: &str) -> bool {
    UPLOADS.contains(&(service, remote_name))
}

/// Says in a tool's input schema what goes through allowed folders.
pub fn describe(service: &str, remote_name: &str, schema: &mut Map<String, Value>) {
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    let Some(properties) = properties.as_object_mut() else { return };
    if saves(service, remote_name) {
        properties.insert(SAVE_TO.to_owned(), json!({"type": "string", "description": SAVE_TO_SAYS}));
    }
    if uploads(service, remote_name)
        && let Some(Value::Object(file)) = properties.get_mut("file")
    {
        file.insert("description".to_owned(), json!(FILE_SAYS));
    }
}

impl Bridged {
    /// Takes `save_to` out of the arguments, and puts a file in the place of its path. What could not work is refused
    /// before anything is sent.
    pub(super) fn with_files(&self, work: &mut Work) -> Result<(), Failure> {
        let service = self.setup.service;
        if saves(service, work.remote_name()) {
            work.save_to = words(&work.tool, &mut work.given, SAVE_TO)?;
        }
        if let Some(path) = &work.save_to {
            files::refuse_unwritable(Path::new(path), &self.setup.files)?;
        }
        if !uploads(service, work.remote_name()) {
            return Ok(());
        }
        let Some(path) = work.given.get("file").and_then(Value::as_str).filter(|text| is_path(text)) else {
            return Ok(());
        };
        let (bytes, media_type) = files::read_document(Path::new(path), &self.setup.files)?;
        let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
        let mut sent = work.given.clone();
        sent.insert("file".into(), json!(PAD_STANDARD.encode(&bytes)));
        for (field, value) in
            [("filename", name.as_deref().unwrap_or("invoice")), ("contentType", media_type)]
        {
            if work.given.get(field).is_none_or(Value::is_null) && takes(&work.offered, field) {
                sent.insert(field.into(), json!(value));
            }
        }
        let digest = digest::digest(&digest::SHA256, &bytes);
        work.file = Some(PAD_STANDARD.encode(digest.as_ref()));
        work.sent = Some(sent);
        Ok(())
    }

    /// Saves the file of a result, and says where in its place.
    pub(super) fn save(&self, work: &Work, result: &mut Map<String, Value>) -> Result<(), Failure> {
        let Some(path) = &work.save_to else { return Ok(()) };
        let Some(bytes) = taken_out(result) else {
            let message = format!("the answer to `{}` holds no file, so nothing was saved", work.tool);
            return Err(Failure::new("no_file", Exit::Refused, message)
                .hint(format!("call it again without `{SAVE_TO}` to see what it answers"))
                .sent(Sent::Read));
        };
        if files::media_type(&bytes).is_none() {
            let message = format!("the file of `{}` is neither PDF nor XML, and was not saved", work.tool);
            return Err(Failure::new("file_refused", Exit::Refused, message)
                .hint(format!("call it again without `{SAVE_TO}` to see what it answers"))
                .sent(Sent::Read));
        }
        let saved = files::write_new(Path::new(path), &bytes, &self.setup.files)?;
        say(result, &json!({"saved_to": quoted(&saved), "bytes": bytes.len()}));
        Ok(())
    }
}

const PAD_STANDARD: GeneralPurpose = GeneralPurpose::new(&STANDARD, PAD);

fn takes(offered: &Offered, field: &str) -> bool {
    let schema = offered.definition.get("inputSchema").and_then(|schema| schema.get("properties"));
    schema.is_none_or(|properties| properties.get(field).is_some())
}

/// Base64 has no dots: a text with one is the name of a file, as is one that cannot be base64.
fn is_path(text: &str) -> bool {
    let base64 = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'\r' | b'\n')
    };
    text.len() < 4_096 && !text.bytes().all(base64)
}

/// The first file that a result holds; it is taken out everywhere.
fn taken_out(result: &mut Map<String, Value>) -> Option<Vec<u8>> {
    let mut found = None;
    if let Some(structured) = result.get_mut("structuredContent") {
        take(structured, &mut found, 0);
    }
    for block in result.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(text) = block.get("text").and_then(Value::as_str)
            && text.trim_start().starts_with('{')
            && let Ok(mut inner) = serde_json::from_str::<Value>(text)
        {
            if take(&mut inner, &mut found, 0)
                && let Some(place) = block.get_mut("text")
            {
                *place = json!(inner.to_string());
            }
            continue;
        }
        if let Some(resource) = block.get_mut("resource") {
            let taken = take(resource, &mut found, 0);
            // A resource without content is none: it becomes a text.
            if taken {
                *block = json!({"type": "text", "text": resource.to_string()});
            }
        }
    }
    found
}

/// True where something was taken out of `value`.
fn take(value: &mut Value, found: &mut Option<Vec<u8>>, depth: u8) -> bool {
    let Some(fields) = value.as_object_mut().filter(|_| depth < 4) else { return false };
    let mut taken = false;
    for name in CONTENTS {
        let Some(bytes) = fields.get(*name).and_then(Value::as_str).and_then(decoded) else { continue };
        if files::media_type(&bytes).is_none() && *name != "base64Content" && *name != "blob" {
            continue;
        }
        fields.shift_remove(*name);
        found.get_or_insert(bytes);
        taken = true;
    }
    for inner in fields.values_mut() {
        taken |= take(inner, found, depth + 1);
    }
    taken
}

/// The bytes of base64 in either alphabet, with or without padding, on one line or several.
fn decoded(text: &str) -> Option<Vec<u8>> {
    if text.len() < SHORTEST {
        return None;
    }
    let text = text
        .split_once(";base64,")
        .filter(|(start, _)| start.starts_with("data:"))
        .map_or(text, |(_, rest)| rest);
    let packed: String;
    let text = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        packed = text.split_ascii_whitespace().collect();
        &packed
    } else {
        text
    };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, config).decode(text).ok()
}

/// Adds facts of ours to a result, in both of its parts.
fn say(result: &mut Map<String, Value>, facts: &Value) {
    let facts = facts.as_object().cloned().unwrap_or_default();
    if let Some(Value::Object(structured)) = result.get_mut("structuredContent") {
        structured.extend(facts.clone());
    }
    let block = json!({"type": "text", "text": Value::Object(facts).to_string()});
    match result.get_mut("content").and_then(Value::as_array_mut) {
        Some(blocks) => blocks.push(block),
        None => drop(result.insert("content".into(), json!([block]))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{PAD_STANDARD, describe, is_path, saves, taken_out, uploads};
    use base64::Engine as _;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => unreachable!(),
        }
    }

    fn pdf() -> String {
        PAD_STANDARD.encode(b"%PDF-1.7 and so on, and so on, and so on")
    }

    #[test]
    fn a_file_is_found_wherever_a_result_has_it_and_taken_out_everywhere() {
        let text = json!({"filename": "a.pdf", "base64Content": pdf()});
        let results = [
            json!({"content": [{"type": "text", "text": text.to_string()}], "structuredContent": text}),
            json!({"content": [{"type": "resource", "resource": {"uri": "x://a", "mimeType": "application/pdf", "blob": pdf()}}]}),
            json!({"structuredContent": {"invoice": {"pdf": format!("data:application/pdf;base64,{}", pdf())}}}),
            json!({"structuredContent": {"data": pdf().trim_end_matches('=')}}),
        ];
        for result in results {
            let mut result = map(result);
            let bytes = taken_out(&mut result).unwrap();
            assert!(bytes.starts_with(b"%PDF-1.7 and so on"));
            let left = Value::Object(result).to_string();
            assert!(!left.contains(&pdf()[..40]), "{left}");
        }
    }

    #[test]
    fn what_is_no_file_is_left_alone() {
        let result = json!({"content": [{"type": "text", "text": "{\"data\":\"not base64, by far not base64 at all\"}"}],
            "structuredContent": {"data": "short", "pdf": "https://billbot.io/invoices/1.pdf?with=a&long=query"}});
        let mut same = map(result.clone());
        assert_eq!(taken_out(&mut same), None);
        assert_eq!(Value::Object(same), result);
    }

    #[test]
    fn paths_and_base64_are_told_apart() {
        for path in ["invoice.xml", "/home/me/in/re.pdf", "C:\\in\\a.xml", "my file", "./a"] {
            assert!(is_path(path), "{path}");
        }
        assert!(!is_path(&pdf()) && !is_path("PD94bWw/+w=="));
    }

    #[test]
    fn which_tools_have_files() {
        assert!(saves("faktoora", "download_invoice") && saves("url", "get_invoice_pdf"));
        assert!(!saves("faktoora", "get_invoice_status") && !uploads("billbot", "import_incoming_invoice"));
        let mut schema = map(json!({"properties": {"file": {"type": "string", "description": "base64"}}}));
        describe("faktoora", "import_incoming_invoice", &mut schema);
        assert!(schema["properties"]["file"]["description"].as_str().unwrap().contains("path"));
        assert!(schema["properties"].get("save_to").is_none());
    }
}
