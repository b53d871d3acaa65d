//! Reports: what every VAT answer opens with, compact tables that lose no figure, and statements for people.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::scripted_books::{answer, profiles, run};
use crate::support::{Era, McpSession, SandboxProcess, ScriptedServer};

const REPORTS: [&str; 3] = ["get_profit_and_loss", "get_balance_sheet", "get_vat_report"];

/// An API with this report under every name.
fn reporting(report: Value) -> ScriptedServer {
    ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") { profiles() } else { answer(200, &report) }
    })
}

fn all(server: &ScriptedServer) -> McpSession {
    McpSession::start(&run(server, &["serve", "--toolsets", "all"]), Era::Modern)
}

/// How often each number stands in it, in its own digits.
fn figures(value: &Value, into: &mut BTreeMap<String, usize>) {
    match value {
        Value::Number(number) => *into.entry(number.to_string()).or_default() += 1,
        Value::Array(items) => items.iter().for_each(|item| figures(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| figures(field, into)),
        _ => {}
    }
}

#[test]
fn a_vat_answer_opens_with_method_basis_and_that_nothing_is_filed() {
    let unsaid = "not said by the API: check";
    for (report, method, basis) in [
        (json!({ "method": "net_tax_rate", "basis": "received", "tax": 12.75 }), "net_tax_rate", "received"),
        (json!({ "data": { "vatMethod": "effective", "tax": 12.75 } }), "effective", unsaid),
        (json!({ "settings": { "accounting_basis": "agreed" }, "tax": 12.75 }), unsaid, "agreed"),
        (json!({ "method": 1, "basis": null, "tax": 12.75 }), unsaid, unsaid),
        (json!([{ "box": "200", "amount": 12.75 }]), unsaid, unsaid),
        (json!("12.75"), unsaid, unsaid),
    ] {
        let server = reporting(report.clone());
        let mut session = all(&server);
        for (tool, arguments) in [
            ("get_vat_report", json!({ "period": "2026-Q1" })),
            ("get_vat_report", json!({ "period": "2026-Q1", "detail": "full" })),
            ("get_report", json!({ "name": "vat", "period": "2026-Q1" })),
            ("get_report", json!({ "name": "mwst-abrechnung" })),
        ] {
            let done = session.call(tool, arguments).done();
            let said: Vec<(&str, &Value)> = done
                .structured
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.as_str(), value))
                .collect();
            let wanted = [
                ("method", &json!(method)),
                ("basis", &json!(basis)),
                ("notice", &json!("prepared, not filed")),
            ];
            assert_eq!(said[..3], wanted, "{tool} {report}: {}", done.text);
            assert_eq!(said[3].0, "report");
            assert!(done.text.find("prepared, not filed") < done.text.find("12.75"), "{}", done.text);
        }
        let other = session.call("get_report", json!({ "name": "innovation" })).done();
        assert!(other.structured.get("notice").is_none(), "{}", other.text);
    }
}

#[test]
fn compact_reports_lose_no_figure_and_full_ones_are_as_they_came() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), Era::Modern);
    for tool in REPORTS {
        let mut ask = |detail: &str| {
            let arguments = json!({ "period": "2026-Q3", "detail": detail });
            session.call(tool, arguments).done()
        };
        let (short, full) = (ask(""), ask("full"));
        let path = if tool == "get_balance_sheet" { "balance-sheet?as_of=2026-09-30" } else { "" };
        if !path.is_empty() {
            assert_eq!(full.structured["report"], sandbox.get(&format!("/v1/reports/{path}")));
        }
        let (mut seen, mut came) = (BTreeMap::new(), BTreeMap::new());
        figures(&short.structured["report"], &mut seen);
        let mut raw = full.structured["report"].clone();
        let totals = raw.as_object_mut().unwrap().shift_remove("totals");
        figures(&raw, &mut came);
        for (figure, times) in &came {
            assert!(
                seen.get(figure).is_some_and(|found| found >= times),
                "{tool}: {figure} in {}",
                short.text
            );
        }
        // A sum of the same name and amount is said by its row.
        figures(&totals.unwrap_or_default(), &mut came);
        assert!(came.keys().all(|figure| seen.contains_key(figure)), "{tool}: {}", short.text);
        assert!(short.text.len() < full.text.len(), "{tool}");
    }
    let wrong = session.call("get_vat_report", json!({ "period": "2026-Q1", "detail": "some" })).refused();
    assert!(wrong.text.contains("detail"), "{}", wrong.text);
}

#[test]
fn statements_align_their_amounts_and_set_subtotals_apart() {
    let sandbox = SandboxProcess::start(&[]);
    let shown = |call: &[&str]| sandbox.lumabill(&[&["call"], call].concat()).run().exits(0).stdout;
    let profit = shown(&["get_profit_and_loss", "period=2026-Q1", "compare=previous_year"]);
    let line = |start: &str| profit.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let (services, staff) = (line("  3400 Revenue from services"), line("Staff"));
    assert!(services.contains("8'543.80") && staff.contains("-6'093.90"), "{profit}");
    let end = |line: &str, figure: &str| line.find(figure).unwrap() + figure.len();
    assert_eq!(end(&services, "8'543.80"), end(&staff, "-6'093.90"), "{profit}");
    let lines: Vec<&str> = profit.lines().collect();
    let gross = lines.iter().position(|line| line.starts_with("Gross profit after staff")).unwrap();
    assert!(lines[gross - 1].trim().starts_with("---") && lines[gross + 1].is_empty(), "{profit}");
    assert_eq!(profit.matches("CHF").count(), 1, "the currency is said once: {profit}");
    assert!(profit.contains("2026-Q1") && profit.contains("2025-Q1"), "{profit}");
    let full = shown(&["get_profit_and_loss", "period=2026-Q1", "compare=previous_year", "detail=full"]);
    assert!(full.contains(&services), "{full}");

    let vat = shown(&["get_vat_report", "period=2026-Q1"]);
    assert!(vat.contains("method: effective · basis: agreed · prepared, not filed"), "{vat}");
    assert!(vat.find("prepared, not filed") < vat.find("8'543.80"), "{vat}");
    for box_line in ["  303 8.1 %", "  399 tax due", "  500 to pay", "0.00 in 205"] {
        assert!(vat.contains(box_line), "{box_line}: {vat}");
    }
    let sheet = shown(&["get_balance_sheet", "as_of=2026-06-30"]);
    let indented = |text: &str| sheet.lines().any(|line| line.starts_with(text));
    assert!(indented("Assets ") && indented("  Current assets ") && indented("    1020 Bank "), "{sheet}");
}
