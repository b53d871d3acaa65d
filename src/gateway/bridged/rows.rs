//! Prompts, resources and templates of a remote server as they are listed here, and which of them a name or an address
//! means.

use serde_json::{Map, Value, json};

use super::definitions::Definitions;
use super::naming;
use super::tools::{further, marked};
use crate::gateway::redaction;
use crate::text::hides;

/// Characters of a description, and of a title.
const ABOUT: usize = 500;
const TITLE: usize = 100;
/// The scheme of our own addresses, and whose server may use it too.
const OURS: &str = "lumabill";
const HOSTED: &str = "lumabill-hosted";

/// What a server lists beside tools.
#[derive(Debug, Default)]
pub struct Rows {
    pub prompts: Vec<Value>,
    pub resources: Vec<Value>,
    pub templates: Vec<Value>,
    /// Names of prompts: (here, there).
    names: Vec<(String, String)>,
    /// The server has resources, listed or not.
    reads_resources: bool,
    hosted: bool,
}

/// How surely an address belongs to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It lists nothing of the kind, but has resources.
    Perhaps,
    /// It lists addresses of that scheme.
    Scheme,
    /// It fits a template.
    Template,
    Listed,
}

impl Rows {
    pub fn new(definitions: &Definitions, account: &str, service: &str) -> Self {
        let hosted = service == HOSTED;
        let prompts: Vec<_> = objects(&definitions.prompts).collect();
        let given = prompts.iter().map(|row| row.get("name").and_then(Value::as_str).unwrap_or_default());
        let safe = naming::safe_names(given.clone(), &[]);
        let names: Vec<_> =
            given.zip(safe).filter_map(|(there, here)| Some((here?, there.to_owned()))).collect();
        let shown = |row: &&Map<String, Value>| {
            let (here, _) = names.iter().find(|(_, there)| row.get("name") == Some(&json!(there)))?;
            Some(prompt(row, here, account))
        };
        Self {
            prompts: prompts.iter().filter_map(shown).collect(),
            resources: objects(&definitions.resources)
                .filter_map(|row| resource(row, "uri", account))
                .filter(|row| hosted || !is_ours(row, "uri"))
                .collect(),
            templates: objects(&definitions.templates)
                .filter_map(|row| resource(row, "uriTemplate", account))
                .filter(|row| hosted || !is_ours(row, "uriTemplate"))
                .collect(),
            reads_resources: definitions.server.pointer("/capabilities/resources").is_some(),
            names,
            hosted,
        }
    }

    /// The server's own name of a prompt that is listed here.
    pub fn prompt(&self, name: &str) -> Option<&str> {
        self.names.iter().find(|(here, _)| here == name).map(|(_, there)| there.as_str())
    }

    /// Whether a template is listed as it stands.
    pub fn has_template(&self, template: &str) -> bool {
        addresses(&self.templates, "uriTemplate").any(|listed| listed == template)
    }

    /// How surely an address is one of this server's.
    pub fn fit(&self, uri: &str) -> Option<Fit> {
        if addresses(&self.resources, "uri").any(|listed| listed == uri) {
            return Some(Fit::Listed);
        }
        if addresses(&self.templates, "uriTemplate").any(|template| fits(template, uri)) {
            return Some(Fit::Template);
        }
        let scheme = scheme(uri);
        if !self.hosted && scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(OURS)) {
            return None;
        }
        let mut all = addresses(&self.resources, "uri").chain(addresses(&self.templates, "uriTemplate"));
        if scheme.is_some() && all.any(|listed| self::scheme(listed) == scheme) {
            return Some(Fit::Scheme);
        }
        self.reads_resources.then_some(Fit::Perhaps)
    }
}

fn objects(rows: &[Value]) -> impl Iterator<Item = &Map<String, Value>> {
    rows.iter().filter_map(Value::as_object)
}

fn addresses<'a>(rows: &'a [Value], place: &'static str) -> impl Iterator<Item = &'a str> {
    rows.iter().filter_map(move |row| row.get(place)?.as_str())
}

/// An address that looks like one of ours, from a server that is not Lumabill's own.
fn is_ours(row: &Value, place: &str) -> bool {
    let address = row.get(place).and_then(Value::as_str).and_then(scheme);
    address.is_some_and(|scheme| scheme.eq_ignore_ascii_case(OURS))
}

fn scheme(address: &str) -> Option<&str> {
    address.split_once(':').map(|(scheme, _)| scheme)
}

fn prompt(row: &Map<String, Value>, name: &str, account: &str) -> Value {
    let mut shown = Map::from_iter([("name".to_owned(), json!(name))]);
    describe(&mut shown, row, account);
    if let Some(arguments) = row.get("arguments").filter(|arguments| arguments.is_array()) {
        let mut arguments = arguments.clone();
        redaction::apply(&mut arguments);
        shown.insert("arguments".into(), arguments);
    }
    Value::Object(shown)
}

