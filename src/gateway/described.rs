//! Operations of the user's own API description: how their requests go out, what their answers are, and which record they
//! are about.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::redaction::quoted;
use super::{Gateway, Work, answer, files};
use crate::api::{self, Attachment};
use crate::catalogue::request::Wire;
use crate::catalogue::{self, Answer, Endpoint, Place};
use crate::failure::{Exit, Failure, Sent};
use crate::spec::Verb;

/// Endings of the names that an answer is saved under: documents and pictures, and nothing that runs.
const ENDINGS: &[&str] = &[
    "csv", "docx", "gif", "jpeg", "jpg", "json", "ods", "odt", "pdf", "png", "svg", "tif", "tiff", "txt",
    "webp", "xlsx", "xml", "zip",
];
/// Bytes of a text that stands in the answer itself.
const SHORT: usize = 32_000;
/// Bytes of JSON that stand in the answer itself.
const MOST: usize = 200_000;

/// For [`api::Request::verbatim`]: `None` for rows of the catalogue.
pub(super) fn verbatim(endpoint: &Endpoint) -> Option<&'static str> {
    match endpoint.answer {
        _ if !endpoint.is_extra() => None,
        Answer::File(media_type) => Some(media_type),
        _ => Some("application/json"),
    }
}

/// The form with the file of an operation that takes one.
pub(super) fn upload(work: &Work, bytes: Vec<u8>) -> api::Body {
    let param = work.endpoint.params.iter().find(|param| param.place == Place::File);
    let path = param.and_then(|param| work.arguments.get(param.name)).and_then(Value::as_str);
    let name = path.and_then(|path| Path::new(path).file_name()).map(|name| name.to_string_lossy());
    let content_type = match files::media_type(&bytes) {
        Some(media_type) => media_type,
        None if bytes.starts_with(b"\x89PNG") => "image/png",
        None if bytes.starts_with(b"\xff\xd8\xff") => "image/jpeg",
        None => "application/octet-stream",
    };
    api::Body::File {
        part: param.map_or("file", catalogue::Param::wire_name),
        name: name.map_or_else(|| "file".to_owned(), std::borrow::Cow::into_owned),
        content_type,
        bytes,
    }
}

/// Where the answer of a call is to be saved.
fn wanted(work: &Work) -> Option<&str> {
    work.arguments.get("file").and_then(Value::as_str).filter(|_| work.endpoint.is_extra())
}

/// The arguments that make a call the same as another: without the file that its answer goes to, and without the name of the
/// one that is sent, whose content counts.
pub(super) fn content(work: &Work) -> Map<String, Value> {
    let sends = |name: &str| {
        let named = work.endpoint.params.iter().find(|param| param.name == name);
        named.is_some_and(|param| param.place != Place::File)
    };
    let mut content = work.arguments.clone();
    content.retain(|name, _| sends(name));
    content
}

impl Gateway {
    /// The request as the description has it, with the file that it takes.
    pub(super) fn described_wire(&self, work: &Work) -> Result<Wire, Failure> {
        let mut wire = catalogue::request::build(work.endpoint, &work.arguments, None)?;
        let param = work.endpoint.params.iter().find(|param| param.place == Place::File);
        if let Some(path) = param.and_then(|param| work.arguments.get(param.name)).and_then(Value::as_str) {
            wire.file = Some(files::read(Path::new(path), &self.files)?);
        }
        Ok(wire)
    }

