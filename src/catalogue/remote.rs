//! What is known of remote servers' tools from their vendors' pages. Tools themselves are discovered; this only says
//! what one does, where the server does not say it, or says less than its page.

use super::{Effect, Toolset};

/// What a page says of one tool.
#[derive(Debug)]
pub struct Known {
    /// The service's name.
    pub service: &'static str,
    /// The tool as the server names it.
    pub tool: &'static str,
    pub effect: Effect,
    pub toolset: Toolset,
    /// A person is asked, at level `destructive` too; with what happens, in a sentence for that person.
    pub asks: Option<&'static str>,
}

/// What the page of `service` says of `tool`.
pub fn known(service: &str, tool: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|row| row.service == service && row.tool == tool)
}

const KNOWN: &[Known] = &[Known {
    service: "billbot",
    tool: "send_invoice",
    effect: Effect::Acts,
    toolset: Toolset::Invoicing,
    asks: Some("This sends the invoice by e-mail to the client, and it cannot be changed afterwards."),
}];
