//! A server whose config file cannot be read, or was written by a newer program: nothing is served, since accounts,
//! addresses and floors are not known, and a tool says so. Once the file is mended the next call finds it.

use std::sync::{Arc, OnceLock};

use super::served::{check, to_account};
use super::{Choice, Sandboxes, journal, to_sandbox};
use crate::failure::Failure;
use crate::gateway::{Absent, ServedAccount as Served};
use crate::journal::Journal;
use crate::settings::{Account, Settings};

/// The account that is meant where none is named, as far as that can be told.
const UNNAMED: &str = "lumabill";

/// Every account that `choice` names, or the one that is meant, each with the same reason.
pub fn all(choice: &Choice, why: &Failure, sandboxes: &Sandboxes) -> Vec<(String, Served)> {
    // One for all, as soon as it is known how long its rows are kept.
    let journal = Arc::new(OnceLock::new());
    let absent = |named: Option<String>| {
        let asked = Asked {
            choice: choice.clone(),
            named,
            journal: Arc::clone(&journal),
            sandboxes: Arc::clone(sandboxes),
        };
        (asked.account(), asked.absent(why.clone()))
    };
    match choice.account.as_slice() {
        [] => vec![absent(None)],
        several => several.iter().cloned().map(Some).map(absent).collect(),
    }
}

/// One account that is to be served once the settings can be read.
#[derive(Clone)]
struct Asked {
    choice: Choice,
    named: Option<String>,
    journal: Arc<OnceLock<Arc<Journal>>>,
    sandboxes: Sandboxes,
}

impl Asked {
    fn account(&self) -> String {
        match &self.named {
            _ if self.choice.sandbox => Account::sandbox(String::new()).name,
            Some(name) => name.clone(),
            None => UNNAMED.to_owned(),
        }
    }

    fn absent(&self, why: Failure) -> Served {
        let (asked, before) = (self.clone(), why.message.clone());
        let again = move || match asked.served() {
            Ok(served) => Some(served),
            // What is wrong by now may be another thing.
            Err(why) => (why.message != before).then(|| asked.absent(why)),
        };
        Served::Absent(Absent { account: self.account(), why, again: Box::new(again) })
    }

    fn served(&self) -> Result<Served, Failure> {
        let settings = Settings::load()?;
        if self.choice.sandbox {
            return to_sandbox(&self.choice, &settings, &self.sandboxes).map(|(_, served)| served);
        }
        check(&self.choice, &settings)?;
        let journal = self.journal.get_or_init(|| journal(&settings));
        to_account(&self.choice, &settings, self.named.as_deref(), journal).map(|(_, served)| served)
    }
}
