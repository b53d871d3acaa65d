//! Server-sent events out of bytes that come in pieces. A byte of data is looked at once and copied once.

use std::time::Duration;

/// No name of a field is longer than this; longer ones are skipped like unknown ones.
const NAME: usize = 8;
/// Nor is a name or id of an event, which would have to be sent back in a header.
const SMALL: usize = 1024;
/// A server that wants to be left alone for longer is asked again all the same.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// One event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `event`, empty for a plain message.
    pub name: Vec<u8>,
    /// The lines of `data`, with line breaks in between.
    pub data: Vec<u8>,
}

/// An event that is larger than allowed.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLarge;

/// Where in a line the next byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Name,
    /// Behind the colon: one space does not count.
    Space,
    Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Data,
    Event,
    Id,
    Retry,
    Other,
}

/// Reads one stream.
pub struct Parser {
    most: usize,
    at: At,
    field: Field,
    /// The name of a field, or its value where that is small.
    small: Vec<u8>,
    event: Event,
    /// A line of data was there, perhaps an empty one.
    has_data: bool,
    id: Option<Vec<u8>>,
    /// The last byte was CR: a LF that follows belongs to it.
    after_cr: bool,
    /// Bytes of a mark at the very start that have been met; 3 or more for none to come.
    mark: usize,
    /// Of the last event that was complete; what a resumption names.
    pub last_id: Option<Vec<u8>>,
    /// How long to wait before the stream is asked for again, where the server said so.
    pub retry: Option<Duration>,
}

impl Parser {
    /// `most` bytes of data are taken in one event.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            at: At::Name,
            field: Field::Other,
            small: Vec::new(),
            event: Event::default(),
            has_data: false,
            id: None,
            after_cr: false,
            mark: 0,
            last_id: None,
            retry: None,
        }
    }

    /// Takes bytes off `input` until an event is complete or none are left.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Event>, TooLarge> {
        while let Some(&byte) = input.first() {
            if std::mem::take(&mut self.after_cr) && byte == b'\n' {
                *input = input.get(1..).unwrap_or_default();
                continue;
            }
            if self.skips_mark(byte) {
                *input = input.get(1..).unwrap_or_default();
                continue;
            }
            let (text, rest) = match end_of_line(input) {
                Some(end) => input.split_at(end),
                None => (*input, [].as_slice()),
            };
            self.take(text)?;
            let Some(&end) = rest.first() else {
                *input = rest;
                return Ok(None);
            };
            self.after_cr = end == b'\r';
            *input = rest.get(1..).unwrap_or_default();
            if let Some(event) = self.end_line() {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// True for a byte of a byte order mark at the start of the stream.
    fn skips_mark(&mut self, byte: u8) -> bool {
        const MARK: [u8; 3] = *b"\xef\xbb\xbf";
        let is = MARK.get(self.mark) == Some(&byte);
        self.mark = if is { self.mark + 1 } else { MARK.len() };
        is
    }

    /// Takes a part of a line.
    fn take(&mut self, mut text: &[u8]) -> Result<(), TooLarge> {
        if self.at == At::Name {
            let end = text.iter().position(|byte| *byte == b':');
            let name = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
            keep(&mut self.small, name, NAME);
            let Some(end) = end else { return Ok(()) };
            text = text.get(end + 1..).unwrap_or_default();
            self.begin_value();
        }
        if self.at == At::Space && !text.is_empty() {
            text = text.strip_prefix(b" ").unwrap_or(text);
            self.at = At::Value;
        }
        match self.field {
            Field::Data if self.event.data.len() + text.len() > self.most => return Err(TooLarge),
            Field::Data => self.event.data.extend_from_slice(text),
            Field::Event | Field::Id | Field::Retry => keep(&mut self.small, text, SMALL),
            Field::Other => {}
        }
        Ok(())
    }

    /// The name of a field is complete.
    fn begin_value(&mut self) {
        self.at = At::Space;
        self.field = match self.small.as_slice() {
            b"data" => Field::Data,
            b"event" => Field::Event,
            b"id" => Field::Id,
            b"retry" => Field::Retry,
            _ => Field::Other,
        };
        self.small.clear();
        if self.field == Field::Data && std::mem::replace(&mut self.has_data, true) {
            self.event.data.push(b'\n');
        }
    }

    /// A line is complete; an empty one ends the event.
    fn end_line(&mut self) -> Option<Event> {
        if self.at == At::Name {
            if self.small.is_empty() {
                return self.end_event();
            }
            // A field without a colon has an empty value.
            self.begin_value();
        }
        self.at = At::Name;
        let value = std::mem::take(&mut self.small);
        match std::mem::replace(&mut self.field, Field::Other) {
            Field::Event => self.event.name = value,
            Field::Id if value.len() < SMALL && !value.contains(&0) => self.id = Some(value),
            Field::Retry => {
                let told = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
                self.retry = told.map(|told| Duration::from_millis(told).min(LONGEST_PAUSE)).or(self.retry);
            }
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        if let Some(id) = self.id.take() {
            self.last_id = Some(id).filter(|id| !id.is_empty());
        }
        let event = std::mem::take(&mut self.event);
        std::mem::take(&mut self.has_data).then_some(event)
    }
}

/// Appends what fits.
fn keep(kept: &mut Vec<u8>, text: &[u8], most: usize) {
    let room = most.saturating_sub(kept.len());
    kept.extend_from_slice(text.get(..room).unwrap_or(text));
}

/// Where the line ends. Most pieces of a large event hold no end, which is seen many bytes at a time.
fn end_of_line(input: &[u8]) -> Option<usize> {
    if !input.contains(&b'\n') && !input.contains(&b'\r') {
        return None;
    }
    input.iter().position(|byte| matches!(byte, b'\n' | b'\r'))
}
