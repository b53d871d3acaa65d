//! One constant row per endpoint of the billing API. Schema, annotations, read-only filter, toolsets,
//! request and documentation follow from the row: to add an endpoint is to add a row.

pub mod check;
pub mod params;
pub mod remote;
pub mod request;
pub mod schema;

mod accounts;
mod bank_accounts;
mod bank_transactions;
mod catalog_items;
mod clients;
mod expenses;
mod fiscal_years;
mod invoices;
mod journal_entries;
mod offers;
mod profiles;
mod recurring_invoices;
mod reports;
mod revenue;
mod vendors;

#[cfg(test)]
mod tests;

/// One slice per resource, in the order in which tools are listed.
const RESOURCES: &[&[Endpoint]] = &[
    invoices::ENDPOINTS,
    offers::ENDPOINTS,
    recurring_invoices::ENDPOINTS,
    clients::ENDPOINTS,
    vendors::ENDPOINTS,
    expenses::ENDPOINTS,
    revenue::ENDPOINTS,
    catalog_items::ENDPOINTS,
    journal_entries::ENDPOINTS,
    accounts::ENDPOINTS,
    fiscal_years::ENDPOINTS,
    bank_accounts::ENDPOINTS,
    bank_transactions::ENDPOINTS,
    reports::ENDPOINTS,
    profiles::ENDPOINTS,
];

/// Every endpoint, in a stable order.
pub fn all() -> impl Iterator<Item = &'static Endpoint> {
    RESOURCES.iter().flat_map(|rows| rows.iter())
}

/// The endpoint behind a tool.
pub fn find(tool: &str) -> Option<&'static Endpoint> {
    all().find(|endpoint| endpoint.tool == tool)
}

/// One endpoint and the tool that calls it.
#[derive(Debug)]
pub struct Endpoint {
    /// Tool name, `verb_resource`.
    pub tool: &'static str,
    pub toolset: Toolset,
    /// Served when no toolset is named.
    pub default: bool,
    /// What it does, whether it can be undone, the state it needs and the next step, in few words.
    pub about: &'static str,
    pub method: Method,
    /// With `{id}` for path parameters.
    pub path: &'static str,
    pub effect: Effect,
    pub confirms: Confirms,
    pub params: &'static [Param],
    pub answer: Answer,
    /// Fields of the record that the server computes: dropped from the merged body of an update
    /// (dotted through lists: `lines.net_amount`). Empty but for updates.
    pub computed: &'static [&'static str],
    pub evidence: Evidence,
}

impl Endpoint {
    /// What the row of a tool of ours leaves out, which has no address of its own: it is made of calls of
    /// others, or asks nobody.
    pub const COMPOSED: Self = Self {
        tool: "",
        toolset: Toolset::Settings,
        default: false,
        about: "",
        method: Method::Get,
        path: "",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[],
        answer: Answer::Object,
        computed: &[],
        evidence: Evidence::Ours,
    };

    /// The same for a tool that asks nobody: arguments and allowed files are all it sees.
    pub const LOCAL: Self = Self { evidence: Evidence::Local, ..Self::COMPOSED };

    /// Answered on this machine, without account, key or network: no profile is worth declaring.
    pub fn is_local(&self) -> bool {
        self.evidence == Evidence::Local
    }

    /// An operation of the user's own API description, which the catalogue does not have: sent in that description's words.
    pub fn is_extra(&self) -> bool {
        self.toolset == Toolset::Extra
    }

    /// Everything but a read.
    pub fn writes(&self) -> bool {
        self.effect != Effect::Reads
    }

    /// A second one of the same may be meant: creates, and acts on a record.
    fn repeats(&self) -> bool {
        self.effect == Effect::Creates || (self.effect == Effect::Acts && !self.path.is_empty())
    }

    /// The arguments that are declared: the row's own, then those that its kind of call has in common
    /// with others (`limit`, `cursor` and what is shown of lists, `dry_run` of writes, `confirm_number` where a person
    /// is asked). `profile_id` is accepted besides, by every tool ([`PROFILE_ID`]).
    pub fn arguments(&self) -> impl Iterator<Item = &'static Param> {
        let list = matches!(self.answer, Answer::List(_));
        let asks = self.confirms != Confirms::Never;
        let file = matches!(self.answer, Answer::File(_));
        let common = [
            (file, &params::FILE),
            (list, &params::LIMIT),
            (list, &params::CURSOR),
            (list, &params::ALL),
            (list, &params::FIELDS),
            (list, &params::DETAIL),
            (asks, &params::CONFIRM_NUMBER),
            (self.repeats(), &params::ALLOW_DUPLICATE),
            (self.writes(), &params::DRY_RUN),
        ];
        self.params.iter().chain(common.into_iter().filter_map(|(wanted, param)| wanted.then_some(param)))
    }

    /// The arguments that are accepted: the declared ones, the profile, `confirm_number` of every write, since a
    /// person may have chosen to be asked before each, `detail` of reports, and `file` where an answer may be one.
    pub fn accepted(&self) -> impl Iterator<Item = &'static Param> {
        let asks = self.writes() && self.confirms == Confirms::Never;
        let report = self.toolset == Toolset::Reports && self.answer == Answer::Object;
        let unsaid_file = self.is_extra() && self.answer == Answer::Object;
        self.arguments()
            .chain([&PROFILE_ID])
            .chain(asks.then_some(&params::CONFIRM_NUMBER))
            .chain(report.then_some(&params::DETAIL))
            .chain(unsaid_file.then_some(&params::FILE))
    }

    /// The argument of this name that the tool accepts.
    pub fn argument(&self, name: &str) -> Option<&'static Param> {
        self.accepted().find(|param| param.name == name)
    }

    /// The fields that `changes` of an update takes; empty for other tools.
    pub fn changes(&self) -> &'static [Param] {
        match self.params.iter().find(|param| param.name == CHANGES).map(|param| param.kind) {
            Some(Kind::Object(fields)) if self.effect == Effect::Updates => fields,
            _ => &[],
        }
    }
}