/// `None` for an address that looks otherwise than it is.
fn resource(row: &Map<String, Value>, place: &str, account: &str) -> Option<Value> {
    let address = row.get(place)?.as_str().filter(|address| !hides(address))?;
    let name = row.get("name").and_then(Value::as_str).unwrap_or(address);
    let mut shown = Map::from_iter([
        (place.to_owned(), json!(address)),
        ("name".to_owned(), json!(crate::text::in_line(name, TITLE))),
    ]);
    describe(&mut shown, row, account);
    for fact in ["mimeType", "size", "annotations"] {
        if let Some(value) = row.get(fact).filter(|value| !value.is_null()) {
            let mut value = value.clone();
            redaction::apply(&mut value);
            shown.insert(fact.to_owned(), value);
        }
    }
    Some(Value::Object(shown))
}

fn describe(shown: &mut Map<String, Value>, row: &Map<String, Value>, account: &str) {
    for (words, most) in [("title", TITLE), ("description", ABOUT)] {
        if row.get(words).is_some_and(Value::is_string) {
            shown.insert(words.to_owned(), json!(marked(account, row.get(words), most)));
        }
    }
    shown.extend(further(row));
}

/// Whether an address could come of a template: its fixed parts stand in it in their order, and something is between
/// them.
fn fits(template: &str, uri: &str) -> bool {
    let mut rest = uri;
    let mut parts = template.split('{');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        let Some((variable, fixed)) = part.split_once('}') else { return false };
        // `{?query}` and its kin may come to nothing; `{+path}` may hold more than one step.
        let optional = variable.starts_with(['?', '&', '#', '/', '.', ';']);
        let whole = optional || variable.starts_with('+') || variable.ends_with('*');
        let last = parts.peek().is_none();
        let end = match (fixed, last) {
            ("", true) => rest.len(),
            ("", false) => usize::from(!optional && !rest.is_empty()),
            (fixed, true) if rest.ends_with(fixed) => rest.len() - fixed.len(),
            (fixed, false) => match rest.get(1..).and_then(|rest| rest.find(fixed)) {
                Some(at) => at + 1,
                None => return false,
            },
            _ => return false,
        };
        let Some((value, after)) = rest.split_at_checked(end) else { return false };
        if (value.is_empty() && !optional) || (!whole && value.contains('/')) {
            return false;
        }
        let Some(after) = after.strip_prefix(fixed) else { return false };
        rest = after;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Definitions, Fit, Rows, fits};

    #[test]
    fn addresses_fit_the_templates_that_they_could_come_of() {
        for (template, uri, wanted) in [
            ("demo://text/{id}", "demo://text/1", true),
            ("demo://text/{id}", "demo://text/", false),
            ("demo://text/{id}", "demo://text/1/2", false),
            ("demo://text/{id}", "demo://other/1", false),
            ("file:///{+path}", "file:///a/b", true),
            ("x://{a}/rows/{b}.json", "x://1/rows/2.json", true),
            ("x://{a}/rows/{b}.json", "x://1/rows/2.xml", false),
            ("x://list{?page}", "x://list", true),
            ("x://list{?page}", "x://list?page=2", true),
            ("x://fixed", "x://fixed", true),
            ("x://fixed", "x://fixed/more", false),
            ("x://{broken", "x://1", false),
        ] {
            assert_eq!(fits(template, uri), wanted, "{template} {uri}");
        }
    }

    fn definitions() -> Definitions {
        let mut definitions = Definitions::default();
        definitions.server = json!({ "capabilities": { "resources": {} } });
        definitions.prompts =
            vec![json!({ "name": "a b", "description": "x\u{202e}y" }), json!({ "title": "nameless" })];
        definitions.resources = vec![
            json!({ "uri": "demo://one", "name": "one", "mimeType": "text/plain" }),
            json!({ "uri": "demo://two\u{200b}", "name": "two" }),
        ];
        definitions.templates = vec![json!({ "uriTemplate": "demo://rows/{id}", "name": "rows" })];
        definitions
    }

    #[test]
    fn rows_are_marked_and_nothing_in_them_is_hidden() {
        let rows = Rows::new(&definitions(), "acme", "url");
        assert_eq!(rows.prompts, [json!({ "name": "a_b", "description": "[acme] x\\u{202e}y" })]);
        assert_eq!(rows.prompt("a_b"), Some("a b"));
        assert_eq!(rows.prompt("a b"), None);
        assert_eq!(rows.resources, [json!({ "uri": "demo://one", "name": "one", "mimeType": "text/plain" })]);
        assert!(rows.templates.iter().all(Value::is_object) && rows.has_template("demo://rows/{id}"));
    }

    #[test]
    fn an_address_belongs_to_whom_it_fits_best() {
        let rows = Rows::new(&definitions(), "acme", "url");
        assert_eq!(rows.fit("demo://one"), Some(Fit::Listed));
        assert_eq!(rows.fit("demo://rows/7"), Some(Fit::Template));
        assert_eq!(rows.fit("demo://other"), Some(Fit::Scheme));
        assert_eq!(rows.fit("ui://other"), Some(Fit::Perhaps));
        assert_eq!(rows.fit("Lumabill://invoices"), None);
        let hosted = Rows::new(&definitions(), "acme", "lumabill-hosted");
        assert_eq!(hosted.fit("lumabill://invoices"), Some(Fit::Perhaps));
        assert_eq!(Rows::default().fit("ui://other"), None);
    }
}
