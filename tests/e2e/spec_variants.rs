//! The description of another vendor, made at random: `spec use` makes all prompts work again, with the same figures as
//! on the sandbox itself, and no tool ever calls another operation than its own.
//!
//! `LUMABILL_VARIANTS=200 cargo test --test e2e all_prompts_work_again -- --nocapture` prints percentages over so many
//! variants of every level, and `LUMABILL_VARIANTS=LEVEL:SEED` looks at one.

mod holding;
mod journey;
mod truth;

use holding::{Office, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::variants::{Front, Plan, document, noise_operations, our_operations};

/// A client of the variant that knows the generator's plan, and nothing of the program.
fn ask(front: &Front, method: &str, target: &str, body: Option<&Value>) -> (u16, String, Value) {
    crate::variants::ask(&front.url(), &front.sandbox, method, target, body)
}

#[test]
fn variants_are_what_they_say() {
    for level in 1..=3 {
        for seed in 0..40 {
            let plan = Plan::new(seed, level);
            let document = document(&plan);
            let mut seen = BTreeSet::new();
            for (path, item) in document["paths"].as_object().unwrap() {
                let bare: Vec<&str> =
                    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
                assert!(seen.insert(bare.join("/")), "{}: two of {path}", plan.label());
                for (method, operation) in methods(item) {
                    let parameters = operation["parameters"].as_array().unwrap();
                    let names: Vec<String> = parameters.iter().map(Value::to_string).collect();
                    let unique: BTreeSet<&String> = names.iter().collect();
                    assert_eq!(unique.len(), names.len(), "{}: {method} {path}: {names:?}", plan.label());
                }
            }
            assert_references(&document, &document, &plan.label());
            let operations = our_operations().len() - plan.lacking.len();
            assert_eq!(plan.routes.len(), operations, "{}", plan.label());
            let written: usize =
                document["paths"].as_object().unwrap().values().map(|item| methods(item).count()).sum();
            assert_eq!(written, operations + noise_operations(&plan).len(), "{}", plan.label());
        }
    }
}

/// The operations of a path.
fn methods(item: &Value) -> impl Iterator<Item = (&String, &Value)> {
    item.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters")
}

fn assert_references(value: &Value, document: &Value, label: &str) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                assert!(
                    document.pointer(reference.trim_start_matches('#')).is_some(),
                    "{label}: {reference}"
                );
            }
            map.values().for_each(|inner| assert_references(inner, document, label));
        }
        Value::Array(items) => items.iter().for_each(|inner| assert_references(inner, document, label)),
        _ => {}
    }
}

#[test]
fn a_client_of_the_variant_s_words_gets_the_sandbox_s_truth() {
    for (level, seed) in [(1, 0), (2, 1), (3, 2), (3, 3), (3, 4), (3, 5)] {
        let plan = Arc::new(Plan::new(seed, level));
        let front = Front::start(&plan);
        let label = plan.label();
        let path = |tool: &str| format!("{}{}", plan.base(), plan.route(tool).unwrap().path);
        let field = |name: &str| plan.names.field("invoice", name);
        // All pages, each as the variant says how.
        let (status, head, body) = ask(&front, "GET", &path("list_invoices"), None);
        assert_eq!(status, 200, "{label}: {body}");
        assert!(
            !body.to_string().contains("\"client_id\"") || field("client_id") == "client_id",
            "{label}: {body}"
        );
        let first = first_array(&body).unwrap_or_else(|| panic!("{label}: no list in {body}"));
        let all: Vec<String> =
            front.sandbox.all("/v1/invoices").iter().map(|row| row["id"].to_string()).collect();
        assert_eq!(first.len(), all.len().min(25), "{label}: {head}");
        assert_eq!(first[0][field("id")].to_string(), all[0], "{label}");
        // A create in their words is one in ours; fields they do not know are refused where the variant is strict.
        let client = front.sandbox.all("/v1/clients?search=Muster%20AG")[0]["id"].clone();
        let line = |name: &str| plan.names.field("line", name);
        let record = json!({ field("client_id"): client,
            field("lines"): [{ line("description"): "Consulting", line("quantity"): 3, line("price"): 180 }] });
        let route = plan.route("create_invoice").unwrap();
        let wrapped = |record: Value| {
            route.request_keys(&plan).iter().rev().fold(record, |inner, key| json!({ key: inner }))
        };
        let (status, _, body) = ask(&front, "POST", &path("create_invoice"), Some(&wrapped(record.clone())));
        assert_eq!(status, 201, "{label}: {body}");
        let created = route.answer_keys(&plan).iter().fold(&body, |inner, key| &inner[key]);
        let stored = front.sandbox.get(&format!("/v1/invoices/{}", created[field("id")].as_str().unwrap()));
        assert_eq!(
            (&created[field("total")], &stored["number"]),
            (&stored["total"], &json!("IV-010")),
            "{label}"
        );
        assert_eq!(created[field("status")], plan.names.value("status", "draft").as_str(), "{label}");
        let mut odd = record;
        odd["no_such_field"] = json!(1);
        let (status, ..) = ask(&front, "POST", &path("create_invoice"), Some(&wrapped(odd)));
        assert_eq!(status, if plan.strict { 422 } else { 201 }, "{label}");
        let (status, ..) = ask(&front, "GET", "/v1/no-such-thing", None);
        assert_eq!(status, 404, "{label}");
        assert_eq!(front.take_called().last().unwrap(), "unknown: get /v1/no-such-thing");
    }
}

