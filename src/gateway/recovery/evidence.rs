//! Whether a record is the one that a lost request made: pure. A record that is older, or that fits only
//! nearly, is never taken for ours; one that fits nearly is never taken for absent either.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Verdict;
use crate::rules::money;

/// `created_at` may have its second cut off.
const CUT_OFF: SignedDuration = SignedDuration::from_secs(1);
/// A record this little older than the request may be it, where a server cuts off more or has two clocks.
const DOUBT: SignedDuration = SignedDuration::from_secs(60);
/// Fields that say what a record is: one that differs in them is another one. Amounts are compared in whole
/// units (`~net`), since servers round, and names and ids in one spelling.
const TELLING: &[&str] = &[
    "client_id",
    "vendor_id",
    "name",
    "iban",
    "number",
    "issue_date",
    "date",
    "start_date",
    "~net",
    "~debit",
    "~amount",
];

/// A record's age beside the request's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    Younger,
    /// A little older, but not surely.
    Doubtful,
    Older,
    /// The record or the server does not tell.
    Untold,
}

/// How a record fits what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Same,
    /// Other words, the same thing.
    Nearly,
    /// Lines are not shown: the whole record has to be read.
    TooLittle,
    Other,
}

impl Fit {
    /// From the places of the fields that are the same, that differ and that the record does not show.
    pub fn of(same: &[&str], other: &[&str], missing: &[&str]) -> Self {
        if other.iter().any(|path| TELLING.contains(path)) {
            return Self::Other;
        }
        if same.is_empty() || missing.iter().any(|path| path.starts_with("lines.")) {
            return Self::TooLittle;
        }
        if other.is_empty() { Self::Same } else { Self::Nearly }
    }
}

/// When a request was sent, as far as that can be told where the records are kept.
#[derive(Clone, Copy)]
pub struct Sent {
    /// On the server's clock.
    pub since: Option<Timestamp>,
    /// On our clock, in UTC.
    pub day: Option<Date>,
    /// It named the document's date itself.
    pub dated: bool,
}

/// When the record was made, beside the time of the request.
pub fn age(record: &Value, sent: &Sent) -> Age {
    let made = ["created_at", "createdAt", "created"].iter().find_map(|name| record.get(*name)?.as_str());
    // A time without its zone may be hours off: it tells nothing.
    let made = made.and_then(|text| text.parse::<Timestamp>().ok());
    let (Some(made), Some(since)) = (made, sent.since) else { return by_date(record, sent) };
    let before = since.duration_since(made);
    if before <= CUT_OFF {
        Age::Younger
    } else if before <= DOUBT {
        Age::Doubtful
    } else {
        Age::Older
    }
}

/// A document whose date the server chose bears that of the day; one of an earlier day is older.
fn by_date(record: &Value, sent: &Sent) -> Age {
    let date =
        ["issue_date", "date"].iter().find_map(|name| record.get(*name)?.as_str()?.parse::<Date>().ok());
    let earlier =
        |date: Date| sent.day.and_then(|day| day.yesterday().ok()).is_some_and(|before| date < before);
    match date {
        Some(date) if !sent.dated && earlier(date) => Age::Older,
        _ => Age::Untold,
    }
}

/// A value in one form for all the ways in which servers give back what they were sent: numbers by their value,
/// in quotes or not, texts with single spaces, ids and names whatever their case, an IBAN without spaces.
pub fn loose(path: &str, value: &Value) -> String {
    let name = path.rsplit('.').next().unwrap_or(path);
    if let Some(number) = money::decimal(value) {
        return format!("#{}", number.normalize());
    }
    let Some(text) = value.as_str() else { return value.to_string() };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match name {
        "iban" => text.replace(' ', "").to_uppercase(),
        "name" | "id" => text.to_lowercase(),
        name if name.ends_with("_id") => text.to_lowercase(),
        _ => text,
    }
}

/// A date that a person gives a document.
pub fn is_date(path: &str) -> bool {
    matches!(path, "issue_date" | "date" | "start_date")
}

/// The records that may be the one.
#[derive(Default)]
pub struct Seen {
    young: Vec<Value>,
    untold: Vec<Value>,
    nearly: Vec<Value>,
    /// More came into question than could be read.
    pub too_many: bool,
}

impl Seen {
    pub fn add(&mut self, age: Age, fit: Fit, record: Value) {
        match (age, fit) {
            (_, Fit::Other) | (Age::Older, _) => {}
            (Age::Younger, Fit::Same) => self.young.push(record),
            (Age::Untold, Fit::Same) => self.untold.push(record),
            (_, Fit::Nearly | Fit::TooLittle) | (Age::Doubtful, Fit::Same) => self.nearly.push(record),
        }
    }

