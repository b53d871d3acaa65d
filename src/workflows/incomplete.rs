//! What a workflow says where a list could not be read to its end: how far it came, why, and the ways to a whole
//! one. Figures over a part are worse than none.

use crate::failure::{Exit, Failure, Sent};
use crate::gateway::calls::Walked;

/// Where a walk knows no other way: the list changed, or the API contradicts itself.
const AGAIN: &str = "call again; if that stays so, ask for less, by `client_name` or a shorter `period`";

/// The refusal of a tool; `undone` says what was not done (`nothing was summed`).
pub fn refusal(tool: &str, undone: &str, walked: Walked) -> Failure {
    let message = format!("`{tool}` cannot be sure of all {}: {undone}", counted(walked.n, walked.of));
    let mut failure = Failure::new("incomplete", Exit::Refused, message)
        .sent(Sent::Read)
        .fact("n", walked.n)
        .fact("of", walked.of)
        .fact("complete", false);
    failure.causes.extend(walked.note);
    failure.hint(walked.go_on.unwrap_or_else(|| AGAIN.to_owned()))
}

fn counted(n: u64, of: Option<u64>) -> String {
    match of {
        Some(of) => format!("{of} invoices, having read {n}"),
        None => format!("invoices, having read {n}"),
    }
}
