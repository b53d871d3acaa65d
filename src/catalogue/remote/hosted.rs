//! Lumabill's hosted server: its page says "all Lumabill API endpoints as tools" and names none of them. What a tool
//! does that is called like one of our own rows is taken from that row.

use std::sync::LazyLock;

use super::super::{Confirms, Effect, Endpoint, all};
use super::Known;

pub(super) fn rows() -> &'static [Known] {
    static ROWS: LazyLock<Vec<Known>> = LazyLock::new(|| all().map(known).collect());
    &ROWS
}

fn known(row: &'static Endpoint) -> Known {
    let asks = match (row.effect, row.confirms) {
        (Effect::Reads, _) | (Effect::Creates | Effect::Updates, Confirms::Never) => None,
        (Effect::Creates | Effect::Updates, _) => {
            Some("This may change where money or mail goes, or what is in the books.")
        }
        (Effect::Deletes, _) => Some("This deletes the record at Lumabill."),
        (Effect::Acts, _) => {
            Some("This acts on the record at Lumabill; no page names a call that undoes it.")
        }
    };
    // What the record holds is not known here: a field that is given counts as one that changes.
    let only_with = match (row.effect, row.confirms) {
        (Effect::Creates | Effect::Updates, Confirms::When(fields)) => fields,
        _ => &[],
    };
    Known { tool: row.tool, effect: row.effect, toolset: row.toolset, asks, only_with }
}