    /// What could not be saved is refused before anything is sent.
    pub(super) fn refuse_unsavable(&self, work: &Work) -> Result<(), Failure> {
        let Some(path) = wanted(work) else { return Ok(()) };
        let ending = Path::new(path).extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        if !ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
            let message = format!(
                "`file` has to end in one of {}; nothing was sent",
                ENDINGS.iter().map(|ending| format!("`.{ending}`")).collect::<Vec<_>>().join(", ")
            );
            return Err(Failure::new("bad_arguments", Exit::Refused, message)
                .hint("give a name such as `invoice.pdf`"));
        }
        files::refuse_unwritable(Path::new(path), &self.files)
    }

    /// The facts of an answer, its file saved where that was asked for. What was carried out stays so, whatever becomes of
    /// the file.
    pub(super) fn described_facts(
        &self,
        work: &Work,
        reply: api::Reply,
    ) -> Result<Map<String, Value>, Failure> {
        if !work.endpoint.is_extra() {
            return Ok(answer::of(work, reply));
        }
        let mut facts = answer::took_effect(work);
        if let (true, Some(id)) = (work.endpoint.writes(), &reply.request_id) {
            facts.insert("request_id".into(), json!(id));
        }
        match self.taken(work, reply) {
            Ok(further) => facts.extend(further),
            Err(failure) if work.endpoint.writes() => {
                facts.insert("not_saved".into(), json!(failure.message));
            }
            Err(failure) => return Err(failure),
        }
        Ok(facts)
    }

    fn taken(&self, work: &Work, reply: api::Reply) -> Result<Map<String, Value>, Failure> {
        let one = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
        match (reply.file, wanted(work)) {
            (Some(file), Some(path)) => self.saved(work, &file, path),
            (Some(file), None) => Ok(self.unsaved(work, *file)),
            (None, Some(path)) if Path::new(path).extension().is_some_and(|it| it == "json") => {
                let bytes = format!("{:#}\n", reply.body).into_bytes();
                let file = Attachment { media_type: "application/json".to_owned(), name: None, bytes };
                self.saved(work, &file, path)
            }
            (None, Some(_)) => {
                let message = format!("the answer to `{}` is no file, so nothing was saved", work.tool());
                Err(Failure::new("no_file", Exit::Refused, message)
                    .hint("leave `file` out to see what it answers, or give a name that ends in `.json`")
                    .sent(Sent::Read))
            }
            (None, None) if reply.body.is_null() => Ok(Map::new()),
            (None, None) => {
                let bytes = reply.body.to_string().len();
                if bytes <= MOST || work.caller.until.is_none() {
                    return Ok(one("answer", reply.body));
                }
                let message =
                    format!("the answer to `{}` is too long to be shown: {bytes} bytes", work.tool());
                Err(Failure::new("too_long", Exit::Refused, message).sent(Sent::Read).hint(
                    "ask for less, or give `file` (a new name ending in `.json`) if the person allowed a folder",
                ))
            }
        }
    }

    fn saved(&self, work: &Work, file: &Attachment, path: &str) -> Result<Map<String, Value>, Failure> {
        let says_pdf = file.media_type == "application/pdf" || path.to_ascii_lowercase().ends_with(".pdf");
        if says_pdf && !file.bytes.starts_with(b"%PDF-") {
            let message = format!("the answer to `{}` holds no PDF, and was not saved", work.tool());
            return Err(Failure::new("file_refused", Exit::Refused, message)
                .hint(format!("its type is `{}`: give `file` a name that fits it", quoted(&file.media_type)))
                .sent(Sent::Read));
        }
        let saved = files::write_new(Path::new(path), &file.bytes, &self.files)
            .map_err(|failure| failure.sent(Sent::Read))?;
        Ok(Map::from_iter([
            ("file".to_owned(), json!(saved)),
            ("media_type".to_owned(), json!(file.media_type)),
            ("bytes".to_owned(), json!(file.bytes.len())),
        ]))
    }

    /// What a file is whose content does not run through the model; a short text does.
    fn unsaved(&self, work: &Work, file: Attachment) -> Map<String, Value> {
        let mut facts = Map::new();
        facts.insert("media_type".into(), json!(quoted(&file.media_type)));
        facts.insert("bytes".into(), json!(file.bytes.len()));
        if let Some(name) = &file.name {
            facts.insert("name".into(), json!(quoted(name)));
        }
        let binary = file.bytes.contains(&0) || file.bytes.len() > SHORT;
        match String::from_utf8(file.bytes).ok().filter(|_| !binary) {
            Some(text) => drop(facts.insert("text".into(), json!(text))),
            None => drop(facts.insert("hint".into(), json!(self.how_to_save(work)))),
        }
        facts
    }

    fn how_to_save(&self, work: &Work) -> String {
        if work.endpoint.writes() {
            return "it was carried out, and the file of its answer was not kept: give `file` next time"
                .to_owned();
        }
        match self.files.as_slice() {
            [] => "call it again with `file`: a new name such as `invoice.pdf`, once the person has allowed a folder: \
                   `lumabill config files FOLDER` or `serve --files FOLDER`"
                .to_owned(),
            folders => {
                let named: Vec<_> =
                    folders.iter().map(|folder| format!("`{}`", quoted(&folder.to_string_lossy()))).collect();
                format!(
                    "call it again with `file`: a new name such as `invoice.pdf` in {}",
                    named.join(" or ")
                )
            }
        }
    }

    /// The record that an operation is about, in our words: where the description has a tool of ours that reads what the
    /// operation's path begins with. It is for the question; without it the question shows the id.
    pub(super) async fn described_record(&self, work: &mut Work) -> Option<Value> {
        let path = record_path(work)?;
        let reply = self.try_read(work, path, Vec::new()).await.ok()?.ok()?;
        work.seen.read(reply.etag);
        Some(api::pages::record(reply.body)).filter(Value::is_object)
    }
}

/// The path of ours under which the record is read that an operation is about.
fn record_path(work: &Work) -> Option<String> {
    let dialect = &work.connection.described()?.dialect;
    let template = work.endpoint.path;
    let ends: Vec<usize> = template.match_indices('}').map(|(at, _)| at + 1).collect();
    ends.into_iter().rev().find_map(|end| {
        let base = template.get(..end).filter(|_| matches!(template.get(end..=end), None | Some("/")))?;
        let (tool, _) = dialect
            .spoken
            .iter()
            .find(|(_, spoken)| spoken.verb == Verb::Get && unnamed(&spoken.path) == unnamed(base))?;
        let ours = catalogue::find(tool)?.path.strip_suffix("{id}").filter(|start| !start.contains('{'))?;
        let (_, name) = base.rsplit_once('{')?;
        let id = path_value(work, name.trim_end_matches('}'))?;
        Some(format!("{ours}{}", catalogue::request::segment(&id)))
    })
}

/// The path without the names of its parameters.
fn unnamed(path: &str) -> Vec<&str> {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect()
}

fn path_value(work: &Work, wire: &str) -> Option<String> {
    let of = |param: &&catalogue::Param| param.place == Place::Path && param.wire_name() == wire;
    let param = work.endpoint.params.iter().find(of)?;
    plain(work.arguments.get(param.name)?)
}

/// What a path of the user's description names: the records that an act is about.
pub(super) fn named_in_path(endpoint: &Endpoint, arguments: &Map<String, Value>) -> Vec<String> {
    let in_path = endpoint.params.iter().filter(|param| param.place == Place::Path);
    in_path.filter_map(|param| plain(arguments.get(param.name)?)).collect()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
