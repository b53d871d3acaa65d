//! The file of one limit, shared by all processes of this user that use the key: who was granted which slot.
//! It is locked for microseconds at a time; the system frees the lock of a process that dies.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::block::{GRANT, Grant, HEADER, Header, Owner, position};
use super::share::Share;
use super::{AHEAD, Answer, Ask, WINDOW, Why, place};

/// Larger limits are first come, first served: nobody waits long there, and counting would cost.
const SHARED_UP_TO: u32 = 1_000;
/// Read at once: the header and, for the usual limits, all grants. Whole grants that lie in one page of the
/// system, which is written in one step.
const PAGE: usize = HEADER + (4096 - HEADER) / GRANT * GRANT;
/// How often it is looked whether somebody removed the file.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// A process that was told to come back has this long after that moment to do so, in microseconds.
const GRACE: u64 = 10_000_000;
/// No pause that the API asked for is longer, in microseconds.
const LONGEST_PAUSE: u64 = 120_000_000;

/// The file of one limit; opened on first use, never removed.
pub struct Ledger {
    path: PathBuf,
    /// Of this process, for the shares.
    owner: u32,
    file: Option<File>,
    looked: Instant,
}

/// Unlocks when dropped.
struct Locked<'a>(&'a File);

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        drop(self.0.unlock());
    }
}

impl Ledger {
    pub fn new(path: PathBuf, owner: u32) -> Self {
        Self { path, owner, file: None, looked: Instant::now() }
    }

    /// Grants a slot, or says when to come back; `None` while another process has the file. `owed` are
    /// slots that this process gave itself while it could not have the file.
    pub fn ask(&mut self, ask: &Ask, owed: &mut Vec<u64>) -> io::Result<Option<Answer>> {
        let owner = self.owner;
        let Some(locked) = self.lock()? else { return Ok(None) };
        let mut book = Book::open(locked.0, ask)?;
        for at in owed.drain(..).filter(|at| at + WINDOW > ask.now) {
            book.enter(at.max(book.header.newest), owner)?;
        }
        let answer = book.answer(ask, owner)?;
        book.close()?;
        Ok(Some(answer))
    }

    /// No process sends before `until`; false while another process has the file.
    pub fn block(&mut self, ask: &Ask, until: u64) -> io::Result<bool> {
        let Some(locked) = self.lock()? else { return Ok(false) };
        let mut book = Book::open(locked.0, ask)?;
        book.header.blocked_until = book.header.blocked_until.max(until);
        book.close()?;
        Ok(true)
    }

    /// Until when the API wants no request, and the first slot that the others leave: a look without the
    /// lock, which a stopped process may hold.
    pub fn look(&self, ask: &Ask) -> Option<(u64, u64)> {
        let book = Book::read(self.file.as_ref()?, ask).ok()?;
        Some((book.header.blocked_until, book.slot(book.header.limit(ask)).ok()?))
    }

