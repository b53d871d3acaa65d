//! One intent in the words and fields that people and assistants read: what was done, what became of it, and
//! how it was allowed. All of it follows from the tool's name and the intent's state.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Confirmed, Intent, Kind, State};
use crate::failure::here;

impl Intent {
    /// The intent as `history --json` and `list_recent_changes` give it; what is not known is left out.
    /// Texts from outside (client, record) are as they came.
    pub fn json(&self) -> Map<String, Value> {
        let mut entry = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                entry.insert(name.to_owned(), value);
            }
        };
        put("number", json!(self.number));
        put("at", time(self.claimed_at));
        put("tool", json!(self.tool));
        put("what", json!(self.what()));
        put("outcome", json!(self.state.word()));
        if self.state.is_open() {
            put("open", json!(true));
            put("means", json!(self.result()));
            put("next", json!(here(&self.next_step())));
        }
        put("record", self.record());
        put("confirmed", json!(confirmed_word(self.confirmed)));
        put("client", json!(self.client));
        if self.is_practice() {
            put("environment", json!("SANDBOX"));
        }
        put("account", json!(self.scope.account));
        put("profile", json!(self.profile()));
        if self.lost {
            put("lost", json!(true));
        }
        put("answered", json!(self.answered));
        put("settles_at", self.settles_at.map_or(Value::Null, time));
        put("settled_at", self.settled_at.map_or(Value::Null, time));
        entry
    }

    /// What was done, `created invoice IV-010`; or, where it did not take effect or that is not known, what
    /// was wanted: `create invoice`.
    pub fn what(&self) -> String {
        self.sentence(self.record_number.as_deref().or(self.record_id.as_deref()))
    }

    /// The same with the record's number only, for where its id stands beside it.
    pub fn what_by_number(&self) -> String {
        self.sentence(self.record_number.as_deref())
    }

    /// What became of it, in a few words.
    pub fn result(&self) -> &'static str {
        match (self.state, self.kind) {
            (State::Claimed, _) => "nothing has left this machine",
            (State::Sending, _) => "it may have been sent, and no answer is there yet",
            (State::Unknown, _) => "its answer was lost: it may have taken effect",
            (State::Refused, _) => "refused",
            (State::NotSent, _) => "not sent",
            (State::Absent, Kind::Create) => "not created",
            (State::Absent, _) => "no effect",
            (State::Created | State::Done | State::Updated | State::Deleted, _) => {
                match (self.lost, self.answered) {
                    (true, _) => "done (was lost)",
                    (false, false) => "done, unanswered",
                    (false, true) => "done",
                }
            }
        }
    }

    /// Who confirmed it, in a word; a dash where nobody had to.
    pub fn confirmed_by(&self) -> &'static str {
        match self.confirmed {
            Confirmed::NotAsked => "-",
            Confirmed::Person => "person",
            Confirmed::Repeated => "client",
        }
    }

    /// How an open intent gets settled; empty for others.
    pub fn next_step(&self) -> String {
        let Self { number, scope, .. } = self;
        let by_itself = format!("the next write through account `{}`", scope.account);
        match self.state {
            State::Claimed => format!("nothing to do: {by_itself} clears it away, unless it is being made"),
            State::Sending | State::Unknown => format!(
                "{by_itself} looks it up; or see in the books what became of it and say so with \
                 `lumabill history settle {number} --created ID` or `--not-created`"
            ),
            _ => String::new(),
        }
    }

    /// True for the sandbox's practice data.
    pub fn is_practice(&self) -> bool {
        self.scope.origin == "sandbox"
    }

    /// The profile's id, where the API names profiles.
    pub fn profile(&self) -> Option<&str> {
        let id = self.scope.profile.as_str();
        (!id.is_empty() && !id.starts_with("account:")).then_some(id)
    }

    fn record(&self) -> Value {
        let fields = [("id", &self.record_id), ("number", &self.record_number)];
        let known: Map<String, Value> = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))))
            .collect();
        if known.is_empty() { Value::Null } else { Value::Object(known) }
    }

    fn sentence(&self, record: Option<&str>) -> String {
        let (verb, thing) = self.tool.split_once('_').unwrap_or(("call", &self.tool));
        // An update is a change in the words of people.
        let verb = if self.kind == Kind::Update && verb == "update" { "change" } else { verb };
        let verb = if self.state.took_effect() { past(verb) } else { verb.to_owned() };
        let thing = thing.replace('_', " ");
        let copies = self.kind == Kind::Create
            && (!self.tool.starts_with("create_") || self.tool.ends_with("_from_previous"));
        match record {
            // The record of `duplicate_invoice` is the new one.
            Some(record) if copies => format!("{verb} {thing} as {record}"),
            Some(record) => format!("{verb} {thing} {record}"),
            None => format!("{verb} {thing}"),
        }
    }
}

/// How a write was allowed, as `history --json` and answers name it.
fn confirmed_word(confirmed: Confirmed) -> &'static str {
    match confirmed {
        Confirmed::NotAsked => "not_needed",
        Confirmed::Person => "person",
        Confirmed::Repeated => "repeated_by_client",
    }
}

/// RFC 3339 in UTC, to the second.
fn time(moment: Timestamp) -> Value {
    Value::String(format!("{moment:.0}"))
}

/// The past tense of a verb that tools are named by.
fn past(verb: &str) -> String {
    let irregular = match verb {
        "send" => "sent",
        "pay" => "paid",
        "set" => "set",
        "put" => "put",
        "make" => "made",
        "undo" => "undone",
        "split" => "split",
        "cancel" => "cancelled",
        "submit" => "submitted",
        _ => "",
    };
    if !irregular.is_empty() {
        return irregular.to_owned();
    }
    match verb.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ied"),
        _ if verb.ends_with('e') => format!("{verb}d"),
        _ => format!("{verb}ed"),
    }
}

