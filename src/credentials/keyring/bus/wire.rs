//! D-Bus messages as bytes: [`Body`] writes arguments, [`Message`] is one that came in, [`Reader`] takes its
//! arguments in order. Only the types that the Secret Service and the bus itself use.

use std::io::{self, Read};

/// The kinds of a message, as they stand in its header.
pub const CALL: u8 = 1;
pub const REPLY: u8 = 2;
pub const ERROR: u8 = 3;
pub const SIGNAL: u8 = 4;

/// No answer of a keyring comes near: what is larger is not read.
const LARGEST: usize = 16 << 20;

/// The fields of a header, by their codes.
const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;
const DESTINATION: u8 = 6;
const SENDER: u8 = 7;
const SIGNATURE: u8 = 8;

/// Whom a call goes to.
#[derive(Clone, Copy, Debug)]
pub struct Target<'t> {
    pub destination: &'t str,
    pub path: &'t str,
    pub interface: &'t str,
}

/// Values in the order of a signature, each aligned to its size; little endian.
#[derive(Debug, Default)]
pub struct Body {
    signature: &'static str,
    bytes: Vec<u8>,
}

impl Body {
    /// Empty; the caller writes what `signature` says.
    pub fn new(signature: &'static str) -> Self {
        Self { signature, bytes: Vec::new() }
    }

    fn aligned(mut self, to: usize) -> Self {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
        self
    }

    pub fn byte(mut self, value: u8) -> Self {
        self.bytes.push(value);
        self
    }

