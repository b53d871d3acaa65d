//! Long secrets in a keyring of this file, which ends at whatever step a test wants.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::{Items, KeyringError, LONGEST, delete, read, whole, write};
use crate::credentials::Secret;

const ITEM: &str = "billstride@https://billstride.com/api/mcp/sse";

#[derive(Default)]
struct Memory {
    items: RefCell<BTreeMap<String, Secret>>,
    /// Writes and deletions until the process ends; none where it does not.
    steps: Cell<Option<usize>>,
    /// What another process does between two reads.
    meanwhile: RefCell<Option<Secret>>,
}

impl Memory {
    fn step(&self) -> Result<(), KeyringError> {
        match self.steps.get() {
            Some(0) => Err(KeyringError::Locked),
            steps => {
                self.steps.set(steps.map(|steps| steps - 1));
                Ok(())
            }
        }
    }

    fn names(&self) -> Vec<String> {
        self.items.borrow().keys().map(|name| name.strip_prefix(ITEM).unwrap().to_owned()).collect()
    }

    fn text(&self) -> Option<String> {
        read(self, ITEM).unwrap().map(|secret| secret.expose().to_owned())
    }
}

impl Items for Memory {
    fn read(&self, item: &str) -> Result<Option<Secret>, KeyringError> {
        let found = self.items.borrow().get(item).cloned();
        if let Some(secret) = self.meanwhile.take() {
            write(self, ITEM, &secret)?;
        }
        Ok(found)
    }

    fn write(&self, item: &str, secret: &Secret) -> Result<(), KeyringError> {
        self.step()?;
        assert!(secret.expose().len() <= LONGEST, "{}", secret.expose().len());
        self.items.borrow_mut().insert(item.to_owned(), secret.clone());
        Ok(())
    }

    fn delete(&self, item: &str) -> Result<bool, KeyringError> {
        self.step()?;
        Ok(self.items.borrow_mut().remove(item).is_some())
    }
}

fn long(letter: &str, length: usize) -> String {
    letter.repeat(length / letter.len())
}

fn put(memory: &Memory, text: &str) -> Result<(), KeyringError> {
    write(memory, ITEM, &Secret::new(text.to_owned()))
}

#[test]
fn a_secret_of_any_length_comes_back_as_it_was_and_leaves_nothing_behind() {
    let memory = Memory::default();
    let texts = [
        long("a", LONGEST),
        long("b", LONGEST + 1),
        "short".to_owned(),
        long("ü", 5000),
        long("c", 30_000),
        long("d", 2400),
        "lumabill-part 0 2 2\nx".to_owned(),
    ];
    for text in &texts {
        put(&memory, text).unwrap();
        assert_eq!(memory.text().as_ref(), Some(text));
        let parts = if text.len() <= LONGEST { 1 } else { text.len().div_ceil(LONGEST - 64) };
        assert!((parts..=parts + 1).contains(&memory.names().len()), "{:?}", memory.names());
    }
    assert!(put(&memory, &long("e", 100_000)).is_err());
    assert_eq!(memory.text().as_ref(), texts.last());
    assert!(delete(&memory, ITEM).unwrap());
    assert_eq!(memory.names(), Vec::<String>::new());
    assert!(!delete(&memory, ITEM).unwrap() && memory.text().is_none());
}

#[test]
fn wherever_a_process_ends_the_old_secret_or_the_new_one_is_whole() {
    let texts = [long("a", 5000), long("b", 3000), "short".to_owned(), long("c", 9000), long("d", 9000)];
    for old in &texts {
        for new in &texts {
            for steps in 0.. {
                let memory = Memory::default();
                put(&memory, old).unwrap();
                memory.steps.set(Some(steps));
                let ended = put(&memory, new).is_err();
                memory.steps.set(None);
                let found = memory.text().unwrap();
                assert!(
                    found == *new || (ended && found == *old),
                    "{steps} steps of {} for {}",
                    old.len(),
                    new.len()
                );
                // The next login makes it whole, and the next logout takes all of it away.
                put(&memory, new).unwrap();
                assert_eq!(memory.text().as_ref(), Some(new));
                assert!(delete(&memory, ITEM).unwrap());
                assert_eq!(memory.names(), Vec::<String>::new(), "{steps} steps");
                if !ended {
                    break;
                }
            }
        }
    }
}

#[test]
fn parts_of_two_secrets_are_never_joined() {
    let memory = Memory::default();
    put(&memory, &long("a", 5000)).unwrap();
    let stolen = memory.items.borrow()[&format!("{ITEM}#2")].clone();
    put(&memory, &long("b", 5000)).unwrap();
    put(&memory, &long("c", 5000)).unwrap();
    memory.items.borrow_mut().insert(format!("{ITEM}#2"), stolen);
    let error = read(&memory, ITEM).unwrap_err();
    assert!(error.to_string().contains("login"), "{error}");
    memory.items.borrow_mut().remove(&format!("{ITEM}#2"));
    assert!(read(&memory, ITEM).is_err());
    assert!(delete(&memory, ITEM).unwrap() && memory.names().is_empty(), "{:?}", memory.names());
}

#[test]
fn a_read_that_meets_a_write_reads_the_new_secret() {
    let memory = Memory::default();
    put(&memory, &long("a", 5000)).unwrap();
    memory.meanwhile.replace(Some(Secret::new(long("b", 5000))));
    assert_eq!(memory.text(), Some(long("b", 5000)));
}

#[test]
fn a_part_is_known_by_its_name() {
    assert_eq!(whole(&format!("{ITEM}#34")), ITEM);
    assert_eq!((whole(ITEM), whole("a@https://h#x")), (ITEM, "a@https://h#x"));
}