#[cfg(test)]
impl Intent {
    /// One that was answered, for tests of those who show intents.
    pub fn sample(tool: &str, kind: Kind, state: State) -> Self {
        Self {
            number: 17,
            key: "00000000-0000-4000-8000-000000000001".to_owned(),
            scope: super::Scope {
                account: "acme".to_owned(),
                origin: "https://api.lumabill.ch".to_owned(),
                profile: "6f1c2b3a-9d4e-4f5a-8b6c-7d8e9f0a1b2c".to_owned(),
            },
            tool: tool.to_owned(),
            kind,
            client: "claude-code".to_owned(),
            confirmed: Confirmed::NotAsked,
            state,
            lost: false,
            answered: true,
            record_id: None,
            record_number: None,
            party: None,
            fields: Vec::new(),
            before: None,
            fingerprint: None,
            claimed_at: Timestamp::constant(1_795_266_131, 500_000_000),
            sent_at: None,
            settles_at: None,
            settled_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Confirmed, Intent, Kind, State};
    use super::past;

    const ID: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

    #[test]
    fn what_was_done_follows_from_the_tools_name_and_the_state() {
        for (tool, kind, state, number, said) in [
            ("create_invoice", Kind::Create, State::Created, Some("IV-010"), "created invoice IV-010"),
            ("create_invoice", Kind::Create, State::Unknown, None, "create invoice"),
            ("create_invoice", Kind::Create, State::Refused, None, "create invoice"),
            ("create_recurring_invoice", Kind::Create, State::Created, None, "created recurring invoice"),
            (
                "duplicate_invoice",
                Kind::Create,
                State::Created,
                Some("IV-011"),
                "duplicated invoice as IV-011",
            ),
            (
                "create_invoice_from_previous",
                Kind::Create,
                State::Created,
                Some("IV-012"),
                "created invoice from previous as IV-012",
            ),
            ("update_client", Kind::Update, State::Updated, Some("Muster AG"), "changed client Muster AG"),
            ("update_client", Kind::Update, State::NotSent, Some("Muster AG"), "change client Muster AG"),
            ("reconcile_transaction", Kind::Act, State::Done, None, "reconciled transaction"),
            ("import_bank_transactions", Kind::Act, State::Done, None, "imported bank transactions"),
            ("delete_offer", Kind::Delete, State::Deleted, Some("OF-3"), "deleted offer OF-3"),
            ("close_fiscal_year", Kind::Act, State::Absent, Some("2025"), "close fiscal year 2025"),
            ("finalise", Kind::Act, State::Done, None, "called finalise"),
        ] {
            let intent =
                Intent { record_number: number.map(str::to_owned), ..Intent::sample(tool, kind, state) };
            assert_eq!(intent.what(), said);
        }
        let by_id = Intent {
            record_id: Some(ID.to_owned()),
            ..Intent::sample("update_client", Kind::Update, State::Updated)
        };
        assert_eq!(by_id.what(), format!("changed client {ID}"));
        assert_eq!(by_id.what_by_number(), "changed client");
    }

    #[test]
    fn verbs_have_their_past() {
        for (verb, said) in [
            ("send", "sent"),
            ("copy", "copied"),
            ("pay", "paid"),
            ("close", "closed"),
            ("import", "imported"),
        ] {
            assert_eq!(past(verb), said);
        }
    }

    #[test]
    fn a_settled_entry_says_what_is_known_and_leaves_the_rest_out() {
        let settled = Intent {
            record_id: Some(ID.to_owned()),
            record_number: Some("IV-010".to_owned()),
            settled_at: Some("2026-11-21T13:02:12Z".parse().unwrap()),
            lost: true,
            confirmed: Confirmed::Repeated,
            ..Intent::sample("create_invoice", Kind::Create, State::Created)
        };
        assert_eq!(
            Value::Object(settled.json()),
            json!({
                "number": 17, "at": "2026-11-21T13:02:11Z", "tool": "create_invoice",
                "what": "created invoice IV-010", "outcome": "created",
                "record": { "id": ID, "number": "IV-010" }, "confirmed": "repeated_by_client",
                "client": "claude-code", "account": "acme", "profile": settled.scope.profile,
                "lost": true, "answered": true, "settled_at": "2026-11-21T13:02:12Z",
            })
        );
        assert_eq!(settled.result(), "done (was lost)");
    }

    #[test]
    fn an_open_entry_says_what_it_means_and_how_it_is_settled() {
        let mut open = Intent::sample("create_invoice", Kind::Create, State::Unknown);
        "sandbox".clone_into(&mut open.scope.origin);
        "account:acme".clone_into(&mut open.scope.profile);
        let json = open.json();
        assert_eq!((&json["open"], &json["outcome"]), (&json!(true), &json!("unknown")));
        assert!(json["means"].as_str().unwrap().contains("may have taken effect"), "{json:?}");
        assert!(json["next"].as_str().unwrap().contains("history settle 17 --created ID"), "{json:?}");
        assert_eq!(json["environment"], "SANDBOX");
        assert!(!json.contains_key("profile") && !json.contains_key("record"), "{json:?}");
    }

    #[test]
    fn every_state_and_kind_has_words() {
        for state in State::ALL {
            for kind in [Kind::Create, Kind::Act, Kind::Update, Kind::Delete] {
                let intent = Intent::sample("create_invoice", kind, *state);
                assert!(!intent.result().is_empty());
                assert_eq!(intent.next_step().is_empty(), !state.is_open(), "{state:?}");
                assert_eq!(intent.json()["outcome"], state.word());
            }
        }
    }
}
