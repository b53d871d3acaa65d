//! The history as a person reads it: what is open first, with what to do about it, then day by day. Ids are
//! never shortened: they stand on a line of their own.

use std::collections::HashMap;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::journal::Intent;
use crate::sandbox::keys::PROFILE_NAMES;
use crate::settings::{Settings, me};
use crate::text::visible;

/// A name that a client gave itself is shown up to here.
const LONGEST_CLIENT: usize = 32;

/// Names of profiles by id: those that logins brought, and the sandbox's.
pub struct Names(HashMap<String, String>);

impl Names {
    pub fn known(settings: &Settings) -> Self {
        let practice = PROFILE_NAMES.map(|(id, name)| (id.to_owned(), name.to_owned()));
        let profiles = settings.stored_accounts().into_iter().flat_map(|account| account.profiles);
        Self(practice.into_iter().chain(profiles.map(|profile| (profile.id, profile.name))).collect())
    }

    pub fn profile(&self, intent: &Intent) -> Option<&str> {
        self.0.get(intent.profile()?).map(String::as_str)
    }

    /// Whose books: `SANDBOX`, or the account, and the profile.
    fn place(&self, intent: &Intent) -> String {
        let account = if intent.is_practice() {
            "SANDBOX".to_owned()
        } else {
            format!("account {}", intent.scope.account)
        };
        match self.profile(intent).or(intent.profile()) {
            Some(profile) => format!("{account}, {}", line_of(profile)),
            None => account,
        }
    }
}

/// The whole list; `intents` has the open ones first.
pub fn text(intents: &[Intent], names: &Names, now: &Zoned) -> String {
    let zone = now.time_zone();
    let (open, settled): (Vec<_>, Vec<_>) = intents.iter().partition(|intent| intent.state.is_open());
    let mut parts = Vec::new();
    if let Some(first) = open.first() {
        let heading =
            format!("OPEN: of {} it is not known yet what became", super::counted(open.len(), "write"));
        parts.push(heading);
        parts.extend(open.iter().map(|intent| unsettled(intent, names, now)));
        parts.push(what_to_do(first));
    }
    if !settled.is_empty() {
        parts.push(by_day(&settled, names, zone));
    }
    let utc = if now.strftime("%Z").to_string() == "UTC" { " (times in UTC)" } else { "" };
    parts.push(format!("{}{utc}", super::counted(intents.len(), "write")));
    parts.join("\n\n")
}

/// An open intent and what that means.
fn unsettled(intent: &Intent, names: &Names, now: &Zoned) -> String {
    let zone = now.time_zone();
    let at = intent.claimed_at.to_zoned(zone.clone());
    let mut lines = vec![
        format!("  #{}  {}, {}", intent.number, at.strftime("%a %-d %b %Y %H:%M"), names.place(intent)),
        format!("    {}, by {}", line_of(&intent.what()), client(intent)),
        format!("    {}", intent.result()),
    ];
    if let Some(from) = intent.settles_at.filter(|from| *from > now.timestamp()) {
        let from = from.to_zoned(zone.clone());
        lines.push(format!("    to be looked up from {} on", from.strftime("%H:%M:%S")));
    }
    lines.join("\n")
}

fn what_to_do(first: &Intent) -> String {
    let settle = format!("  {} history settle {}", me(), first.number);
    [
        "The next write through the same account looks that up, where it can: of a remote server's",
        "writes only faktoora's invoices can be, of an API description's own tools nothing.",
        "Or see in the books what became of one, and say so by its number:",
        &format!("{settle} --created ID"),
        &format!("{settle} --not-created"),
    ]
    .join("\n")
}

/// A table, cut by lines that say the day and whose books.
fn by_day(settled: &[&Intent], names: &Names, zone: &TimeZone) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["#", "time", "what", "result", "confirmed", "by"]);
    for intent in settled {
        table.add_row([
            intent.number.to_string(),
            intent.claimed_at.to_zoned(zone.clone()).strftime("%H:%M").to_string(),
            line_of(&intent.what_by_number()),
            intent.result().to_owned(),
            intent.confirmed_by().to_owned(),
            client(intent),
        ]);
    }
    if let Some(numbers) = table.column_mut(0) {
        numbers.set_cell_alignment(CellAlignment::Right);
    }
    let table = table.to_string();
    let mut rows = table.lines().map(str::trim_end);
    let mut lines: Vec<String> = rows.next().map(str::to_owned).into_iter().collect();
    let mut group = String::new();
    for (intent, row) in settled.iter().zip(rows) {
        let here = format!("{}, {}", day(intent.claimed_at, zone), names.place(intent));
        if here != group {
            lines.extend([String::new(), here.clone()]);
            group = here;
        }
        lines.push(row.to_owned());
        if let (None, Some(id)) = (&intent.record_number, &intent.record_id) {
            lines.push(format!("      id {}", line_of(id)));
        }
    }
    lines.join("\n")
}

