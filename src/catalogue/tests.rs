//! Tests over the whole catalogue: rules that every row keeps. What arrives on the wire is tested in
//! [`wire`], agreement with the description of the API in [`description`].

mod description;
mod wire;

use std::collections::BTreeSet;

use serde_json::Value;

use super::schema::{Annotations, Options, annotations, input};
use super::{Answer, Confirms, Effect, Endpoint, Kind, Method, Param, Place, all, find};

/// Verbs of tool names; a new one is a decision.
const VERBS: &[&str] = &["list", "get", "create", "update", "delete", "import", "reconcile"];

fn matches(text: &str, longest: usize, first: impl Fn(char) -> bool, rest: impl Fn(char) -> bool) -> bool {
    text.len() <= longest && text.starts_with(first) && text.chars().all(rest)
}

fn schemas() -> Vec<(&'static Endpoint, Value)> {
    let both = [false, true].map(|several_profiles| Options { several_profiles, ..Options::default() });
    all().flat_map(|row| both.map(|options| (row, Value::Object(input(row, options))))).collect()
}

/// Calls `visit` with each schema inside `schema`, itself included.
fn each(schema: &Value, visit: &mut impl FnMut(&Value)) {
    visit(schema);
    for property in schema["properties"].as_object().into_iter().flat_map(serde_json::Map::values) {
        each(property, visit);
    }
    if let Some(items) = schema.get("items") {
        each(items, visit);
    }
}

#[test]
fn names_suit_every_client() {
    let lower = |letter: char| letter.is_ascii_lowercase();
    let rest = |letter: char| lower(letter) || letter.is_ascii_digit() || letter == '_';
    let mut seen = BTreeSet::new();
    for row in all() {
        assert!(matches(row.tool, 47, lower, rest), "{}", row.tool);
        assert!(format!("mcp__lumabill__{}", row.tool).len() <= 60, "{}", row.tool);
        assert!(seen.insert(row.tool.replace('-', "_")), "{} twice", row.tool);
        assert!(VERBS.contains(&row.tool.split('_').next().unwrap()), "{}", row.tool);
    }
}

#[test]
fn schemas_suit_every_client() {
    for (row, schema) in schemas() {
        assert_eq!(schema["type"], "object", "{}", row.tool);
        // Unknown arguments are refused by our own check, which names the accepted ones.
        assert!(schema.get("additionalProperties").is_none(), "{}", row.tool);
        for combinator in ["oneOf", "anyOf", "allOf", "not", "$ref"] {
            assert!(schema.get(combinator).is_none(), "{} {combinator}", row.tool);
        }
        each(&schema, &mut |inner| {
            assert!(inner["type"].is_string(), "{}: {inner}", row.tool);
            assert_eq!(inner["type"] == "array", inner.get("items").is_some(), "{}: {inner}", row.tool);
            let properties = inner["properties"].as_object();
            for name in properties.into_iter().flat_map(serde_json::Map::keys) {
                let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
                assert!(!name.is_empty() && matches(name, 64, letter, letter), "{}: {name}", row.tool);
            }
            for name in inner["required"].as_array().into_iter().flatten() {
                assert!(properties.unwrap().contains_key(name.as_str().unwrap()), "{}: {name}", row.tool);
            }
        });
    }
}

#[test]
fn the_profile_is_declared_only_where_there_are_several_and_accepted_everywhere() {
    for row in all() {
        assert!(row.argument("profile_id").is_some(), "{}", row.tool);
        let plain = Value::Object(input(row, Options::default()));
        assert!(plain["properties"].get("profile_id").is_none(), "{}", row.tool);
        let several = Options { several_profiles: true, ..Options::default() };
        let declared = input(row, several)["properties"].get("profile_id").is_some();
        assert_eq!(declared, !matches!(row.tool, "list_profiles" | "get_profile"), "{}", row.tool);
    }
}

