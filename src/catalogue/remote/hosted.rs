//! Lumabill's hosted server: its page says "all Lumabill API endpoints as tools" and names none of them. What a tool
//! does that is called like one of our own rows is taken from that row.

use super::super::{Confirms, Effect, find};
use super::Known;

pub(super) fn known(tool: &str) -> Option<Known> {
    let row = find(tool)?;
    let asks = match (row.confirms, row.effect) {
        (_, Effect::Deletes) => Some("This deletes the record at Lumabill."),
        (Confirms::Never, Effect::Reads | Effect::Creates | Effect::Updates) => None,
        // Whether one of the row's fields changes cannot be told here.
        (_, Effect::Creates | Effect::Updates) => {
            Some("This may change where money or mail goes, or what is in the books.")
        }
        (_, Effect::Acts) => {
            Some("This acts on the record at Lumabill; no page names a call that undoes it.")
        }
        (_, Effect::Reads) => None,
    };
    Some(Known { tool: row.tool, effect: row.effect, toolset: row.toolset, asks })
}