fn first_array(value: &Value) -> Option<&Vec<Value>> {
    match value {
        Value::Array(items) => Some(items),
        Value::Object(map) => map.values().find_map(first_array),
        _ => None,
    }
}

/// Level 0 is ours: the front changes nothing then, and the prompts ask nothing that the program cannot do.
#[test]
fn prompts_work_through_a_front_that_changes_nothing() {
    let plan = Arc::new(Plan::new(0, 0));
    let office = Office::open(&plan);
    let mut outcome = Outcome::default();
    holding::ask_all(&plan, &office, &mut outcome);
    assert!(
        outcome.failed.is_empty() && outcome.wrong.is_empty(),
        "{:#?} {:#?}",
        outcome.failed,
        outcome.wrong
    );
    assert!(outcome.differing.is_empty(), "{:#?}", outcome.differing);
}

/// Without the description the API's paths are unknown, which the hint says how to mend.
#[test]
fn without_the_description_the_failure_says_how_to_check_it() {
    let plan = (0..100)
        .map(|seed| Plan::new(seed, 2))
        .find(|plan| plan.base() != "" || !plan.routes[0].path.starts_with("/v1/"));
    let office = Office::open(&Arc::new(plan.unwrap()));
    let failed = office.run(&["call", "list_invoices", "--json"]).run();
    assert_ne!(failed.code, Some(0), "{}", failed.stdout);
    let said = failed.stdout + &failed.stderr;
    assert!(said.contains("spec check"), "{said}");
}

#[test]
fn check_shows_a_row_for_every_tool_from_file_and_address() {
    let office = Office::open(&Arc::new(Plan::new(1, 2)));
    let address = format!("{}/description", office.front.url());
    let [file, fetched] = [office.file.as_str(), address.as_str()].map(|source| {
        let checked = office.run(&["spec", "check", source, "--json"]).run();
        checked.json()["rows"].clone()
    });
    assert_eq!(file, fetched);
    let rows = file.as_array().unwrap();
    for operation in our_operations() {
        assert!(
            rows.iter().any(|row| row["tool"] == operation.tool.as_str()),
            "no row for {}",
            operation.tool
        );
    }
    // Looking changes nothing.
    let shown = office.run(&["spec", "show", "--json"]).run();
    assert!(!shown.stdout.contains("vendor."), "{}", shown.stdout);
}

/// Variants that work, which every run holds on to: level and seed. The campaign says how many others do.
const HELD: [(u8, u64); 9] = [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 5), (3, 0), (3, 1), (3, 2)];

/// Variants that do not work whole, in which no tool may call another operation than its own either.
const WATCHED: [(u8, u64); 1] = [(3, 3)];

