//! What is known of remote servers' tools from their vendors' pages. Tools themselves are discovered; this only says
//! what one does, where the server does not say it, or says less than its page. One file per service, with the page's
//! own words beside the rows.

mod billbot;
mod billstride;
mod faktoora;
mod hosted;

#[cfg(test)]
mod tests;

use super::{Effect, Toolset};

/// What a page says of one tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The tool as the server names it.
    pub tool: &'static str,
    pub effect: Effect,
    pub toolset: Toolset,
    /// A person is asked, at level `destructive` too; with what happens, in a sentence for that person.
    pub asks: Option<&'static str>,
    /// Asked only where one of these fields is among the arguments; none for always.
    pub only_with: &'static [&'static str],
}

/// The services whose pages were read.
pub const SERVICES: [&str; 4] = ["billbot", "billstride", "faktoora", "lumabill-hosted"];

/// What the page of `service` says of `tool`.
pub fn known(service: &str, tool: &str) -> Option<&'static Known> {
    rows(service).iter().find(|row| row.tool == tool)
}

/// Every tool that the page of `service` names.
pub fn rows(service: &str) -> &'static [Known] {
    match service {
        "billbot" => billbot::ROWS,
        "billstride" => billstride::ROWS,
        "faktoora" => faktoora::ROWS,
        "lumabill-hosted" => hosted::rows(),
        _ => &[],
    }
}

/// Whether a service is one whose pages were read, so that its hints on reading are believed.
pub fn is_named(service: &str) -> bool {
    SERVICES.contains(&service)
}

const fn reads(tool: &'static str, toolset: Toolset) -> Known {
    Known { tool, effect: Effect::Reads, toolset, asks: None, only_with: &[] }
}

const fn creates(tool: &'static str, toolset: Toolset) -> Known {
    Known { tool, effect: Effect::Creates, toolset, asks: None, only_with: &[] }
}

const fn updates(tool: &'static str, toolset: Toolset) -> Known {
    Known { tool, effect: Effect::Updates, toolset, asks: None, only_with: &[] }
}

const fn deletes(tool: &'static str, toolset: Toolset, asks: &'static str) -> Known {
    Known { tool, effect: Effect::Deletes, toolset, asks: Some(asks), only_with: &[] }
}

const fn acts(tool: &'static str, toolset: Toolset, asks: &'static str) -> Known {
    Known { tool, effect: Effect::Acts, toolset, asks: Some(asks), only_with: &[] }
}

impl Known {
    /// The same, asked about: with what happens.
    const fn asks(self, sentence: &'static str) -> Self {
        Self { asks: Some(sentence), ..self }
    }
}