    pub fn number(mut self, value: u32) -> Self {
        self = self.aligned(4);
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub fn truth(self, value: bool) -> Self {
        self.number(u32::from(value))
    }

    /// A string, or the path of an object.
    pub fn text(self, value: &str) -> Self {
        let mut written = self.bytes(value.as_bytes());
        written.bytes.push(0);
        written
    }

    pub fn bytes(mut self, value: &[u8]) -> Self {
        self = self.number(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.bytes.extend_from_slice(value);
        self
    }

    /// A signature, which also opens a variant: its value is to follow.
    pub fn kind(mut self, signature: &str) -> Self {
        self.bytes.push(u8::try_from(signature.len()).unwrap_or(u8::MAX));
        self.bytes.extend_from_slice(signature.as_bytes());
        self.bytes.push(0);
        self
    }

    /// Begins a structure or an entry of a map.
    pub fn structure(self) -> Self {
        self.aligned(8)
    }

    /// An array of what `items` writes, each item aligned to `to`.
    pub fn array(mut self, to: usize, items: impl FnOnce(Self) -> Self) -> Self {
        self = self.number(0);
        let length = self.bytes.len();
        self = self.aligned(to);
        let first = self.bytes.len();
        self = items(self);
        let written = u32::try_from(self.bytes.len() - first).unwrap_or(u32::MAX);
        if let Some(place) = self.bytes.get_mut(length - 4..length) {
            place.copy_from_slice(&written.to_le_bytes());
        }
        self
    }

    /// The whole message of a call of `member` at `target` with these arguments.
    pub fn call(self, serial: u32, target: Target<'_>, member: &str) -> Vec<u8> {
        let fields = [
            (PATH, "o", target.path),
            (DESTINATION, "s", target.destination),
            (INTERFACE, "s", target.interface),
            (MEMBER, "s", member),
        ];
        self.message(CALL, serial, None, &fields)
    }

    /// The answer to the call with the serial `to`.
    #[cfg(test)]
    pub fn reply(self, to: u32, sender: &str) -> Vec<u8> {
        self.message(REPLY, 1, Some(to), &[(SENDER, "s", sender)])
    }

    #[cfg(test)]
    pub fn signal(self, path: &str, member: &str, sender: &str) -> Vec<u8> {
        self.message(SIGNAL, 1, None, &[(PATH, "o", path), (MEMBER, "s", member), (SENDER, "s", sender)])
    }

    fn message(self, kind: u8, serial: u32, answers: Option<u32>, fields: &[(u8, &str, &str)]) -> Vec<u8> {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let head = Self::new("").byte(b'l').byte(kind).byte(0).byte(1).number(length).number(serial);
        let head = head.array(8, |mut head| {
            if let Some(serial) = answers {
                head = head.structure().byte(REPLY_SERIAL).kind("u").number(serial);
            }
            if !self.signature.is_empty() {
                head = head.structure().byte(SIGNATURE).kind("g").kind(self.signature);
            }
            fields
                .iter()
                .fold(head, |head, (code, kind, value)| head.structure().byte(*code).kind(kind).text(value))
        });
        let mut bytes = head.aligned(8).bytes;
        bytes.extend(self.bytes);
        bytes
    }
}

/// A message that came in.
#[derive(Debug, Default)]
pub struct Message {
    pub kind: u8,
    /// The serial of the call that this answers.
    pub answers: Option<u32>,
    pub path: String,
    pub member: String,
    pub error: String,
    pub sender: String,
    signature: String,
    big_endian: bool,
    body: Vec<u8>,
}

impl Message {
    /// Reads the next one, however long it takes to come.
    pub fn read(stream: &mut impl Read) -> io::Result<Self> {
        let mut start = [0; 16];
        stream.read_exact(&mut start)?;
        let [endian, kind, _, version, ..] = start;
        let big_endian = match (endian, version) {
            (b'l', 1) => false,
            (b'B', 1) => true,
            _ => return Err(broken()),
        };
        let mut numbers = Reader { rest: start.get(4..).unwrap_or_default(), at: 4, big_endian };
        let (length, _, fields) = (numbers.number()?, numbers.number()?, numbers.number()?);
        let (length, fields) = (length as usize, fields as usize);
        if length > LARGEST || fields > LARGEST {
            return Err(broken());
        }
        let mut head = vec![0; fields.next_multiple_of(8)];
        stream.read_exact(&mut head)?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let mut message = Self { kind, big_endian, body, ..Self::default() };
        message.read_fields(head.get(..fields).unwrap_or_default())?;
        Ok(message)
    }

    fn read_fields(&mut self, head: &[u8]) -> io::Result<()> {
        let mut fields = Reader { rest: head, at: 16, big_endian: self.big_endian };
        while !fields.rest.is_empty() {
            fields.align(8)?;
            let (code, kind) = (fields.byte()?, fields.kind()?);
            match (code, kind) {
                (PATH, "o") => self.path = fields.text()?,
                (MEMBER, "s") => self.member = fields.text()?,
                (ERROR_NAME, "s") => self.error = fields.text()?,
                (SENDER, "s") => self.sender = fields.text()?,
                (REPLY_SERIAL, "u") => self.answers = Some(fields.number()?),
                (SIGNATURE, "g") => fields.kind()?.clone_into(&mut self.signature),
                (_, "s" | "o") => drop(fields.text()?),
                (_, "u") => drop(fields.number()?),
                (_, "g") => drop(fields.kind()?),
                // Fields of later versions: what follows them cannot be told apart, and none is needed.
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// The arguments, where they have this signature.
    pub fn arguments(&self, signature: &str) -> io::Result<Reader<'_>> {
        if self.signature == signature {
            Ok(Reader { rest: &self.body, at: 0, big_endian: self.big_endian })
        } else {
            Err(broken())
        }
    }

    /// The text that an error carries, if it does.
    pub fn text(&self) -> String {
        let mut arguments = Reader { rest: &self.body, at: 0, big_endian: self.big_endian };
        if self.signature.starts_with('s') { arguments.text().unwrap_or_default() } else { String::new() }
    }
}

/// Takes values from the front.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'m> {
    rest: &'m [u8],
    /// Where `rest` begins, for the alignment.
    at: usize,
    big_endian: bool,
}

impl<'m> Reader<'m> {
    fn take(&mut self, length: usize) -> io::Result<&'m [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(broken)?;
        (self.rest, self.at) = (rest, self.at + length);
        Ok(taken)
    }

    fn align(&mut self, to: usize) -> io::Result<()> {
        self.take(self.at.next_multiple_of(to) - self.at).map(drop)
    }

    pub fn byte(&mut self) -> io::Result<u8> {
        self.take(1)?.first().copied().ok_or_else(broken)
    }

    pub fn number(&mut self) -> io::Result<u32> {
        self.align(4)?;
        let bytes = *self.take(4)?.first_chunk().ok_or_else(broken)?;
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub fn truth(&mut self) -> io::Result<bool> {
        Ok(self.number()? != 0)
    }

    /// A string, or the path of an object.
    pub fn text(&mut self) -> io::Result<String> {
        let text = self.bytes()?;
        self.take(1)?;
        String::from_utf8(text.to_owned()).map_err(|_| broken())
    }

    pub fn bytes(&mut self) -> io::Result<&'m [u8]> {
        let length = self.number()?;
        self.take(length as usize)
    }

    /// A signature; before the value of a variant it says what follows.
    pub fn kind(&mut self) -> io::Result<&'m str> {
        let length = self.byte()?;
        let kind = self.take(length.into())?;
        self.take(1)?;
        str::from_utf8(kind).map_err(|_| broken())
    }

    /// Begins the value of a variant, which must be of this kind.
    pub fn variant(&mut self, signature: &str) -> io::Result<()> {
        if self.kind()? == signature { Ok(()) } else { Err(broken()) }
    }

    /// Begins a structure or an entry of a map.
    pub fn structure(&mut self) -> io::Result<()> {
        self.align(8)
    }

    /// An array, each item of which is aligned to `to` and read by `item`.
    pub fn array<T>(
        &mut self,
        to: usize,
        mut item: impl FnMut(&mut Self) -> io::Result<T>,
    ) -> io::Result<Vec<T>> {
        let length = self.number()?;
        self.align(to)?;
        let at = self.at;
        let mut items = Self { rest: self.take(length as usize)?, at, ..*self };
        let mut found = Vec::new();
        while !items.rest.is_empty() {
            found.push(item(&mut items)?);
        }
        Ok(found)
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a message on the session bus cannot be read")
}

#[cfg(test)]
mod tests {
    use super::{Body, CALL, Message, Target};

    const TARGET: Target<'_> = Target { destination: "a.b", path: "/c", interface: "d.e" };

    fn written() -> Vec<u8> {
        let body = Body::new("sba{ss}(oayv)as").text("Zürich").truth(true);
        let body = body.array(8, |map| map.structure().text("service").text("lumabill"));
        let body = body.structure().text("/x/y").bytes(&[1, 2, 3]).kind("u").number(7);
        body.array(4, |texts| texts).call(9, TARGET, "Ask")
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        let bytes = written();
        let message = Message::read(&mut bytes.as_slice()).unwrap();
        assert_eq!((message.kind, message.path.as_str(), message.member.as_str()), (CALL, "/c", "Ask"));
        let mut body = message.arguments("sba{ss}(oayv)as").unwrap();
        assert_eq!((body.text().unwrap().as_str(), body.truth().unwrap()), ("Zürich", true));
        let map = body.array(8, |entry| {
            entry.structure()?;
            Ok((entry.text()?, entry.text()?))
        });
        assert_eq!(map.unwrap(), [("service".to_owned(), "lumabill".to_owned())]);
        body.structure().unwrap();
        assert_eq!((body.text().unwrap().as_str(), body.bytes().unwrap()), ("/x/y", &[1, 2, 3][..]));
        body.variant("u").unwrap();
        assert_eq!(body.number().unwrap(), 7);
        assert!(body.array(4, super::Reader::text).unwrap().is_empty());
        assert!(message.arguments("s").is_err());
    }

    #[test]
    fn a_message_of_a_big_endian_machine_is_read() {
        let mut bytes = vec![b'B', 2, 0, 1, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 15];
        bytes.extend([5, 1, b'u', 0, 0, 0, 1, 2, 8, 1, b'g', 0, 1, b's', 0, 0]);
        bytes.extend([0, 0, 0, 3, b'a', b'b', b'c', 0]);
        let message = Message::read(&mut bytes.as_slice()).unwrap();
        assert_eq!(message.answers, Some(258));
        assert_eq!(message.arguments("s").unwrap().text().unwrap(), "abc");
    }

    #[test]
    fn bytes_that_lie_are_an_error_and_take_no_memory() {
        let whole = written();
        for length in 0..whole.len() {
            assert!(Message::read(&mut &whole[..length]).is_err(), "{length}");
        }
        // Each byte of the message as large as it gets: an error or other values, and no panic.
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] = 0xff;
            if let Ok(message) = Message::read(&mut bent.as_slice())
                && let Ok(mut body) = message.arguments("sba{ss}(oayv)as")
            {
                assert!(body.text().map_or(0, |text| text.len()) <= whole.len());
                let texts = body.array(8, super::Reader::text).unwrap_or_default();
                assert!(texts.len() <= whole.len());
            }
        }
        let huge = [b'l', 2, 0, 1, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 0];
        assert!(Message::read(&mut huge.as_slice()).is_err());
    }
}
