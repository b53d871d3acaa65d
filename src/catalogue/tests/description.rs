//! The rows against the description of the API. They are written apart so that one can contradict the
//! other; where they differ on purpose, the difference stands here by name with its reason.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::catalogue::{Answer, CHANGES, Check, Effect, Endpoint, Evidence, Kind, Method, Param, Place, all};

/// Rows that the description does not have.
const NOT_DESCRIBED: &[(&str, &str)] = &[(
    "get_report",
    "the endpoint table says that one report can be got by name; the description spells out only the three \
     names that a public page gives",
)];

/// Parameters and fields of the description that no row offers.
const NOT_OFFERED: &[(&str, &str, &str)] = &[
    ("*", "page", "`cursor` stands for whatever paging there is"),
    ("*", "limit", "the gateway's `limit` counts rows of the answer, not of a page"),
    ("*", "sort", "offered where people ask for an order: invoices"),
    (
        "update_invoice",
        "status",
        "only sending, payment and cancelling change it, none of which is an update",
    ),
    ("update_offer", "status", "as for invoices"),
    ("get_profit_and_loss", "fiscal_year_id", "`from` and `to` or `period` say the same"),
    ("get_balance_sheet", "fiscal_year_id", "`as_of` says the same"),
];

/// Fields that the description requires and the row does not.
const NOT_REQUIRED: &[(&str, &str, &str)] =
    &[("create_expense", "date", "the gateway puts in today, and says so")];

/// Arguments that we require although the description does not.
const REQUIRED_HERE: &[(&str, &str)] = &[
    ("description", "of a line: documented by the vendor's example; only a catalog item can stand for it"),
    ("price", "of a line: documented by the vendor's example; only a catalog item can stand for it"),
];

/// Choices of a row that the description does not have.
const OWN_CHOICES: &[(&str, &str)] =
    &[("unpaid", "sent, partially paid and overdue: filtered by the gateway")];

struct Description {
    root: Value,
}

impl Description {
    fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/openapi.yaml");
        let text = std::fs::read_to_string(path).unwrap();
        Self { root: serde_saphyr::from_str(&text).unwrap() }
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            return self.resolve(self.root.pointer(reference.strip_prefix('#').unwrap()).unwrap());
        }
        // A nullable reference; of a list that can be grouped the entries come first, then the groups.
        let branches = value.get("oneOf").or(value.get("anyOf")).and_then(Value::as_array);
        match branches.and_then(|branches| branches.iter().find(|branch| branch["type"] != "null")) {
            Some(branch) => self.resolve(branch),
            None => value,
        }
    }

    fn operation(&self, row: &Endpoint) -> Option<&Value> {
        let method = match row.method {
            Method::Get => "get",
            Method::Post => "post",
            Method::Put => "put",
            Method::Patch => "patch",
            Method::Delete => "delete",
        };
        self.root["paths"].get(row.path)?.get(method)
    }

    /// Parameters in the path or query.
    fn parameters(&self, operation: &Value, place: &str) -> Map<String, Value> {
        let all = operation["parameters"].as_array().into_iter().flatten().map(|param| self.resolve(param));
        let here = all.filter(|param| param["in"] == place);
        here.map(|param| (param["name"].as_str().unwrap().to_owned(), self.resolve(&param["schema"]).clone()))
            .collect()
    }

    fn body<'a>(&'a self, operation: &'a Value) -> Option<&'a Value> {
        let content = operation.get("requestBody")?["content"].as_object().unwrap();
        Some(self.resolve(&content.values().next().unwrap()["schema"]))
    }

    /// The record of a 2xx answer, or the records of its list.
    fn record<'a>(&'a self, operation: &'a Value) -> &'a Value {
        let answers = operation["responses"].as_object().unwrap();
        let answer = answers.iter().find(|(status, _)| status.starts_with('2')).unwrap().1;
        let schema = self.resolve(&answer["content"]["application/json"]["schema"]);
        match schema.pointer("/properties/data/items") {
            // A list that can be grouped has entries first, then groups.
            Some(items) => {
                self.resolve(items.pointer("/oneOf/0").or(items.pointer("/anyOf/0")).unwrap_or(items))
            }
            None => schema,
        }
    }
}

