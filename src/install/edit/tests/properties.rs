//! What holds for every file, however odd.

use serde_json::{Value, json};

use super::super::{Format, Spot, entries, put, remove, value};
use super::odd::{self, Dice, NAMES, Odd};
use super::{JSON, LIST, MAP, TOML};
use crate::install::undo::{between, undo};

/// Files of each kind.
const FILES: u64 = 200;

pub fn wanted() -> Value {
    json!({"command": "C:\\Program Files\\lumabill.exe", "args": ["serve", "--read-only"], "env": {"A": "1"}, "timeout": 300})
}

/// Whether `shorter` is `longer` with some bytes left out.
fn is_part(shorter: &str, longer: &str) -> bool {
    let mut rest = longer.bytes();
    shorter.bytes().all(|byte| rest.any(|other| other == byte))
}

fn names(text: &str, spot: &Spot) -> Vec<String> {
    entries(text, spot).unwrap().into_iter().map(|listed| listed.name).collect()
}

fn check(odd: &Odd, spot: &Spot) {
    let (text, ours) = (odd.text.as_str(), "lumabill");
    let before = names(text, spot);
    let had = before.iter().any(|name| name == ours);
    let new = put(text, spot, ours, &wanted()).unwrap();
    assert_eq!(put(&new, spot, ours, &wanted()).as_ref(), Ok(&new), "twice is once");
    let bare_newlines = |text: &str| text.matches('\n').count() - text.matches("\r\n").count();
    assert!(bare_newlines(&new) == 0 || bare_newlines(text) > 0 || !text.contains('\n'), "line endings");
    let removed = remove(&new, spot, ours).unwrap();
    let left: Vec<String> = before.iter().filter(|name| *name != ours).cloned().collect();
    assert_eq!(names(&removed, spot), left);
    if !had {
        for comment in &odd.comments {
            assert_eq!(new.matches(comment).count(), 1, "{comment}");
            assert_eq!(removed.matches(comment).count(), 1, "{comment} after removal");
        }
        put_only(odd, spot, &new, &removed);
    }
    for name in before {
        let without = remove(text, spot, &name).unwrap();
        let opened = without.replace(" {}", "").replace(" []", "");
        assert!(is_part(&opened, text), "removing `{name}` added something: {without:?}");
    }
}

/// What holds where the entry was not there before.
fn put_only(odd: &Odd, spot: &Spot, new: &str, removed: &str) {
    let (text, ours) = (odd.text.as_str(), "lumabill");
    let holders = entries(text, spot).unwrap().len();
    let opened = text.replace(" {}", "").replace(" []", "");
    assert!(is_part(&opened, new), "only added");
    let change = between(text, new);
    let stored = serde_json::from_str(&serde_json::to_string(&change).unwrap()).unwrap();
    assert_eq!(undo(new, &stored, spot, ours).as_deref(), Ok(text), "undone");
    let elsewhere = |text: &str| text.replace("MARK", "CHANGED by somebody");
    assert_eq!(undo(&elsewhere(new), &change, spot, ours), Ok(elsewhere(text)), "edited elsewhere");
    let other = json!({"command": "x"});
    let both = put(new, spot, "zz-other", &other).unwrap();
    let undone = undo(&both, &change, spot, ours).unwrap();
    let alone = put(text, spot, "zz-other", &other).unwrap();
    assert_eq!(value(&undone, spot.format), value(&alone, spot.format), "another one added");
    if holders > 0 && odd.tidy {
        // An empty line before a header of TOML is nobody's.
        let lines = |text: &str| match spot.format {
            Format::Toml => text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
            _ => vec![text.to_owned()],
        };
        assert_eq!(lines(removed), lines(text), "taken out structurally");
        assert_eq!(lines(&undone), lines(&alone), "another one added, byte for byte");
    }
}

fn check_all(spot: &Spot, file: impl Fn(&mut Dice) -> Odd) {
    for seed in 0..FILES {
        let odd = file(&mut Dice::new(seed));
        let shown = format!("seed {seed}\n{}\n{:?}", odd.text, odd.text);
        let outcome = std::panic::catch_unwind(|| check(&odd, spot));
        assert!(outcome.is_ok(), "{shown}");
    }
}

#[test]
fn json_keeps_every_other_byte() {
    check_all(&JSON, odd::json);
}

#[test]
fn toml_keeps_every_other_byte() {
    check_all(&TOML, odd::toml);
}

#[test]
fn maps_of_yaml_keep_every_other_byte() {
    check_all(&MAP, |dice| odd::yaml(dice, false));
}

#[test]
fn lists_of_yaml_keep_every_other_byte() {
    check_all(&LIST, |dice| odd::yaml(dice, true));
}

type Maker = fn(&mut Dice) -> Odd;

#[test]
fn the_files_are_odd_and_hold_entries() {
    let spots: [(&Spot, Maker); 4] = [
        (&JSON, odd::json),
        (&TOML, odd::toml),
        (&MAP, |dice| odd::yaml(dice, false)),
        (&LIST, |dice| odd::yaml(dice, true)),
    ];
    for (spot, file) in spots {
        let files: Vec<Odd> = (0..FILES).map(|seed| file(&mut Dice::new(seed))).collect();
        let full = files.iter().filter(|odd| !names(&odd.text, spot).is_empty()).count();
        let ours =
            files.iter().filter(|odd| names(&odd.text, spot).iter().any(|name| name == NAMES[5])).count();
        assert!(full > 50 && ours > 15, "{:?}: {full} with entries, {ours} with ours", spot.format);
        assert!(files.iter().any(|odd| odd.text.contains("\r\n")) || spot.format == Format::Toml);
    }
}
