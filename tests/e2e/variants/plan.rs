//! All choices of a variant that are not words: addresses, envelopes, paging, layout; and its operations with the tool
//! of ours that each stands for, which is the truth that matches are held against.

use super::dice::Dice;
use super::envelope::{Envelope, Paging};
use super::names::Names;
use super::ours::{self, Operation};
use super::style::{Act, Case, Operations};
use super::words::{group, of_segment};

/// How schemas are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Components, referred to.
    References,
    /// Everything where it is used.
    Inline,
    /// Components made of a base and the rest by `allOf`.
    AllOf,
}

/// One operation of the variant.
#[derive(Clone, Debug)]
pub struct Route {
    /// The operation of ours that it is.
    pub ours: &'static Operation,
    /// Lower case.
    pub method: String,
    /// As the document has it, with `{names}` in braces.
    pub path: String,
    pub name: Option<String>,
    pub tag: Option<String>,
    /// Words of the resource: one, many.
    pub one: String,
    pub many: String,
    pub act: Act,
}

/// A variant of the reconstruction.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Clone, Debug)]
pub struct Plan {
    /// As asked for.
    pub number: u64,
    /// What all choices are made from.
    pub seed: u64,
    pub level: u8,
    pub names: Names,
    /// Of `servers`, other origin included; the path in it is put before every path.
    pub server: String,
    pub layout: Layout,
    /// OpenAPI 3.0 instead of 3.1.
    pub old: bool,
    pub yaml: bool,
    pub described: bool,
    pub patch: bool,
    pub envelope: Envelope,
    pub paging: Paging,
    /// Fields that the description does not know are refused.
    pub strict: bool,
    /// Unrelated operations, fields and headers.
    pub noise: bool,
    pub routes: Vec<Route>,
    /// Tools whose operations the variant does not have.
    pub lacking: Vec<&'static str>,
}

/// Tools that no prompt needs: a variant may lack them.
const SPARE: &[&str] = &[
    "get_company_info",
    "delete_vendor",
    "update_catalog_item",
    "delete_bank_account",
    "list_reports",
    "get_bank_transaction",
];

impl Plan {
    /// Level 0 is the reconstruction as it stands. Level 1 changes the style only, 2 the words too, 3 the structure too.
    pub fn new(number: u64, level: u8) -> Self {
        // The same number makes another variant on every level.
        let seed = number * 8 + u64::from(level);
        let names = Names::chosen(seed, level);
        let mut dice = Dice::of(seed, "plan");
        let (prefix, server) = dice.pick(&[
            ("/api/v2", "https://api.vendor.example"),
            ("/v1", "https://api.vendor.example/"),
            ("", "https://api.vendor.example/v1"),
            ("", "https://vendor.example/rest/v3/"),
            ("", "/api"),
            ("/v2", "https://{tenant}.vendor.example/api"),
            ("/2026-01", ""),
            ("", ""),
        ]);
        let (prefix, server) = if level == 0 { ("/v1", "") } else { (prefix, server) };
        let structural = level >= 3;
        let patch = structural && dice.chance(50);
        let layout = dice.pick(&[Layout::References, Layout::References, Layout::Inline, Layout::AllOf]);
        let (old, yaml, described) = (dice.chance(50), dice.chance(40), dice.chance(50));
        let mut plan = Self {
            number,
            seed,
            level,
            server: server.to_owned(),
            layout,
            old,
            yaml,
            described,
            patch,
            envelope: if structural { Envelope::chosen(seed) } else { Envelope::ours() },
            paging: if structural { Paging::chosen(seed, names.parameters_case) } else { Paging::ours() },
            strict: Dice::of(seed, "strict").chance(50),
            noise: structural,
            routes: Vec::new(),
            lacking: Vec::new(),
            names,
        };
        if structural {
            let mut dice = Dice::of(seed, "lacking");
            plan.lacking = SPARE.iter().copied().filter(|_| dice.chance(20)).collect();
        }
        plan.routes = plan.lay(prefix);
        Dice::of(seed, "order").shuffle(&mut plan.routes);
        plan
    }