fn described() -> (Description, Vec<&'static Endpoint>) {
    let rows = all().filter(|row| NOT_DESCRIBED.iter().all(|(tool, _)| *tool != row.tool)).collect();
    (Description::read(), rows)
}

fn excused(list: &[(&str, &str, &str)], tool: &str, name: &str) -> bool {
    list.iter().any(|(excused, field, _)| (*excused == "*" || *excused == tool) && *field == name)
}

fn names(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned().collect()
}

#[test]
fn all_62_operations_have_their_tool() {
    let (description, rows) = described();
    let mut operations = BTreeSet::new();
    for methods in description.root["paths"].as_object().unwrap().values() {
        operations
            .extend(methods.as_object().unwrap().values().map(|it| it["operationId"].as_str().unwrap()));
    }
    assert_eq!(operations.len(), 62);
    assert_eq!(rows.iter().map(|row| row.tool).collect::<BTreeSet<_>>(), operations);
    // With the row that reaches reports by name.
    assert_eq!(all().count(), 63);
    for row in rows {
        let operation = description.operation(row).unwrap_or_else(|| panic!("{}: no {}", row.tool, row.path));
        assert_eq!(operation["operationId"], row.tool);
        let evidence = match row.evidence {
            Evidence::Path => "path",
            Evidence::Table => "table",
            Evidence::Capability => "mcp",
            Evidence::Ours | Evidence::Local | Evidence::Described => panic!("{} has no address", row.tool),
        };
        assert_eq!(operation["x-documented"], evidence, "{}", row.tool);
    }
}

/// The type of a schema; of a nullable one the type that is not null.
fn kind_of(schema: &Value) -> &str {
    let types = schema["type"].as_array().map_or(std::slice::from_ref(&schema["type"]), Vec::as_slice);
    types.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default()
}

/// The kind of a parameter against the type that the description gives it.
fn assert_kind(description: &Description, tool: &str, param: &Param, schema: &Value) {
    let place = format!("{tool} {}", param.name);
    let schema = description.resolve(schema);
    let kind = kind_of(schema);
    match param.kind {
        Kind::Text | Kind::Iban => assert_eq!(kind, "string", "{place}"),
        Kind::Id => assert_eq!((kind, &schema["format"]), ("string", &Value::from("uuid")), "{place}"),
        Kind::Date => assert_eq!((kind, &schema["format"]), ("string", &Value::from("date")), "{place}"),
        Kind::Decimal => assert_eq!(kind, "number", "{place}"),
        Kind::Integer => assert_eq!(kind, "integer", "{place}"),
        Kind::Boolean => assert_eq!(kind, "boolean", "{place}"),
        Kind::Choice(values) => {
            let ours: Vec<_> =
                values.iter().filter(|value| OWN_CHOICES.iter().all(|(own, _)| own != *value)).collect();
            let described: Vec<_> =
                schema["enum"].as_array().unwrap().iter().filter(|value| !value.is_null()).collect();
            assert_eq!(ours, described, "{place}");
        }
        Kind::Object(fields) => assert_fields(description, &place, fields, schema),
        Kind::Objects(fields) => {
            assert_eq!(kind, "array", "{place}");
            let rows = description.resolve(&schema["items"]);
            assert_fields(description, &place, fields, rows);
            assert_required(tool, fields.iter(), rows);
        }
        Kind::Schema(_) => panic!("{place}: no row of ours has a schema from outside"),
    }
}

fn assert_fields(description: &Description, place: &str, fields: &[Param], schema: &Value) {
    assert_eq!(kind_of(schema), "object", "{place}");
    let mut left = names(schema);
    for field in fields {
        assert!(left.remove(field.wire_name()), "{place}: the description has no `{}`", field.wire_name());
        assert_kind(description, place, field, &schema["properties"][field.wire_name()]);
    }
    let tool = place.split(' ').next().unwrap();
    left.retain(|name| !excused(NOT_OFFERED, tool, name));
    assert!(left.is_empty(), "{place} does not offer {left:?}");
}

