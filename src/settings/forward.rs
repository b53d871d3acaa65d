//! The version of the config file, and the way forward: steps that add to the document and keep every word and comment
//! that a person wrote. They are taken in memory where the file is read, and reach it with the next command that
//! writes there anyway.

use toml_edit::{DocumentMut, Item, Value, value};

/// What this program knows and writes.
pub(super) const VERSION: i64 = 1;
/// From each version to the next, the first from 1 to 2. One that was released is never edited.
const STEPS: &[Step] = &[];

type Step = fn(&mut DocumentMut);

/// Why a document cannot be brought forward.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Not {
    /// A newer program wrote it.
    Newer(i64),
    /// `version` is no version.
    AVersion,
}

/// Brings a document to [`VERSION`]; true where an older program wrote it. One without a version was written by a person who has read today's pages.
pub(super) fn forward(document: &mut DocumentMut) -> Result<bool, Not> {
    bring(document, VERSION, STEPS)
}

fn bring(document: &mut DocumentMut, newest: i64, steps: &[Step]) -> Result<bool, Not> {
    let from = match document.get("version").map(Item::as_integer) {
        None => {
            document.insert("version", value(newest));
            return Ok(false);
        }
        Some(Some(version)) if version > newest => return Err(Not::Newer(version)),
        Some(Some(version @ 1..)) => version,
        Some(_) => return Err(Not::AVersion),
    };
    for (before, step) in (1..).zip(steps) {
        if before >= from {
            step(document);
        }
    }
    if let Some(version) = document.get_mut("version").and_then(Item::as_value_mut) {
        let mut newest = Value::from(newest);
        *newest.decor_mut() = version.decor().clone();
        *version = newest;
    }
    Ok(from < newest)
}

#[cfg(test)]
mod tests {
    use toml_edit::DocumentMut;

    use super::{Not, STEPS, Step, VERSION, bring, forward, value};

    const WRITTEN: &str = "# mine\nversion = 1 # of the file\nread_only = true # until June\n\n\
                           [accounts.acme] # the company\nservice = \"lumabill\"\ntheirs = { kept = 1 }\n";

    fn document(text: &str) -> DocumentMut {
        text.parse().unwrap()
    }

    #[test]
    fn there_is_a_step_to_every_version() {
        assert_eq!(i64::try_from(STEPS.len()).unwrap() + 1, VERSION);
    }

    #[test]
    fn todays_file_stays_as_it_is_byte_for_byte() {
        let mut today = document(WRITTEN);
        assert!(!forward(&mut today).unwrap());
        assert_eq!(today.to_string(), WRITTEN);
    }

    #[test]
    fn steps_add_and_keep_comments_order_and_unknown_keys() {
        let steps: [Step; 2] = [
            |document| drop(document.insert("confirm", value("destructive"))),
            |document| drop(document.insert("added", value(3))),
        ];
        let mut older = document(WRITTEN);
        assert!(bring(&mut older, 3, &steps).unwrap());
        let moved = older.to_string();
        for line in WRITTEN.lines().filter(|line| !line.starts_with("version")) {
            assert!(moved.contains(line), "`{line}` is gone from\n{moved}");
        }
        assert!(moved.starts_with("# mine\nversion = 3 # of the file\nread_only"), "{moved}");
        assert!(moved.contains("confirm = \"destructive\"\n") && moved.contains("added = 3\n"), "{moved}");

        let mut half = document(&WRITTEN.replace("version = 1", "version = 2"));
        assert!(bring(&mut half, 3, &steps).unwrap());
        assert!(!half.to_string().contains("confirm") && half.to_string().contains("added"), "{half}");
    }

    #[test]
    fn a_newer_file_and_a_version_that_is_none_are_refused_and_left() {
        for (version, why) in
            [("2", Not::Newer(2)), ("0", Not::AVersion), ("-1", Not::AVersion), ("\"1\"", Not::AVersion)]
        {
            let text = WRITTEN.replace("version = 1", &format!("version = {version}"));
            let mut document = document(&text);
            assert_eq!(forward(&mut document), Err(why), "{version}");
            assert_eq!(document.to_string(), text);
        }
    }
}