/// The day of a moment: `Sat 21 Nov 2026`.
pub fn day(moment: Timestamp, zone: &TimeZone) -> String {
    moment.to_zoned(zone.clone()).strftime("%a %-d %b %Y").to_string()
}

/// A text from outside: visible, on one line.
pub fn line_of(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

fn client(intent: &Intent) -> String {
    let name = line_of(&intent.client);
    if name.chars().count() <= LONGEST_CLIENT {
        return name;
    }
    name.chars().take(LONGEST_CLIENT - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{Names, text};
    use crate::journal::{Confirmed, Intent, Kind, State};

    const ID: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

    fn shown(intents: &[Intent]) -> String {
        let names =
            HashMap::from([("6f1c2b3a-9d4e-4f5a-8b6c-7d8e9f0a1b2c".to_owned(), "Muster AG".to_owned())]);
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        text(intents, &Names(names), &Timestamp::UNIX_EPOCH.to_zoned(zone))
    }

    fn created(number: i64, at: &str) -> Intent {
        Intent {
            number,
            record_number: Some(format!("IV-{number:03}")),
            claimed_at: at.parse().unwrap(),
            ..Intent::sample("create_invoice", Kind::Create, State::Created)
        }
    }

    #[test]
    fn what_was_done_is_told_day_by_day_and_company_by_company() {
        let mut practice = created(8, "2026-11-20T08:00:00Z");
        "sandbox".clone_into(&mut practice.scope.origin);
        let changed = Intent {
            number: 9,
            record_id: Some(ID.to_owned()),
            confirmed: Confirmed::Person,
            ..Intent::sample("update_client", Kind::Update, State::Updated)
        };
        let rows =
            [created(10, "2026-11-21T13:05:00Z"), changed, created(7, "2026-11-20T23:30:00Z"), practice];
        let expected = [
            "  #  time   what                    result  confirmed  by",
            "",
            "Sat 21 Nov 2026, account acme, Muster AG",
            " 10  14:05  created invoice IV-010  done    -          claude-code",
            "  9  14:02  changed client          done    person     claude-code",
            &format!("      id {ID}"),
            "  7  00:30  created invoice IV-007  done    -          claude-code",
            "",
            "Fri 20 Nov 2026, SANDBOX, Muster AG",
            "  8  09:00  created invoice IV-008  done    -          claude-code",
            "",
            "4 writes",
        ];
        assert_eq!(shown(&rows).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_open_comes_first_and_says_what_to_do() {
        let open = Intent {
            settles_at: Some("2026-11-21T13:03:41Z".parse().unwrap()),
            ..Intent::sample("create_invoice", Kind::Create, State::Unknown)
        };
        let text = shown(&[open, created(18, "2026-11-21T13:05:00Z")]);
        let first: Vec<&str> = text.lines().take(3).collect();
        assert_eq!(first[0], "OPEN: of 1 write it is not known yet what became");
        assert_eq!(first[2], "  #17  Sat 21 Nov 2026 14:02, account acme, Muster AG");
        assert!(text.contains("history settle 17 --created ID\n"), "{text}");
        assert!(text.contains("to be looked up from 14:03:41 on"), "{text}");
        assert!(text.find("settle 17") < text.find("created invoice IV-018"), "{text}");
        assert!(text.ends_with("\n2 writes"), "{text}");
    }

    #[test]
    fn names_from_outside_make_no_lines_of_their_own() {
        let evil = "x\nOPEN: \u{202e}\u{1b}[2J";
        let mut intent = created(1, "2026-11-21T13:05:00Z");
        intent.client = format!("{evil}{}", "y".repeat(1000));
        intent.record_number = Some(evil.to_owned());
        intent.scope.profile = evil.to_owned();
        let text = shown(&[intent]);
        assert!(text.lines().all(|line| !line.starts_with("OPEN") && line.len() < 200), "{text}");
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{}", text.escape_debug());
        assert!(text.contains("\\u{202e}"), "{text}");
    }
}