/// A handful in every run; so many of every level, or one, where `LUMABILL_VARIANTS` says so.
#[test]
fn all_prompts_work_again_after_spec_use() {
    let wanted = wanted();
    let named = |all: &[(u8, u64)]| all.iter().map(|(level, seed)| Plan::new(*seed, *level)).collect();
    let plans: Vec<Plan> = match wanted.as_deref().map(|text| text.split_once(':').ok_or(text)) {
        None => named(&[HELD.as_slice(), WATCHED.as_slice()].concat()),
        Some(Ok((level, seed))) => named(&[(level.parse().unwrap(), seed.parse().unwrap())]),
        Some(Err(count)) => of_every_level(count.parse().unwrap()),
    };
    let mut levels: BTreeMap<u8, Tally> = BTreeMap::new();
    let (mut wrong, mut failed) = (Vec::new(), Vec::new());
    for plan in plans {
        let plan = Arc::new(plan);
        let outcome = holding::hold(&plan);
        println!(
            "{}: {} of {} prompts failed, {} facts differ, {} tools unmatched, {} fields unmapped, {} wrong, {} sent blindly",
            plan.label(),
            outcome.failed.len(),
            journey::PROMPTS.len(),
            outcome.differing.len(),
            outcome.unmatched.len(),
            outcome.unmapped.len(),
            outcome.wrong_fields.len(),
            outcome.blind.len()
        );
        wrong.extend(outcome.wrong.iter().map(|line| format!("{}: {line}", plan.label())));
        let held = wanted.is_none() && HELD.contains(&(plan.level, plan.number));
        failed.extend(
            outcome
                .failed
                .iter()
                .filter(|_| held)
                .map(|(name, why)| format!("{}: {name}: {why}", plan.label())),
        );
        levels.entry(plan.level).or_default().add(&plan, &outcome);
    }
    for (level, tally) in &levels {
        tally.print(*level);
    }
    assert!(wrong.is_empty(), "wrong matches: {wrong:#?}");
    assert!(failed.is_empty(), "{failed:#?}");
}

#[expect(clippy::disallowed_methods, reason = "of the test, not of the program")]
fn wanted() -> Option<String> {
    std::env::var("LUMABILL_VARIANTS").ok()
}

fn of_every_level(count: u64) -> Vec<Plan> {
    (1..=3).flat_map(|level| (0..count).map(move |seed| Plan::new(seed, level))).collect()
}

/// `client.name → DisplayName` in one spelling for all variants.
fn snake_of(line: &str) -> String {
    let (ours, theirs) = line.split_once(" → ").unwrap_or((line, ""));
    let mut words = String::new();
    for sign in theirs.chars() {
        if sign.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(if sign == '-' { '_' } else { sign.to_ascii_lowercase() });
    }
    format!("{ours} → {words}")
}

/// Figures over the variants of a level.
#[derive(Default)]
struct Tally {
    variants: usize,
    whole: usize,
    exact: usize,
    prompts: BTreeMap<&'static str, usize>,
    reasons: BTreeMap<String, (usize, String)>,
}

impl Tally {
    fn add(&mut self, plan: &Plan, outcome: &Outcome) {
        self.variants += 1;
        self.whole += usize::from(outcome.failed.is_empty());
        self.exact += usize::from(outcome.failed.is_empty() && outcome.differing.is_empty());
        let mut count = |reason: String| {
            let entry = self.reasons.entry(reason).or_insert_with(|| (0, plan.label()));
            entry.0 += 1;
        };
        for (prompt, why) in &outcome.failed {
            *self.prompts.entry(prompt).or_default() += 1;
            count(format!("{prompt}: {}", why.replace('\n', " ").chars().take(220).collect::<String>()));
        }
        outcome.unmatched.iter().for_each(|tool| count(format!("unmatched: {tool}")));
        outcome.blind.iter().for_each(|line| count(format!("sent blindly: {line}")));
        outcome.unmapped.iter().for_each(|line| count(format!("unmapped: {}", snake_of(line))));
        outcome.wrong_fields.iter().for_each(|line| count(format!("wrong field: {line}")));
        for line in outcome.differing.iter().collect::<BTreeSet<_>>() {
            count(format!("differs: {}", line.chars().take(200).collect::<String>()));
        }
    }

    #[expect(clippy::print_stdout, reason = "figures for the person who asked for them")]
    fn print(&self, level: u8) {
        let percent = |count: usize| 100 * count / self.variants;
        println!(
            "\nlevel {level}: {} variants; all prompts work in {} %, every fact the same in {} %",
            self.variants,
            percent(self.whole),
            percent(self.exact)
        );
        for (prompt, count) in &self.prompts {
            println!("  fails in {:3} %: {prompt}", percent(*count));
        }
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        for (reason, (count, example)) in reasons.iter().take(300) {
            println!("  {count:4} x {reason}  (first: {example})");
        }
    }
}