    /// `complete`: the walk ended and left nothing out. `first`: a date was sent, and no identical record
    /// is known from before.
    pub fn verdict(self, complete: bool, first: bool) -> Verdict {
        let unknown = |why: &str, candidates| Verdict::Unknown { why: why.to_owned(), candidates };
        match (self.young.as_slice(), self.untold.as_slice()) {
            ([only], _) => return Verdict::TookEffect(only.clone()),
            ([], [only]) if first && complete && !self.too_many => return Verdict::TookEffect(only.clone()),
            _ => {}
        }
        if !self.young.is_empty() {
            return unknown("several records fit and are young enough", self.young);
        }
        if !self.untold.is_empty() {
            return unknown(
                "a record fits, but nothing shows that it is younger than the request",
                self.untold,
            );
        }
        if !self.nearly.is_empty() {
            return unknown("a record fits nearly", self.nearly);
        }
        if !complete || self.too_many {
            return unknown("the list could not be read whole", Vec::new());
        }
        Verdict::Absent
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::{Age, Fit, Seen, Sent, age, loose};
    use crate::gateway::recovery::Verdict;

    #[test]
    fn only_a_time_with_its_zone_on_the_server_s_clock_tells_an_age() {
        let since = "2026-11-21T10:00:00.500Z".parse::<Timestamp>().ok();
        let sent = Sent { since, day: "2026-11-21".parse().ok(), dated: false };
        let of = |created: Value| age(&json!({ "created_at": created }), &sent);
        assert_eq!(of(json!("2026-11-21T10:00:00Z")), Age::Younger);
        assert_eq!(of(json!("2026-11-21T11:00:02+01:00")), Age::Younger);
        assert_eq!(of(json!("2026-11-21T09:59:40Z")), Age::Doubtful);
        assert_eq!(of(json!("2026-11-21T09:57:00Z")), Age::Older);
        assert_eq!(of(json!("2026-11-21T10:00:02")), Age::Untold);
        assert_eq!(of(json!(null)), Age::Untold);
        let untold = Sent { since: None, ..sent };
        assert_eq!(age(&json!({ "created_at": "2026-11-21T10:00:02Z" }), &untold), Age::Untold);
        let dated = |date: &str, sent: &Sent| age(&json!({ "issue_date": date }), sent);
        assert_eq!(dated("2026-11-19", &sent), Age::Older);
        assert_eq!(dated("2026-11-20", &sent), Age::Untold);
        assert_eq!(dated("2026-11-19", &Sent { dated: true, ..sent }), Age::Untold);
    }

    #[test]
    fn a_record_fits_by_what_it_shows_of_what_was_sent() {
        assert_eq!(Fit::of(&["client_id", "lines.0.price"], &[], &["due_days"]), Fit::Same);
        assert_eq!(Fit::of(&["client_id", "lines.0.price"], &["lines.0.description"], &[]), Fit::Nearly);
        // A server may round a price or sort the lines: the net amount tells.
        assert_eq!(Fit::of(&["client_id", "~net"], &["lines.0.price"], &[]), Fit::Nearly);
        assert_eq!(Fit::of(&["client_id", "lines.0.price"], &["lines.#"], &["~net"]), Fit::Nearly);
        assert_eq!(Fit::of(&["client_id"], &["~net"], &[]), Fit::Other);
        assert_eq!(Fit::of(&["~net"], &["client_id"], &[]), Fit::Other);
        assert_eq!(Fit::of(&["client_id"], &[], &["lines.0.price"]), Fit::TooLittle);
        assert_eq!(Fit::of(&[], &[], &["name"]), Fit::TooLittle);
    }

    #[test]
    fn values_are_compared_in_one_spelling() {
        for (path, one, other) in [
            ("lines.0.price", json!("180.00"), json!(180)),
            ("name", json!("Muster  AG"), json!("MUSTER AG ")),
            ("iban", json!("CH93 0076 2011 6238 5295 7"), json!("CH9300762011623852957")),
            ("client_id", json!("6F1D"), json!("6f1d")),
            ("notes", json!("a\n b"), json!("a b")),
        ] {
            assert_eq!(loose(path, &one), loose(path, &other), "{path}");
        }
        assert_ne!(loose("notes", &json!("a")), loose("notes", &json!("A")));
        assert_ne!(loose("price", &json!(33.333)), loose("price", &json!(33.33)));
    }

    fn verdict(records: &[(Age, Fit)], complete: bool, first: bool) -> Verdict {
        let mut seen = Seen::default();
        for (index, (age, fit)) in records.iter().enumerate() {
            seen.add(*age, *fit, json!(index));
        }
        seen.verdict(complete, first)
    }

    #[test]
    fn exactly_one_young_record_that_fits_is_ours() {
        let one = [(Age::Older, Fit::Same), (Age::Younger, Fit::Same), (Age::Younger, Fit::Other)];
        assert!(matches!(verdict(&one, false, false), Verdict::TookEffect(record) if record == json!(1)));
        let two = [(Age::Younger, Fit::Same), (Age::Younger, Fit::Same)];
        assert!(
            matches!(verdict(&two, true, true), Verdict::Unknown { candidates, .. } if candidates.len() == 2)
        );
    }

    #[test]
    fn an_older_record_is_never_ours_and_a_doubtful_one_hinders_absent() {
        assert!(matches!(verdict(&[(Age::Older, Fit::Same)], true, true), Verdict::Absent));
        assert!(matches!(verdict(&[(Age::Older, Fit::Same)], false, true), Verdict::Unknown { .. }));
        for doubt in [(Age::Doubtful, Fit::Same), (Age::Younger, Fit::Nearly), (Age::Untold, Fit::TooLittle)]
        {
            assert!(matches!(verdict(&[doubt], true, true), Verdict::Unknown { .. }));
        }
    }

    #[test]
    fn without_times_a_date_of_ours_is_evidence_where_none_was_known_before() {
        let one = [(Age::Untold, Fit::Same)];
        assert!(matches!(verdict(&one, true, true), Verdict::TookEffect(_)));
        assert!(matches!(verdict(&one, false, true), Verdict::Unknown { .. }));
        assert!(matches!(verdict(&one, true, false), Verdict::Unknown { .. }));
        let two = [(Age::Untold, Fit::Same), (Age::Untold, Fit::Same)];
        assert!(matches!(verdict(&two, true, true), Verdict::Unknown { .. }));
    }
}
