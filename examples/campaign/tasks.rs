//! What callers are asked to bill: each thing once, in several wordings that an assistant may choose from.

use std::time::Duration;

use serde_json::{Map, Number, Value, json};

use super::books;
use super::chance::Chance;
use super::options::Options;

/// How many wordings every task has.
pub const WORDINGS: usize = 4;

/// Something to be billed once.
#[derive(Clone, Debug)]
pub struct Task {
    pub number: usize,
    /// Whose books.
    pub profile: usize,
    pub client: usize,
    /// The net amount, the same in all wordings. Divisible by four.
    cents: u64,
    /// When it is begun.
    pub at: Duration,
    /// Two clients of the same person make the first call at the same moment.
    pub doubled: bool,
    /// Once it is billed, a second one of the same is wanted on purpose.
    pub second: bool,
}

/// All tasks of a campaign.
pub fn plan(options: &Options) -> Vec<Task> {
    let mut chance = Chance::new(options.seed, 0);
    let clients = clients(options);
    let mut tasks: Vec<Task> = (0..options.creates)
        .map(|number| Task {
            number,
            profile: if options.own_profiles { chance.below(books::PROFILES) } else { 0 },
            client: chance.below(clients),
            cents: amount(number),
            at: chance.time(Duration::ZERO, options.faults),
            doubled: chance.permille(60),
            second: chance.permille(80),
        })
        .collect();
    // Twins: the same client and amount at about the same time, with texts of their own.
    for pair in tasks.chunks_exact_mut(2) {
        if let ([one, other], true) = (pair, chance.permille(250)) {
            (other.profile, other.client, other.cents) = (one.profile, one.client, one.cents);
            other.at = one.at + chance.millis(0, 2000);
        }
    }
    tasks
}

/// A task that is begun when everything else is over, so that something is written.
pub fn sweeper(number: usize, profile: usize) -> Task {
    let cents = amount(number);
    Task { number, profile, client: 0, cents, at: Duration::ZERO, doubled: false, second: false }
}

/// How many clients the books have: few enough rows each that a list of them can be walked to its end.
pub fn clients(options: &Options) -> usize {
    (options.creates / 150).max(5)
}

fn amount(number: usize) -> u64 {
    4 * (2_500 + number as u64)
}

impl Task {
    /// The text of the first line, by which the upstream tells whose record it is.
    pub fn description(&self, wording: usize) -> String {
        let number = self.number;
        match wording % WORDINGS {
            0 => format!("Consulting, order {number}"),
            1 => format!("Advice given on the telephone ({number})"),
            2 => format!("Work on project {number} as agreed"),
            _ => format!("First half of assignment {number}"),
        }
    }

    /// Arguments of `create_invoice` in one of the wordings: same client, same net amount.
    pub fn arguments(&self, wording: usize, today: &str) -> Map<String, Value> {
        let description = self.description(wording);
        let line = |description: &str, quantity: &str, cents: u64| {
            json!({
                "description": description,
                "quantity": number(quantity),
                "price": number(&format!("{}.{:02}", cents / 100, cents % 100)),
            })
        };
        let (id, name) = (books::client_id(self.profile, self.client), books::client_name(self.client));
        let arguments = match wording % WORDINGS {
            0 => json!({ "client_id": id, "lines": [line(&description, "1", self.cents)] }),
            1 => json!({
                "client_name": name,
                "lines": [line(&description, "2", self.cents / 2)],
                "currency": "CHF",
            }),
            2 => json!({
                "client_id": id,
                "lines": [line(&description, "0.5", self.cents * 2)],
                "issue_date": today,
                "due_days": 14,
                "title": "Invoice",
            }),
            _ => {
                let other = format!("Second half of assignment {}", self.number);
                json!({
                    "client_id": id,
                    "lines": [line(&description, "1", self.cents / 2), line(&other, "2", self.cents / 4)],
                    "notes": "Thank you",
                })
            }
        };
        match arguments {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        }
    }
}

/// A number as it is written, so that nothing is rounded on its way.
pub fn number(text: &str) -> Value {
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}