#[test]
fn the_kind_of_call_follows_from_the_row() {
    for row in all() {
        let verb = row.tool.split('_').next().unwrap();
        let (effect, method) = match verb {
            "list" | "get" => (Effect::Reads, Method::Get),
            "create" => (Effect::Creates, Method::Post),
            "update" => (Effect::Updates, Method::Put),
            "delete" => (Effect::Deletes, Method::Delete),
            _ => (Effect::Acts, Method::Post),
        };
        assert_eq!((row.effect, row.method), (effect, method), "{}", row.tool);
        assert_eq!(verb == "list", matches!(row.answer, Answer::List(_)), "{}", row.tool);
        assert_eq!(verb == "delete", row.answer == Answer::Nothing, "{}", row.tool);
        assert_eq!(verb == "update", !row.changes().is_empty(), "{}", row.tool);
        assert_eq!(verb == "update", !row.computed.is_empty(), "{}", row.tool);
        let names: Vec<_> = row.arguments().map(|param| param.name).collect();
        assert_eq!(names.contains(&"limit") && names.contains(&"cursor"), verb == "list", "{}", row.tool);
        assert_eq!(names.contains(&"dry_run"), row.writes(), "{}", row.tool);
        let guarded = matches!(row.effect, Effect::Creates | Effect::Acts);
        assert_eq!(names.contains(&"allow_duplicate"), guarded, "{}", row.tool);
        assert_eq!(names.contains(&"confirm_number"), row.confirms != Confirms::Never, "{}", row.tool);
        assert_eq!(
            names.iter().collect::<BTreeSet<_>>().len(),
            names.len(),
            "{} repeats an argument",
            row.tool
        );
    }
}

#[test]
fn a_person_is_asked_about_what_design_5_6_names() {
    for row in all() {
        let always = row.effect == Effect::Deletes || row.tool == "reconcile_transaction";
        assert_eq!(row.confirms == Confirms::Always, always, "{}", row.tool);
        let Confirms::When(asked) = row.confirms else { continue };
        let fields = if row.effect == Effect::Updates { row.changes() } else { row.params };
        for field in asked {
            assert!(fields.iter().any(|param| param.name == *field), "{}: {field}", row.tool);
        }
    }
}

/// Every field of a request body, nested ones dotted.
fn body_fields(params: &'static [Param], under: &str) -> Vec<String> {
    let field = |param: &'static Param| {
        let name = if under.is_empty() { param.name.to_owned() } else { format!("{under}.{}", param.name) };
        let nested = match param.kind {
            Kind::Object(fields) | Kind::Objects(fields) => body_fields(fields, &name),
            _ => Vec::new(),
        };
        [vec![name], nested].concat()
    };
    params.iter().filter(|param| param.place == Place::Body).flat_map(field).collect()
}

/// Each new field whose name smells of money or mail needs a decision here.
#[test]
fn what_decides_where_money_or_mail_goes_asks() {
    let smells = ["iban", "bic", "mail", "pay", "recipient", "webhook", "url", "callback", "target", "bank"];
    let mut asks = Vec::new();
    let mut free = Vec::new();
    for row in all().filter(|row| row.writes()) {
        let fields = match row.effect {
            Effect::Updates => body_fields(row.changes(), ""),
            _ => body_fields(row.params, ""),
        };
        for field in fields.iter().filter(|field| smells.iter().any(|smell| field.contains(smell))) {
            let asked = matches!(row.confirms, Confirms::When(asked) if asked.contains(&field.as_str()));
            let list = if asked { &mut asks } else { &mut free };
            list.push(format!("{} {field}", row.tool));
        }
    }
    assert_eq!(
        asks,
        [
            "create_invoice payment_info",
            "update_invoice payment_info",
            "create_offer payment_info",
            "update_offer payment_info",
            "update_client email",
            "update_vendor email",
            "update_vendor iban",
            "create_bank_account iban",
            "create_bank_account bic",
            "create_bank_account is_qr_iban",
            "update_bank_account iban",
            "update_bank_account bic",
            "update_bank_account is_qr_iban",
        ]
    );
    // A new client or vendor redirects nothing that exists; days, names of banks and the account that an
    // expense is booked on move neither money nor mail.
    assert_eq!(
        free,
        [
            "create_client email",
            "create_client payment_deadline_days",
            "update_client payment_deadline_days",
            "create_vendor email",
            "create_vendor iban",
            "create_expense bank_account_id",
            "update_expense bank_account_id",
            "create_bank_account bank_name",
            "update_bank_account bank_name",
        ]
    );
}

