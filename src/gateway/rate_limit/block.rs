//! The bytes of a limit's file: a header with its own checksum, and a ring of grants, each with its own.
//! Pure. A grant is written, to a place that does not count, before the header that counts it: a process that
//! is killed between the two loses only a slot that it never used.

/// What a file of ours begins with; another layout gets another number.
const MAGIC: u64 = u64::from_le_bytes(*b"lmbrl-01");
/// Processes that are remembered beside their grants.
pub const OWNERS: usize = 16;
/// Bytes of the header.
pub const HEADER: usize = 8 + 4 * 4 + 3 * 8 + OWNERS * 24 + 8;
/// Bytes of a grant.
pub const GRANT: usize = 16;

/// One grant: the slot in microseconds since 1970, and who holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub at: u64,
    pub owner: u32,
}

/// A process that asked. Times are microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    pub tag: u32,
    /// Until then it counts as one that uses the key.
    pub seen_until: u64,
    /// Until then it counts as one that wants more than it got.
    pub wants_until: u64,
}

/// What a file says beside the grants. Times are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Places of the ring: one more than the limit.
    pub capacity: u32,
    /// Grants in it.
    pub length: u32,
    /// Where the next grant goes.
    pub head: u32,
    /// The smallest limit that a process asked with while `low_until` lies ahead.
    pub low: u32,
    pub low_until: u64,
    /// No grant is later.
    pub newest: u64,
    /// The API wants no request before.
    pub blocked_until: u64,
    pub owners: [Owner; OWNERS],
}

impl Header {
    /// Of an empty ring.
    pub fn new(capacity: u32) -> Self {
        Self {
            capacity: capacity.max(2),
            length: 0,
            head: 0,
            low: 0,
            low_until: 0,
            newest: 0,
            blocked_until: 0,
            owners: [Owner::default(); OWNERS],
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend(MAGIC.to_le_bytes());
        for number in [self.capacity, self.length, self.head, self.low] {
            bytes.extend(number.to_le_bytes());
        }
        for time in [self.low_until, self.newest, self.blocked_until] {
            bytes.extend(time.to_le_bytes());
        }
        for owner in &self.owners {
            bytes.extend(owner.seen_until.to_le_bytes());
            bytes.extend(owner.wants_until.to_le_bytes());
            bytes.extend(u64::from(owner.tag).to_le_bytes());
        }
        let sum = checksum(&bytes);
        bytes.extend(sum.to_le_bytes());
        bytes
    }

    /// `None` for anything that these bytes were not written as.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.get(..HEADER)?.split_last_chunk::<8>()?;
        if checksum(body) != u64::from_le_bytes(*sum) {
            return None;
        }
        let mut words = Words(body);
        if words.long()? != MAGIC {
            return None;
        }
        let (capacity, length, head, low) = (words.short()?, words.short()?, words.short()?, words.short()?);
        let (low_until, newest, blocked_until) = (words.long()?, words.long()?, words.long()?);
        let mut owners = [Owner::default(); OWNERS];
        for owner in &mut owners {
            let (seen_until, wants_until) = (words.long()?, words.long()?);
            *owner = Owner { tag: u32::try_from(words.long()?).ok()?, seen_until, wants_until };
        }
        let sound = capacity > 1 && length <= capacity && head < capacity;
        sound.then_some(Self { capacity, length, head, low, low_until, newest, blocked_until, owners })
    }

    /// Bytes of the whole file.
    pub fn size(&self) -> u64 {
        position(self.capacity)
    }
}

/// Where a place of the ring begins in the file.
pub fn position(place: u32) -> u64 {
    HEADER as u64 + u64::from(place) * GRANT as u64
}

impl Grant {
    pub fn bytes(self) -> [u8; GRANT] {
        let mut bytes = [0; GRANT];
        let parts = self.at.to_le_bytes().into_iter().chain(self.owner.to_le_bytes()).chain(self.check());
        for (byte, part) in bytes.iter_mut().zip(parts) {
            *byte = part;
        }
        bytes
    }

    /// `None` where the bytes are not as they were written.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut words = Words(bytes);
        let grant = Self { at: words.long()?, owner: words.short()? };
        (words.0.get(..4)? == grant.check()).then_some(grant)
    }

    fn check(self) -> [u8; 4] {
        let [a, b, c, d, ..] = mix(mix(MAGIC, self.at), u64::from(self.owner)).to_be_bytes();
        [a, b, c, d]
    }
}

/// Numbers one after the other.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn long(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    fn short(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*word))
    }
}

/// Guards against torn and foreign bytes, not against malice: who may write the file may send requests too.
fn checksum(bytes: &[u8]) -> u64 {
    let mut words = Words(bytes);
    let mut sum = MAGIC;
    while let Some(word) = words.long() {
        sum = mix(sum, word);
    }
    sum
}

fn mix(sum: u64, word: u64) -> u64 {
    let product = (sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ (product >> 29)
}

#[cfg(test)]
mod tests {
    use super::{Grant, HEADER, Header, Owner};

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let mut header = Header::new(60);
        header.length = 3;
        header.head = 3;
        header.newest = 1_795_000_000_000_000;
        header.owners[15] = Owner { tag: u32::MAX, seen_until: 7, wants_until: 8 };
        let bytes = header.bytes();
        assert_eq!(bytes.len(), HEADER);
        assert_eq!(Header::read(&bytes), Some(header));
        for place in 0..HEADER {
            let mut torn = bytes.clone();
            torn[place] ^= 1;
            assert_eq!(Header::read(&torn), None, "byte {place}");
            assert_eq!(Header::read(&bytes[..place]), None, "cut at {place}");
        }
        let grant = Grant { at: 1_795_000_000_000_000, owner: 0xDEAD_BEEF };
        let bytes = grant.bytes();
        assert_eq!(Grant::read(&bytes), Some(grant));
        for place in 0..bytes.len() {
            let mut torn = bytes;
            torn[place] ^= 0x40;
            assert_eq!(Grant::read(&torn), None, "byte {place}");
        }
        assert_eq!(Grant::read(&[0; 16]), None);
    }
}
