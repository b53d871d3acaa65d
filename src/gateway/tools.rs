//! Which tools are served: one filter for what is listed and what may be called.

mod narrowed;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::bridged::WHY_NOT;
use super::{Tool, lean, unoffered};
use crate::catalogue::{self, Effect, Endpoint, Toolset, schema};
use crate::failure::{Exit, Failure};
use crate::spec::{self, Extra, Kept};
use crate::workflows;
use narrowed::Narrowed;

/// Further tools of the user's description that are served by default.
const EXTRAS: usize = 40;

/// What the user chose to serve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Names of toolsets, `default` or `all`; empty means `default` unless tools are named.
    pub toolsets: Vec<String>,
    /// Further tools by name.
    pub tools: Vec<String>,
    /// Four tools are listed that find and run all that is served: everything, unless toolsets or tools are
    /// named.
    pub lean: bool,
}

/// The rows that are served: endpoints in the order of the catalogue, then workflows.
#[derive(Clone)]
pub struct Served {
    endpoints: Vec<&'static Endpoint>,
    /// Selected but writing, while only reading is allowed: refused with that reason.
    withheld: Vec<&'static Endpoint>,
    /// Which rows the API has, and which of them ask, as its description says.
    narrowed: Narrowed,
    /// Further tools of the user's description that were not chosen.
    spare: Vec<&'static Endpoint>,
    lean: bool,
}

impl Selection {
    /// Refuses names that do not exist, and says which do.
    pub fn check(&self) -> Result<(), Failure> {
        self.check_with(&[])
    }

    /// The same where the user's description of the API has further tools.
    pub fn check_with(&self, kept: &[Extra]) -> Result<(), Failure> {
        let extras = extras(kept);
        let known = |name: &str| matches!(name, "all" | "default") || toolset(name).is_some();
        if let Some(name) = self.toolsets.iter().find(|name| !known(name)) {
            let names: Vec<_> = Toolset::ALL.iter().map(|set| set.name()).collect();
            let message = format!("there is no toolset `{name}`");
            return Err(Failure::new("unknown_toolset", Exit::Usage, message)
                .hint(format!("use `default`, `all` or some of: {}", names.join(", "))));
        }
        let known = || rows().chain(extras.iter().copied()).map(|endpoint| endpoint.tool);
        // The empty name stands for no tool at all.
        match self.tools.iter().find(|name| !name.is_empty() && known().all(|tool| tool != name.as_str())) {
            Some(name) => Err(Failure { exit: Exit::Usage, ..unknown(name, known()) }),
            None => Ok(()),
        }
    }

    /// Which of the further tools are served: the first forty by default, all where they are asked for.
    fn of_extras(&self, extras: &[&'static Endpoint]) -> Vec<&'static Endpoint> {
        let named = |set: &str| self.toolsets.iter().any(|name| name == set);
        let by_default = self.toolsets.is_empty() && self.tools.is_empty();
        let all = named("all") || named(Toolset::Extra.name()) || (by_default && self.lean);
        let some = if by_default || named("default") { EXTRAS } else { 0 };
        let is_served = |(at, row): (usize, &&'static Endpoint)| {
            (all || at < some || self.tools.iter().any(|name| name == row.tool)).then_some(*row)
        };
        extras.iter().enumerate().filter_map(is_served).collect()
    }

    /// How many tools a client would be shown; `kept` are the further ones of the user's description.
    pub fn count(&self, read_only: bool, kept: &[Extra]) -> usize {
        let served = Served::new(self, read_only).with_extras(self, read_only, &extras(kept));
        if self.lean { lean::list(served.only_reads()).len() } else { served.endpoints.len() }
    }

    fn has(&self, endpoint: &Endpoint) -> bool {
        let by_default = self.toolsets.is_empty() && self.tools.is_empty();
        (by_default && (endpoint.default || self.lean))
            || self.tools.iter().any(|name| name == endpoint.tool)
            || self.toolsets.iter().any(|name| match name.as_str() {
                "all" => true,
                "default" => endpoint.default,
                name => name == endpoint.toolset.name(),
            })
    }
}

/// The rows of all tools that there are.
fn rows() -> impl Iterator<Item = &'static Endpoint> {
    catalogue::all().chain(workflows::all().map(|workflow| &workflow.row))
}

/// The row behind a tool, served or not.
pub fn row(tool: &str) -> Option<&'static Endpoint> {
    own(tool).or_else(|| spec::row_of(tool))
}

/// The same for tools of ours.
fn own(tool: &str) -> Option<&'static Endpoint> {
    catalogue::find(tool).or_else(|| Some(&workflows::find(tool)?.row))
}

/// Names that no further tool may have, or look like.
pub fn names() -> Vec<&'static str> {
    rows().map(|row| row.tool).chain(lean::names()).chain([WHY_NOT]).collect()
}