fn assert_required<'a>(tool: &str, params: impl Iterator<Item = &'a Param>, schema: &Value) {
    let ours: BTreeSet<&str> =
        params.filter(|param| param.required && param.place == Place::Body).map(Param::wire_name).collect();
    let described = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let described: BTreeSet<&str> = described.filter(|name| !excused(NOT_REQUIRED, tool, name)).collect();
    let ours: BTreeSet<&str> = ours
        .into_iter()
        .filter(|name| described.contains(name) || REQUIRED_HERE.iter().all(|(here, _)| here != name))
        .collect();
    assert_eq!(ours, described, "{tool}");
}

#[test]
fn every_argument_is_described_under_its_wire_name_and_the_other_way_round() {
    let (description, rows) = described();
    for row in rows {
        let operation = description.operation(row).unwrap();
        let (mut query, path) =
            (description.parameters(operation, "query"), description.parameters(operation, "path"));
        for param in row.params {
            let schema = match param.place {
                Place::Query(_) => query.shift_remove(param.wire_name()),
                Place::Path => path.get(param.wire_name()).cloned(),
                Place::Body | Place::Whole | Place::File | Place::Gateway => continue,
            };
            let schema = schema.unwrap_or_else(|| panic!("{}: no `{}`", row.tool, param.wire_name()));
            assert_kind(&description, row.tool, param, &schema);
        }
        // What the gateway turns into other arguments may be known to the API as well.
        query.retain(|name, _| row.argument(name).is_none() && !excused(NOT_OFFERED, row.tool, name));
        assert!(query.is_empty(), "{} does not offer {query:?}", row.tool);
        let body: Vec<Param> =
            row.params.iter().filter(|param| param.place == Place::Body).copied().collect();
        match (description.body(operation), row.effect) {
            (Some(schema), Effect::Updates) => assert_fields(&description, row.tool, row.changes(), schema),
            (Some(schema), _) if body.is_empty() => {
                let file = row.params.iter().find(|param| param.place == Place::File).unwrap();
                assert_eq!(names(schema), BTreeSet::from([file.wire_name().to_owned()]));
            }
            (Some(schema), _) => {
                assert_fields(&description, row.tool, &body, schema);
                assert_required(row.tool, row.params.iter(), schema);
            }
            (None, _) => assert!(body.iter().all(|param| param.name == CHANGES), "{}", row.tool),
        }
    }
}

#[test]
fn computed_fields_are_those_of_the_record_that_no_request_carries() {
    let (description, rows) = described();
    for row in rows.into_iter().filter(|row| row.effect == Effect::Updates) {
        let operation = description.operation(row).unwrap();
        let (record, input) = (description.record(operation), description.body(operation).unwrap());
        let mut computed: BTreeSet<String> = names(record).difference(&names(input)).cloned().collect();
        if let (Some(lines), Some(given)) =
            (record.pointer("/properties/lines/items"), input.pointer("/properties/lines/items"))
        {
            let (lines, given) = (names(description.resolve(lines)), names(description.resolve(given)));
            computed.extend(lines.difference(&given).map(|name| format!("lines.{name}")));
        }
        assert_eq!(
            row.computed.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(),
            computed,
            "{}",
            row.tool
        );
    }
}

#[test]
fn rows_of_lists_have_the_fields_they_are_checked_by() {
    let (description, rows) = described();
    for row in rows {
        let Answer::List(list) = row.answer else { continue };
        let fields = names(description.record(description.operation(row).unwrap()));
        let checked = row.params.iter().filter_map(|param| match param.place {
            Place::Query(Check::Equals(field) | Check::AtLeast(field) | Check::AtMost(field)) => Some(field),
            _ => None,
        });
        for field in checked.chain(list.date).chain(list.sums.iter().copied()) {
            assert!(fields.contains(field), "{}: {field}", row.tool);
        }
    }
}

#[test]
fn no_excuse_is_out_of_date() {
    let (description, rows) = described();
    for (tool, name, reason) in NOT_OFFERED.iter().chain(NOT_REQUIRED) {
        let used = rows.iter().filter(|row| *tool == "*" || *tool == row.tool).any(|row| {
            let operation = description.operation(row).unwrap();
            description.parameters(operation, "query").contains_key(*name)
                || description.body(operation).is_some_and(|schema| names(schema).contains(*name))
        });
        assert!(used && !reason.is_empty(), "{tool} {name}");
    }
}
