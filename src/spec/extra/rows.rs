//! Further tools as rows of the catalogue: made once per process and never given back, so that everything behind takes them
//! as it takes rows of ours. The kept file is the user's, and checked again here all the same.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::effects::{acts, effect};
use super::naming::{is_plain, is_tool_name};
use super::{Argument, Extra, MOST, Place, is_media_type};
use crate::catalogue::params::id;
use crate::catalogue::{
    Answer, Check, Confirms, Effect, Endpoint, Evidence, Kind, ListOf, Method, Param, Place as Goes, Toolset,
    find,
};
use crate::spec::Verb;
use crate::text::in_line;

/// Rows that one process makes: those of several accounts, some of them read again.
const MOST_ROWS: usize = 5 * MOST;
/// Bytes of one row's schemas.
const MOST_BYTES: usize = 400_000;
const LONGEST_PATH: usize = 512;

static MADE: Mutex<Vec<(Extra, &'static Endpoint)>> = Mutex::new(Vec::new());

/// The rows of further tools, without those that cannot be one or whose name is one of ours by now.
pub fn rows(extras: &[Extra]) -> Vec<&'static Endpoint> {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut rows: Vec<&'static Endpoint> = Vec::new();
    for extra in extras.iter().take(MOST) {
        if rows.iter().any(|row| row.tool == extra.tool) {
            continue;
        }
        if let Some((_, row)) = made.iter().find(|(known, _)| known == extra) {
            rows.push(row);
            continue;
        }
        if made.len() == MOST_ROWS {
            tracing::warn!("this process has made as many further tools as it may: start it again");
            break;
        }
        if let Some(row) = extra.row() {
            let row: &'static Endpoint = Box::leak(Box::new(row));
            made.push((extra.clone(), row));
            rows.push(row);
        }
    }
    rows
}

/// The row of a further tool that this process has made, the last one of this name.
pub fn row_of(tool: &str) -> Option<&'static Endpoint> {
    let made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.iter().rev().map(|(_, row)| *row).find(|row| row.tool == tool)
}

impl Extra {
    /// What it does, as far as its method, path and names tell.
    pub fn effect(&self) -> Effect {
        effect(self.verb, &self.path, self.acts || acts(self.verb, &self.tool, &self.path))
    }

    /// Its row; `None` where name, path or arguments are none that a tool may have.
    fn row(&self) -> Option<Endpoint> {
        let bytes: usize = self.arguments.iter().map(|argument| argument.schema.to_string().len()).sum();
        let sound = is_tool_name(&self.tool)
            && find(&self.tool).is_none()
            && is_safe(&self.path)
            && self.arguments.iter().all(Argument::is_sound)
            && bytes <= MOST_BYTES;
        if !sound {
            return None;
        }
        let effect = self.effect();
        let writes = effect != Effect::Reads;
        let params: Vec<Param> = self.arguments.iter().map(Argument::param).collect();
        Some(Endpoint {
            tool: leaked(&self.tool),
            toolset: Toolset::Extra,
            default: false,
            about: leaked(&in_line(&self.about, 1_024)),
            method: match self.verb {
                Verb::Get => Method::Get,
                Verb::Post => Method::Post,
                Verb::Put => Method::Put,
                Verb::Patch => Method::Patch,
                Verb::Delete => Method::Delete,
            },
            path: leaked(&self.path),
            effect,
            confirms: if writes { Confirms::Always } else { Confirms::Never },
            params: params.leak(),
            answer: self.answer(writes),
            computed: &[],
            evidence: Evidence::Described,
        })
    }

    fn answer(&self, writes: bool) -> Answer {
        match self.media_type.as_deref().filter(|media| is_media_type(media)) {
            Some(media) => Answer::File(leaked(media)),
            None if self.list && !writes => {
                let last = self.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
                Answer::List(ListOf {
                    resource: leaked(last),
                    date: None,
                    sums: &[],
                    columns: &[],
                    short: false,
                })
            }
            None => Answer::Object,
        }
    }
}

impl Argument {
    fn is_sound(&self) -> bool {
        let wire = self.wire.as_deref().unwrap_or(&self.name);
        is_plain(&self.name) && wire.len() <= 128 && self.schema.is_object()
    }

    fn param(&self) -> Param {
        let schema: &'static Value = Box::leak(Box::new(self.schema.clone()));
        let place = match self.place {
            Place::Path => Goes::Path,
            Place::Query => Goes::Query(Check::None),
            Place::Body => Goes::Body,
            Place::Whole => Goes::Whole,
            Place::File => Goes::File,
        };
        Param {
            wire: self.wire.as_deref().map(leaked),
            place,
            kind: Kind::Schema(schema),
            required: self.required,
            ..id(leaked(&self.name))
        }
    }
}

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// A path that stays where it is: absolute, without empty parts, steps up, escapes, and anything that begins a query.
pub fn is_safe(path: &str) -> bool {
    let Some(below) = path.strip_prefix('/') else { return false };
    let below = below.strip_suffix('/').unwrap_or(below);
    path.len() <= LONGEST_PATH && below.split('/').all(is_safe_segment)
}

fn is_safe_segment(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
    let mut rest = segment;
    let mut literal = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { return false };
        if name.is_empty() || name.len() > 64 || !is_plain(name) {
            return false;
        }
        literal.push_str(before);
        literal.push('x');
        rest = behind;
    }
    literal.push_str(rest);
    !literal.is_empty() && literal != "." && literal != ".." && literal.bytes().all(plain)
}

/// The parameters of a safe path, in its order.
pub fn parameters_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}