/// The rows of what only the user's description has, without those whose name is one of ours by now.
pub(super) fn extras(kept: &[Extra]) -> Vec<&'static Endpoint> {
    let mut rows = spec::rows(kept);
    rows.retain(|row| own(row.tool).is_none() && !lean::is_lean(row.tool) && row.tool != WHY_NOT);
    rows
}

fn toolset(name: &str) -> Option<Toolset> {
    Toolset::ALL.iter().copied().find(|set| set.name() == name)
}

impl Served {
    pub fn new(selection: &Selection, read_only: bool) -> Self {
        let (withheld, endpoints) = rows()
            .filter(|endpoint| selection.has(endpoint))
            .partition(|endpoint| read_only && endpoint.effect != Effect::Reads);
        let narrowed = Narrowed::default();
        Self { endpoints, withheld, narrowed, spare: Vec::new(), lean: selection.lean }
    }

    /// The same where the API's description is in use: what it lacks is not served, and what it says more of than the
    /// catalogue knows is asked for.
    pub fn narrowed(mut self, kept: Option<&Kept>) -> Self {
        if let Some(kept) = kept {
            self.narrowed = Narrowed::of(&kept.dialect);
            for rows in [&mut self.endpoints, &mut self.withheld] {
                rows.retain(|row| !self.narrowed.lacks(row.tool));
                for row in rows.iter_mut() {
                    *row = self.narrowed.tightened(row);
                }
            }
        }
        self
    }

    /// A row of the catalogue for a call that is made of others, whether it is served or not.
    pub fn part(&self, tool: &str) -> Result<&'static Endpoint, Failure> {
        if let Some(refusal) = self.narrowed.refusal(tool) {
            return Err(refusal);
        }
        let row = catalogue::find(tool)
            .ok_or_else(|| super::following::defect(&format!("the catalogue has no `{tool}`")))?;
        Ok(self.narrowed.tightened(row))
    }

    /// With what only the user's description of the API has, behind all others.
    pub fn with_extras(
        mut self,
        selection: &Selection,
        read_only: bool,
        extras: &[&'static Endpoint],
    ) -> Self {
        let chosen = selection.of_extras(extras);
        self.spare =
            extras.iter().copied().filter(|row| chosen.iter().all(|other| other.tool != row.tool)).collect();
        let (withheld, endpoints): (Vec<_>, Vec<_>) =
            chosen.into_iter().partition(|endpoint| read_only && endpoint.writes());
        self.withheld.extend(withheld);
        self.endpoints.extend(endpoints);
        self
    }

    /// Only the four tools are listed that find and run the others.
    pub fn lean(&self) -> bool {
        self.lean
    }

    /// No tool that is served writes.
    pub fn only_reads(&self) -> bool {
        self.endpoints.iter().all(|endpoint| endpoint.effect == Effect::Reads)
    }

    pub fn endpoints(&self) -> &[&'static Endpoint] {
        &self.endpoints
    }

    /// The endpoint behind a served tool.
    pub fn find(&self, name: &str) -> Result<&'static Endpoint, Failure> {
        if let Some(endpoint) = self.endpoints.iter().find(|endpoint| endpoint.tool == name) {
            return Ok(endpoint);
        }
        if self.withheld.iter().any(|endpoint| endpoint.tool == name) {
            return Err(read_only(name));
        }
        if let Some(refusal) = self.narrowed.refusal(name) {
            return Err(refusal);
        }
        if let Some(endpoint) = own(name).or_else(|| self.spare.iter().copied().find(|row| row.tool == name))
        {
            let set = endpoint.toolset.name();
            let message = format!("`{name}` is not served here; nothing was sent");
            return Err(Failure::new("unknown_tool", Exit::Refused, message)
                .hint(format!("start the server with `--toolsets default,{set}` or `--tools` naming it")));
        }
        Err(unknown(name, self.endpoints.iter().map(|endpoint| endpoint.tool)))
    }

    /// As they are listed.
    pub fn list(&self, options: schema::Options<'_>) -> Arc<Vec<Tool>> {
        if self.lean {
            return Arc::new(lean::list(self.only_reads()));
        }
        let options = schema::Options { listed: &self.endpoints, ..options };
        Arc::new(self.endpoints.iter().map(|endpoint| describe(endpoint, options)).collect())
    }
}

impl Tool {
    /// As `tools/list` shows it.
    pub fn json(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        shown.insert("name".into(), json!(self.name));
        shown.insert("description".into(), json!(self.description));
        shown.insert("inputSchema".into(), Value::Object((*self.input_schema).clone()));
        shown.insert("annotations".into(), Value::Object(self.annotations()));
        if let Some(schema) = &self.output_schema {
            shown.insert("outputSchema".into(), Value::Object((**schema).clone()));
        }
        shown.extend(self.further().map(|(name, value)| (name.clone(), value.clone())));
        shown
    }
}