    fn lay(&self, prefix: &str) -> Vec<Route> {
        let mut dice = Dice::of(self.seed, "routes");
        let case = dice.pick(&[Case::Kebab, Case::Kebab, Case::Snake, Case::Camel, Case::Pascal]);
        let grouped = self.level >= 3 && dice.chance(30);
        let naming = dice.pick(&Operations::ALL);
        let tags = dice.pick(&["kept", "many", "one", "none"]);
        let key = dice.pick(&["id", "{}_id", "{}_id", "uuid"]);
        let (case, naming, key) =
            if self.level == 0 { (Case::Kebab, Operations::Snake, "id") } else { (case, naming, key) };
        let key_case = dice.pick(&[Case::Camel, Case::Snake]);
        let kept =
            ours::operations().iter().filter(|operation| !self.lacking.contains(&operation.tool.as_str()));
        kept.map(|operation| {
            let resource = of_segment(operation.segment());
            let (one, many) = self.nouns(operation, resource);
            let mut path = prefix.to_owned();
            if let Some(group) = group(resource).filter(|_| grouped) {
                path = format!("{path}/{}", case.of(group));
            }
            for segment in operation.path.split('/').skip(2) {
                path.push('/');
                if segment == "{id}" {
                    let name = key_case.of(&key.replace("{}", self.names.resources.one(resource)));
                    path.extend(["{", name.as_str(), "}"]);
                } else {
                    path.push_str(&case.of(self.names.resources.many(of_segment(segment))));
                }
            }
            let method = if operation.method == "put" && self.patch { "patch" } else { &operation.method };
            let act = if Self::is_plain(operation) { Act::of(&operation.tool) } else { Act::Special };
            Route {
                ours: operation,
                method: method.to_owned(),
                name: naming.name(act, (&one, &many), &path, method),
                tag: self.tag(operation, tags, resource),
                path,
                one,
                many,
                act,
            }
        })
        .collect()
    }

    /// The usual five acts on a resource, as against reports, imports and reconciling.
    fn is_plain(operation: &Operation) -> bool {
        let rest = operation.path.split('/').skip(3).collect::<Vec<_>>();
        (rest.is_empty() || rest == ["{id}"]) && operation.tool != "get_company_info"
    }

    /// The words that an operation's name is made of: of the resource, or all of a special one.
    fn nouns(&self, operation: &Operation, resource: &str) -> (String, String) {
        let words = &self.names.resources;
        let (one, many) = (words.one(resource), words.many(resource));
        if Self::is_plain(operation) {
            let many =
                if many == one && operation.tool == "list_catalog_items" { "catalog_items" } else { many };
            return (one.to_owned(), many.to_owned());
        }
        let last = operation.path.rsplit('/').next().map(of_segment).unwrap_or_default();
        let name = match operation.tool.as_str() {
            "get_company_info" => format!("get_{}", words.one("company")),
            "import_bank_transactions" => format!("import_{}", words.many("bank_transaction")),
            "reconcile_transaction" => match words.one("reconcile") {
                "reconciliation" => format!("reconcile_{one}"),
                verb => format!("{verb}_{one}"),
            },
            _ => format!("get_{}", words.one(last)),
        };
        (name, many.to_owned())
    }

    fn tag(&self, operation: &Operation, style: &str, resource: &str) -> Option<String> {
        let ours = operation.raw["tags"][0].as_str()?;
        match style {
            "kept" => Some(ours.to_owned()),
            "many" => Some(Case::Pascal.of(self.names.resources.many(resource))),
            "one" => Some(Case::Snake.of(self.names.resources.one(resource))),
            _ => None,
        }
    }

    /// The path of `servers`, which comes before all paths of the document.
    pub fn base(&self) -> &str {
        let path = match self.server.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
            None => &self.server,
        };
        path.trim_end_matches('/')
    }

    /// The route that stands for a tool of ours.
    pub fn route(&self, tool: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.ours.tool == tool)
    }

    /// One line for reports of failures.
    pub fn label(&self) -> String {
        format!("level {} seed {}", self.level, self.number)
    }
}
