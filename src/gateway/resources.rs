//! What can be read by address (`lumabill://…`): guides that are written here, and records, lists and reports,
//! each behind the tool that reads it, so that whatever holds for the tool holds for the address. An address
//! whose tool is not served is not served either. Lists of clients or invoices are no resources: they belong
//! to no list that touches nothing.

use serde_json::{Map, Value, json};

use super::connection::Connection;
use super::{Gateway, guides};
use crate::catalogue::{self, Effect, Endpoint, Method, Place};

const SCHEME: &str = "lumabill://";
const MARKDOWN: &str = "text/markdown";
const JSON: &str = "application/json";
/// Rows of a list that is read as one resource, where it cannot be asked for as a whole.
const ROWS: u64 = 200;

/// What stands behind an address.
#[derive(Debug, PartialEq)]
pub enum Resource {
    /// Written here: type and text.
    Written(&'static str, String),
    /// A tool that reads, and its arguments: in order, until one set of them finds something.
    Read(String, Vec<Map<String, Value>>),
}

/// Lists that are short and change seldom.
const LISTS: [(&str, &str); 2] = [("profiles", "list_profiles"), ("accounts", "list_accounts")];

/// Reports: name, tool, and the argument that a period stands for.
const REPORTS: [(&str, &str, &str); 3] = [
    ("profit-and-loss", "get_profit_and_loss", "period"),
    ("vat", "get_vat_report", "period"),
    ("balance-sheet", "get_balance_sheet", "as_of"),
];

/// What a template's variable stands for.
#[derive(Clone, Copy)]
pub(super) enum Variable {
    /// The `id` of the endpoint's record.
    Record(&'static Endpoint),
    Period,
    Day,
    Profile,
}

/// A template that is served.
pub(super) struct Template {
    endpoint: &'static Endpoint,
    /// The address up to the variable.
    stem: String,
    variable: (&'static str, Variable),
}

impl Template {
    fn uri(&self, several_profiles: bool) -> String {
        let profile = if several_profiles { "{?profile_id}" } else { "" };
        format!("{SCHEME}{}/{{{}}}{profile}", self.stem, self.variable.0)
    }
}

impl Connection {
    fn serves(&self, tool: &str) -> Option<&'static Endpoint> {
        self.served.find(tool).ok()
    }