/// The refusal of a tool that writes where only reading is allowed.
pub(super) fn read_only(name: &str) -> Failure {
    let message = format!("`{name}` changes data and only reading is allowed here; nothing was sent");
    Failure::new("read_only", Exit::Refused, message)
        .hint("tell the person: a read & write key or a server without `--read-only` is needed for changes")
}

/// One tool as it is listed.
pub(super) fn describe(endpoint: &Endpoint, options: schema::Options<'_>) -> Tool {
    let hints = schema::annotations(endpoint);
    Tool {
        name: endpoint.tool.to_owned(),
        description: endpoint.about.to_owned(),
        input_schema: Arc::new(schema::input(endpoint, options)),
        output_schema: workflows::find(endpoint.tool)
            .map(|workflow| Arc::new(schema::output(workflow.output))),
        more: None,
        read_only: hints.read_only,
        // For a tool that only reads MCP gives the two no meaning.
        destructive: (!hints.read_only && !hints.destructive).then_some(false),
        idempotent: (!hints.read_only && hints.idempotent).then_some(true),
        open_world: (!hints.open_world).then_some(false),
    }
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let failure =
        Failure::new("unknown_tool", Exit::Refused, format!("there is no tool `{name}`; nothing was sent"));
    if lean::is_lean(name) {
        return failure.hint("it is one of the four tools of a server started with `--lean`");
    }
    let known: Vec<&str> = known.collect();
    if let Some(instead) = unoffered::instead_of(name, &known) {
        return failure.hint(instead);
    }
    let nearest = known.into_iter().map(|tool| (distance(name, tool), tool)).min();
    match nearest {
        Some((far, tool)) if far <= 4 => {
            failure.hint(format!("did you mean `{tool}`?")).fact("nearest", Value::from(tool))
        }
        _ => failure,
    }
}

/// Edits between two names.
pub(super) fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, b) in right.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1) + 1;
            let before = next.last().copied().unwrap_or(usize::MAX - 1) + 1;
            let across = row.get(j).copied().unwrap_or(usize::MAX - 1) + usize::from(a != *b);
            next.push(above.min(before).min(across));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Selection, Served, Tool, distance, rows};
    use crate::catalogue::{Effect, schema};

    #[test]
    fn a_read_only_server_withholds_every_writing_tool_and_says_so() {
        let served =
            Served::new(&Selection { toolsets: vec!["all".into()], tools: vec![], lean: false }, true);
        assert!(served.endpoints().iter().all(|endpoint| endpoint.effect == Effect::Reads));
        assert_eq!(served.find("create_invoice").unwrap_err().code, "read_only");
    }

    #[test]
    fn every_listed_tool_is_callable_and_the_reverse() {
        for toolsets in [vec![], vec!["all".to_owned()], vec!["banking".to_owned(), "default".to_owned()]] {
            let served = Served::new(&Selection { toolsets, tools: vec![], lean: false }, false);
            let listed: Vec<_> =
                served.list(schema::Options::default()).iter().map(|tool| tool.name.clone()).collect();
            for endpoint in rows() {
                assert_eq!(
                    listed.iter().any(|name| name == endpoint.tool),
                    served.find(endpoint.tool).is_ok(),
                    "{}",
                    endpoint.tool
                );
            }
        }
    }

    /// An early word on 9,000, 6,000 and 900 tokens, which `tests/e2e/tokens.rs` counts with a real tokenizer: it
    /// found 4.19 bytes a token in the full list.
    #[test]
    fn the_lists_are_about_as_long_as_they_may_be() {
        let all = || vec!["all".to_owned()];
        for (toolsets, lean, tokens) in [(vec![], false, 6_000), (all(), false, 9_000), (vec![], true, 900)] {
            let served = Served::new(&Selection { toolsets, tools: vec![], lean }, false);
            let options = schema::Options { several_profiles: true, ..schema::Options::default() };
            let listed: Vec<_> = served.list(options).iter().map(Tool::json).collect();
            let bytes = serde_json::to_string(&listed).unwrap().len();
            assert!(bytes * 100 < tokens * 415, "{bytes} bytes");
        }
    }

    #[test]
    fn a_misspelt_tool_gets_its_neighbour_and_sending_an_honest_answer() {
        let served = Served::new(&Selection::default(), false);
        assert_eq!(served.find("list_invoice").unwrap_err().facts["nearest"], "list_invoices");
        assert!(served.find("send_invoice").unwrap_err().hint.unwrap().contains("web app"));
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn unknown_names_are_refused_at_the_start() {
        assert!(Selection { toolsets: vec!["invoices".into()], tools: vec![], lean: false }.check().is_err());
        assert!(Selection { toolsets: vec![], tools: vec!["x".into()], lean: false }.check().is_err());
        assert!(
            Selection { toolsets: vec!["banking".into()], tools: vec!["get_client".into()], lean: false }
                .check()
                .is_ok()
        );
    }
}