/// States of a document that has reached the client: [`Param::frozen`] fields stay as they were billed.
pub const ISSUED: &[&str] = &["sent", "partially_paid", "paid", "overdue", "cancelled"];

/// The argument of an update that holds the fields to change.
pub const CHANGES: &str = "changes";

/// Accepted by every tool, declared only where the account reaches several profiles: an id or a name,
/// which the gateway sends as `X-Profile-Id`.
pub const PROFILE_ID: Param = params::text("profile_id").gateway();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// What a call does. Mandatory, so that every author decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Reads,
    Creates,
    Updates,
    Deletes,
    /// Does something to an existing record or to the world (reconcile, import, close, send).
    Acts,
}

/// When a person is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirms {
    Never,
    Always,
    /// When one of these fields of the request changes (dotted paths, for example `iban`).
    When(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Toolset {
    Invoicing,
    Contacts,
    Expenses,
    Catalog,
    Bookkeeping,
    Banking,
    Reports,
    Settings,
    /// What only the user's own API description has.
    Extra,
}

impl Toolset {
    /// In the order in which topics are shown.
    pub const ALL: &[Self] = &[
        Self::Invoicing,
        Self::Contacts,
        Self::Expenses,
        Self::Catalog,
        Self::Bookkeeping,
        Self::Banking,
        Self::Reports,
        Self::Settings,
        Self::Extra,
    ];

    /// The word for `--toolsets`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoicing => "invoicing",
            Self::Contacts => "contacts",
            Self::Expenses => "expenses",
            Self::Catalog => "catalog",
            Self::Bookkeeping => "bookkeeping",
            Self::Banking => "banking",
            Self::Reports => "reports",
            Self::Settings => "settings",
            Self::Extra => "extra",
        }
    }
}

/// How far the public pages go: everything but a printed path is an assumption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Method and path are printed.
    Path,
    /// The endpoint table lists the verb; the path is assumed.
    Table,
    /// Named as a capability of the hosted MCP server only.
    Capability,
    /// A tool of ours, without an address.
    Ours,
    /// A tool of ours that sends nothing and knows no books.
    Local,
    /// An operation of the user's own API description.
    Described,
}

impl Evidence {
    /// How sure the address is, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Path => "printed in the vendor's pages",
            Self::Table => "the vendor's table lists the call; its path is assumed",
            Self::Capability => "named as a capability only; its path is assumed",
            Self::Ours => "made here, of other calls",
            Self::Local => "answered here, without a request",
            Self::Described => "from your API description",
        }
    }
}

/// The shape of a 2xx answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One record.
    Record,
    /// A list of records, in whatever envelope.
    List(ListOf),
    /// A report or another object that is passed on as it is.
    Object,
    /// A file of this media type, saved under the name given as `file`.
    File(&'static str),
    /// Nothing (a delete).
    Nothing,
}

/// What the gateway knows of the records in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListOf {
    /// Key under which some APIs put the records, for example `invoices`.
    pub resource: &'static str,
    /// The field by which `period`, `from` and `to` are checked again here.
    pub date: Option<&'static str>,
    /// Money fields that are summed per currency when the list is complete, for example `total`.
    pub sums: &'static [&'static str],
    /// Fields that a row shows unless others are asked for, beside its `id`; of an object its name.
    pub columns: &'static [&'static str],
    /// A handful of records by nature: given at once, so that the words for the rest of a longer list are accepted
    /// and not declared.
    pub short: bool,
}

/// One argument of a tool.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    /// The name on the wire where it differs.
    pub wire: Option<&'static str>,
    pub place: Place,
    pub kind: Kind,
    pub required: bool,
    /// Another argument that may stand in its place: exactly one of the two where it is required, at most
    /// one otherwise.
    pub or: Option<&'static str>,
    /// A field of `changes` that decides what a client was billed: frozen once the document was issued.
    pub frozen: bool,
    /// Empty where the name says it all.
    pub about: &'static str,
}

/// Where an argument goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Path,
    /// The query; the rows of the answer are checked against it again, since servers ignore unknown filters.
    Query(Check),
    Body,
    /// The body itself, where it is no object of named values.
    Whole,
    /// The content of the one file that is sent as `multipart/form-data`.
    File,
    /// Handled by the gateway and turned into something else (`client_name`, `due_days`, `period`, …).
    Gateway,
}

/// How a row of a list shows that the filter was honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Not checkable from the row.
    None,
    /// The row's field of this name equals the value.
    Equals(&'static str),
    /// The row's date or amount is at least the value.
    AtLeast(&'static str),
    /// The row's date or amount is at most the value.
    AtMost(&'static str),
    /// Some text of the row contains the value, whatever its case.
    Contains,
}

/// The type of an argument.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Text,
    /// An IBAN with good check digits, spaces allowed.
    Iban,
    /// A record's id: one path segment, never empty.
    Id,
    /// `YYYY-MM-DD`.
    Date,
    /// An exact decimal, passed on digit for digit; given as a number or as its text.
    Decimal,
    Integer,
    Boolean,
    Choice(&'static [&'static str]),
    /// An object with these fields.
    Object(&'static [Param]),
    /// A list of objects with these fields.
    Objects(&'static [Param]),
    /// Whatever fits this JSON Schema, as far as it is understood here.
    Schema(&'static serde_json::Value),
}