    fn lock(&mut self) -> io::Result<Option<Locked<'_>>> {
        if self.looked.elapsed() > LOOK_AGAIN || self.file.is_none() {
            self.looked = Instant::now();
            if self.file.as_ref().is_none_or(|file| !place::is_linked(file)) {
                self.file = Some(place::open(&self.path)?);
            }
        }
        let Some(file) = &self.file else { return Ok(None) };
        match file.try_lock() {
            Ok(()) => Ok(Some(Locked(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// What a file says of the window that ends now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    pub grants: u32,
    /// Microseconds since 1970; 0 for never.
    pub blocked_until: u64,
}

/// A look into the file at `path` without a lock, for a person; it is neither made nor changed.
pub fn used(path: &Path, ask: &Ask) -> io::Result<Used> {
    let file = place::open_to_read(path)?;
    let book = Book::read(&file, ask)?;
    let counts = |grant: &&Grant| grant.at + WINDOW > ask.now && grant.at <= ask.now + AHEAD;
    let grants = book.youngest(book.header.length)?.iter().filter(counts).count();
    Ok(Used { grants: u32::try_from(grants).unwrap_or(u32::MAX), blocked_until: book.header.blocked_until })
}

/// One more place than grants that count: what is being written replaces nothing that counts.
fn places(limit: u32) -> u32 {
    limit.saturating_add(1)
}

/// A file as it is read.
struct Book<'a> {
    file: &'a File,
    header: Header,
    /// Its first bytes.
    page: Vec<u8>,
    /// How much of them is to be written.
    changed: usize,
}

impl<'a> Book<'a> {
    /// Reads the file and puts right what is wrong with it; for those that hold the lock.
    fn open(file: &'a File, ask: &Ask) -> io::Result<Self> {
        let mut book = Self::read(file, ask)?;
        let set_back = book.header.newest > ask.now + AHEAD;
        if set_back {
            // The clock was set back: what was granted was granted before now, or for a little later.
            let latest = ask.now + AHEAD;
            let mut grants = book.youngest(book.header.length)?;
            for grant in &mut grants {
                grant.at = grant.at.min(latest);
            }
            book.header.newest = latest;
            book.header.owners = Header::new(1).owners;
            book.rewrite(book.header.capacity, &grants)?;
        } else if ask.limit >= book.header.capacity {
            let grants = book.youngest(book.header.length)?;
            book.rewrite(places(ask.limit), &grants)?;
        }
        let header = &mut book.header;
        header.blocked_until = header.blocked_until.min(ask.now + LONGEST_PAUSE);
        if header.low_until <= ask.now || header.low_until > ask.now + WINDOW || ask.limit <= header.low {
            (header.low, header.low_until) = (ask.limit, ask.now + WINDOW);
        }
        Ok(book)
    }

    /// Reads the file as it is; a file of another size or with other bytes counts as empty.
    fn read(file: &'a File, ask: &Ask) -> io::Result<Self> {
        let mut page = vec![0; PAGE];
        let read = place::read_at(file, &mut page, 0)?;
        page.truncate(read);
        let whole = |header: &Header| {
            let size = header.size();
            if size < PAGE as u64 {
                size == read as u64
            } else {
                read == PAGE && file.metadata().is_ok_and(|meta| meta.len() == size)
            }
        };
        let header = Header::read(&page).filter(whole).unwrap_or_else(|| {
            page.clear();
            Header::new(places(ask.limit))
        });
        Ok(Self { file, header, page, changed: HEADER })
    }

    fn answer(&mut self, ask: &Ask, owner: u32) -> io::Result<Answer> {
        let limit = self.header.limit(ask);
        let (mut at, mut why) = (self.slot(limit)?.max(ask.now), Why::Limit);
        if self.header.blocked_until > at {
            (at, why) = (self.header.blocked_until, Why::Blocked);
        }
        let mut reserves = at <= ask.latest;
        if limit <= SHARED_UP_TO && Share::is_contested(&self.header.owners, owner, ask.now) {
            let grants = self.youngest(limit.min(self.header.length))?;
            let share = Share { owner, limit, grants: &grants, owners: &self.header.owners };
            let fair = share.earliest(at);
            if fair > at {
                // Nothing is reserved: a slot of the future would hold up the others until then.
                (at, why, reserves) = (fair, Why::Share, false);
            }
        }
        if reserves {
            self.enter(at, owner)?;
            self.header.sees(owner, ask.now, at + WINDOW);
            return Ok(Answer::Granted { at, why });
        }
        self.header.wants(owner, ask.now, (ask.now + WINDOW).max(at + GRACE));
        Ok(Answer::Later { at, why })
    }

    /// The first moment that the order and the window allow, whatever the time is.
    fn slot(&self, limit: u32) -> io::Result<u64> {
        let header = &self.header;
        if header.length < limit {
            return Ok(header.newest);
        }
        let back = self.grants(self.header.back(limit), 1)?;
        let oldest = back.first().map_or(header.newest, |grant| grant.at);
        Ok(header.newest.max(oldest + WINDOW))
    }

    /// The `count` youngest grants, oldest first.
    fn youngest(&self, count: u32) -> io::Result<Vec<Grant>> {
        let first = self.header.back(count);
        let before_end = count.min(self.header.capacity - first);
        let mut grants = self.grants(first, before_end)?;
        if count > before_end {
            grants.extend(self.grants(0, count - before_end)?);
        }
        Ok(grants)
    }

    /// Grants as they lie in the ring. One that cannot be read counts as the newest.
    fn grants(&self, first: u32, count: u32) -> io::Result<Vec<Grant>> {
        let unread = Grant { at: self.header.newest, owner: 0 };
        let read = |bytes: &[u8]| {
            bytes.chunks(GRANT).map(|bytes| Grant::read(bytes).unwrap_or(unread)).collect::<Vec<_>>()
        };
        let length = count as usize * GRANT;
        let known = usize::try_from(position(first)).ok().and_then(|from| self.page.get(from..from + length));
        if let Some(bytes) = known {
            return Ok(read(bytes));
        }
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match place::read_at(self.file, rest, position(first) + filled as u64)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        Ok(read(&bytes))
    }

    /// Puts a grant into the ring; [`Book::close`] makes it count.
    fn enter(&mut self, at: u64, owner: u32) -> io::Result<()> {
        if self.page.len() < HEADER {
            self.rewrite(self.header.capacity, &[])?;
        }
        let header = &mut self.header;
        let (grant, from) = (Grant { at, owner }.bytes(), position(header.head));
        let end = usize::try_from(from).unwrap_or(PAGE).saturating_add(GRANT);
        match self.page.get_mut(end - GRANT..end) {
            Some(known) => {
                known.copy_from_slice(&grant);
                self.changed = self.changed.max(end);
            }
            None => place::write_at(self.file, &grant, from)?,
        }
        header.head = (header.head + 1) % header.capacity;
        header.length = (header.length + 1).min(header.capacity);
        header.newest = header.newest.max(at);
        Ok(())
    }

    /// Lays the file out anew with these grants, oldest first.
    fn rewrite(&mut self, capacity: u32, grants: &[Grant]) -> io::Result<()> {
        let header = &mut self.header;
        header.capacity = capacity;
        header.length = u32::try_from(grants.len()).unwrap_or(u32::MAX).min(capacity);
        header.head = header.length % capacity;
        let mut bytes = header.bytes();
        bytes.extend(grants.iter().flat_map(|grant| grant.bytes()));
        // What lies behind is never read before it is written.
        self.file.set_len(header.size())?;
        place::write_at(self.file, &bytes, 0)?;
        bytes.resize(usize::try_from(header.size()).unwrap_or(PAGE).clamp(HEADER, PAGE), 0);
        self.page = bytes;
        Ok(())
    }

    fn close(mut self) -> io::Result<()> {
        if self.page.len() < HEADER {
            return self.rewrite(self.header.capacity, &[]);
        }
        if let Some(begin) = self.page.get_mut(..HEADER) {
            begin.copy_from_slice(&self.header.bytes());
        }
        place::write_at(self.file, self.page.get(..self.changed).unwrap_or(&self.page), 0)
    }
}

impl Header {
    /// The limit that holds for this ask: within a window of a change the smaller one.
    fn limit(&self, ask: &Ask) -> u32 {
        if self.low_until > ask.now { ask.limit.min(self.low) } else { ask.limit }
            .clamp(1, (self.capacity - 1).max(1))
    }

    /// Where the grant lies that was `count` grants ago.
    fn back(&self, count: u32) -> u32 {
        (self.head + self.capacity - count.min(self.capacity)) % self.capacity
    }

    fn sees(&mut self, owner: u32, now: u64, until: u64) {
        let entry = self.owner(owner, now);
        entry.seen_until = entry.seen_until.max(until);
    }

    fn wants(&mut self, owner: u32, now: u64, until: u64) {
        let entry = self.owner(owner, now);
        entry.wants_until = entry.wants_until.max(until);
    }

    /// The entry of a process: its own, a free one, or the one that is longest away.
    fn owner(&mut self, tag: u32, now: u64) -> &mut Owner {
        let known = self.owners.iter().position(|owner| owner.tag == tag);
        let until = |owner: &Owner| owner.seen_until.max(owner.wants_until);
        let place = known.unwrap_or_else(|| {
            let oldest = self.owners.iter().enumerate().min_by_key(|(_, owner)| until(owner).max(now));
            oldest.map_or(0, |(place, _)| place)
        });
        let [first, rest @ ..] = &mut self.owners;
        let entry = match place.checked_sub(1) {
            Some(place) => rest.get_mut(place).unwrap_or(first),
            None => first,
        };
        if entry.tag != tag {
            *entry = Owner { tag, ..Owner::default() };
        }
        entry
    }
}