#[test]
fn status_is_changed_of_series_and_fiscal_years_only() {
    let with: Vec<_> = all()
        .filter(|row| row.changes().iter().any(|param| param.name == "status"))
        .map(|row| row.tool)
        .collect();
    assert_eq!(with, ["update_recurring_invoice", "update_fiscal_year"]);
}

#[test]
fn alternatives_name_each_other_s_row() {
    for row in all() {
        for param in row.params {
            if let Some(other) = param.or {
                let other = row.params.iter().find(|param| param.name == other);
                assert!(other.is_some_and(|other| !other.required), "{}: {}", row.tool, param.name);
            }
        }
    }
}

#[test]
fn hints_follow_from_the_effect() {
    let of = |tool: &str| annotations(find(tool).unwrap());
    let hints = |read_only, destructive, idempotent, open_world| Annotations {
        read_only,
        destructive,
        idempotent,
        open_world,
    };
    assert_eq!(of("list_invoices"), hints(true, false, true, false));
    assert_eq!(of("create_invoice"), hints(false, false, false, false));
    assert_eq!(of("update_invoice"), hints(false, true, true, false));
    assert_eq!(of("delete_invoice"), hints(false, true, true, false));
    assert_eq!(of("import_bank_transactions"), hints(false, true, false, true));
    // Whoever pays writes the text of a bank transaction.
    assert_eq!(of("list_bank_transactions"), hints(true, false, true, true));
    assert_eq!(of("get_bank_transaction"), hints(true, false, true, true));
    assert_eq!(of("reconcile_transaction"), hints(false, true, false, true));
}

#[test]
fn the_default_is_what_the_design_names_and_below_40() {
    let default: BTreeSet<_> = all().filter(|row| row.default).map(|row| row.tool).collect();
    let mut wanted = BTreeSet::from([
        "delete_invoice",
        "list_revenue",
        "get_profit_and_loss",
        "get_balance_sheet",
        "get_vat_report",
        "list_accounts",
        "list_bank_transactions",
        "reconcile_transaction",
    ]);
    let full = ["invoices", "clients", "expenses", "offers"];
    let read = ["vendors", "catalog_items", "profiles", "recurring_invoices"];
    let names: Vec<String> = full
        .iter()
        .flat_map(|set| {
            let one = set.strip_suffix('s').unwrap();
            [format!("list_{set}"), format!("get_{one}"), format!("create_{one}"), format!("update_{one}")]
        })
        .chain(
            read.iter()
                .flat_map(|set| [format!("list_{set}"), format!("get_{}", set.strip_suffix('s').unwrap())]),
        )
        .collect();
    wanted.extend(names.iter().map(String::as_str));
    assert_eq!(default, wanted);
    assert!(default.len() < 40);
}

#[test]
fn descriptions_are_sentences_and_short() {
    for row in all() {
        assert!(row.about.ends_with('.') && row.about.len() <= 180, "{}", row.tool);
        assert!(row.about.starts_with(|letter: char| letter.is_ascii_uppercase()), "{}", row.tool);
    }
}

/// No list or object stands in a path or query, and no nested field goes anywhere but with its parent.
#[test]
fn only_bodies_nest() {
    fn nested(params: &[Param], tool: &str) {
        for param in params {
            if let Kind::Object(fields) | Kind::Objects(fields) = param.kind {
                assert_eq!(param.place, Place::Body, "{tool}: {}", param.name);
                assert!(fields.iter().all(|field| field.place == Place::Body), "{tool}: {}", param.name);
                nested(fields, tool);
            }
        }
    }
    for row in all() {
        nested(row.params, row.tool);
        let placeholders = row.path.matches('{').count();
        assert_eq!(placeholders, row.params.iter().filter(|param| param.place == Place::Path).count());
    }
}