    fn templates(&self) -> impl Iterator<Item = Template> {
        let records = catalogue::all().filter_map(|endpoint| {
            let endpoint = self.serves(endpoint.tool)?;
            let stem = record_path(endpoint)?.to_owned();
            Some(Template { endpoint, stem, variable: ("id", Variable::Record(endpoint)) })
        });
        let reports = REPORTS.iter().filter_map(|(name, tool, argument)| {
            let meaning = if *argument == "period" { Variable::Period } else { Variable::Day };
            let stem = format!("reports/{name}");
            Some(Template { endpoint: self.serves(tool)?, stem, variable: (*argument, meaning) })
        });
        records.chain(reports)
    }
}

/// The path of a record without version and id, where the row reads one by its id.
fn record_path(endpoint: &'static Endpoint) -> Option<&'static str> {
    let reads = endpoint.effect == Effect::Reads && endpoint.method == Method::Get;
    let mut paths = endpoint.params.iter().filter(|param| param.place == Place::Path);
    let only = paths.next().is_some_and(|param| param.name == "id") && paths.next().is_none();
    endpoint.path.strip_prefix("/v1/")?.strip_suffix("/{id}").filter(|_| reads && only)
}

impl Gateway {
    /// The resources with an address of their own. Touches neither keyring nor network.
    pub fn resources(&self) -> Vec<Value> {
        let connection = self.connection();
        let lists = LISTS.iter().filter_map(|(name, tool)| {
            let about = connection.serves(tool)?.about;
            Some(described("uri", &format!("{SCHEME}{name}"), name, about, JSON))
        });
        let guides = guides::ALL.iter().map(|guide| {
            described("uri", &format!("{SCHEME}guides/{}", guide.name), guide.name, guide.about, MARKDOWN)
        });
        lists.chain(guides).collect()
    }

    /// The resources whose address has a variable. Touches neither keyring nor network.
    pub fn resource_templates(&self) -> Vec<Value> {
        let connection = self.connection();
        let several = connection.profiles.several();
        let template = |template: Template| {
            let tool = template.endpoint.tool;
            let name = tool.strip_prefix("get_").unwrap_or(tool);
            described("uriTemplate", &template.uri(several), name, template.endpoint.about, JSON)
        };
        connection.templates().map(template).collect()
    }

    /// What stands behind an address; `None` where it is not served. Reads nothing yet.
    pub fn resource(&self, uri: &str) -> Option<Resource> {
        let path = uri.strip_prefix(SCHEME)?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if let Some(name) = path.strip_prefix("guides/").filter(|_| query.is_empty()) {
            let guide = guides::ALL.iter().find(|guide| guide.name == name)?;
            return Some(Resource::Written(MARKDOWN, (guide.text)()));
        }
        let mut common = Map::new();
        match query.split_once('=') {
            Some(("profile_id", profile)) => {
                common.insert("profile_id".to_owned(), json!(decoded(profile)?));
            }
            _ if query.is_empty() => {}
            _ => return None,
        }
        let connection = self.connection();
        if let Some((_, tool)) = LISTS.iter().find(|(name, _)| *name == path) {
            let endpoint = connection.serves(tool)?;
            match endpoint.argument("all") {
                Some(_) => common.insert("all".to_owned(), json!(true)),
                None => common.insert("limit".to_owned(), json!(ROWS)),
            };
            return Some(Resource::Read(endpoint.tool.to_owned(), vec![common]));
        }
        let (stem, variable) = path.rsplit_once('/')?;
        let variable = decoded(variable).filter(|text| !text.trim().is_empty())?;
        let template = connection.templates().find(|template| template.stem == stem)?;
        let with = |name: &str| {
            let mut arguments = common.clone();
            arguments.insert(name.to_owned(), json!(variable));
            arguments
        };
        let attempts = match template.variable.1 {
            // What looks like no id of this API is rather a number or a name; but ids may look like anything.
            Variable::Record(endpoint) => match words_for_id(endpoint) {
                Some(words) if uuid::Uuid::parse_str(&variable).is_err() => vec![with(words), with("id")],
                _ => vec![with("id")],
            },
            _ => vec![with("period")],
        };
        Some(Resource::Read(template.endpoint.tool.to_owned(), attempts))
    }

    /// The variables of a template as it is listed, or without its query.
    pub(super) fn variables(&self, uri_template: &str) -> Option<[(&'static str, Variable); 2]> {
        let connection = self.connection();
        let bare = uri_template.split("{?").next().unwrap_or_default();
        let template = connection.templates().find(|template| template.uri(false) == bare)?;
        Some([template.variable, ("profile_id", Variable::Profile)])
    }
}

/// The argument by which people name the record, where the row takes one in place of the id.
pub(super) fn words_for_id(endpoint: &Endpoint) -> Option<&'static str> {
    endpoint.argument("id")?.or
}

/// What the tool's row says, without the verb.
fn described(place: &str, address: &str, name: &str, about: &str, kind: &str) -> Value {
    let mut words =
        ["Get ", "List "].iter().find_map(|verb| about.strip_prefix(verb)).unwrap_or(about).chars();
    let about: String = words.next().into_iter().flat_map(char::to_uppercase).chain(words).collect();
    json!({ place: address, "name": name, "description": about, "mimeType": kind })
}

/// `%2F` and its kin as what they stand for; `None` where that is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|it| u8::try_from(it).ok());
                digit()? << 4 | digit()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{decoded, record_path};
    use crate::catalogue;

    #[test]
    fn an_address_is_decoded_once_or_refused() {
        for (text, shown) in [
            ("IV-010", Some("IV-010")),
            ("RE%2F2026%2f1", Some("RE/2026/1")),
            ("M%C3%BCller%20%26%20Co", Some("Müller & Co")),
            ("%2541", Some("%41")),
            ("a+b", Some("a+b")),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%+1", None),
            ("%FF", None),
        ] {
            assert_eq!(decoded(text).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn records_are_what_a_row_reads_by_its_id_and_nothing_else() {
        let path = |tool: &str| record_path(catalogue::find(tool).unwrap());
        assert_eq!(path("get_invoice"), Some("invoices"));
        assert_eq!(path("get_catalog_item"), Some("catalog"));
        for tool in ["list_invoices", "update_invoice", "delete_invoice", "get_report", "get_vat_report"] {
            assert_eq!(path(tool), None, "{tool}");
        }
    }
}
