//! What a person sees of results of many shapes, in terminals of many widths.

use serde_json::{Value, json};

use super::grid::width_of;
use super::result;

fn shown(tool: &str, facts: &Value, width: Option<usize>) -> String {
    result(tool, facts.as_object().unwrap(), width)
}

fn invoices(number: bool) -> Value {
    let row = |index: usize, client: &str, total: &str| {
        let total: Value = serde_json::from_str(total).unwrap();
        let id = format!("6f1d8e0a-2a57-4a0e-9d55-{index:012}");
        let mut row = json!({ "id": id, "client": client, "issue_date": "2026-11-01", "total": total });
        if number {
            row["number"] = json!(format!("IV-00{index}"));
        }
        row
    };
    json!({
        "n": 2, "of": 2, "complete": true, "currency": "CHF",
        "items": [row(1, "Müller & Söhne Treuhandgesellschaft", "1234.5"), row(2, "株式会社東京", "-0.05")],
        "sums": { "CHF": { "total": 1_234, "amount_due": 7 } },
    })
}

#[test]
fn a_list_says_its_currency_once_and_its_sums_below() {
    let wanted = "\
client                               issue date  total CHF  id
Müller & Söhne Treuhandgesellschaft  2026-11-01   1'234.50  6f1d8e0a-2a57-4a0e-9d55-000000000001
株式会社東京                         2026-11-01      -0.05  6f1d8e0a-2a57-4a0e-9d55-000000000002
sum CHF: amount due 7.00
                                                 ---------
sum CHF                                           1'234.00
2 of 2
";
    assert_eq!(shown("list_invoices", &invoices(false), None), wanted);
}

#[test]
fn narrow_terminals_get_ids_below_fewer_columns_or_blocks() {
    for width in [30, 40, 50, 64, 80, 100, 200] {
        for named in [false, true] {
            let text = shown("list_invoices", &invoices(named), Some(width));
            let words = text.split_whitespace().map(width_of).max().unwrap();
            assert!(text.lines().all(|line| width_of(line) <= width.max(words + 14)), "{width}:\n{text}");
            assert!(text.contains("1'234.50") && text.contains("-0.05"), "{width}:\n{text}");
            let ids = text.matches("-4a0e-9d55-00000000000").count();
            assert!(ids == 2 || (ids == 0 && text.contains("left out here: id")), "{width}:\n{text}");
        }
    }
}

#[test]
fn figures_below_a_currency_are_amounts_and_counts_are_not() {
    let facts = json!({
        "n": 3, "of": 3, "complete": true,
        "currencies": { "EUR": {
            "invoices": 3, "open": 1200, "by_client": [], "days_to_pay": { "n": 1, "of": 1 },
            "by_status": [{ "status": "sent", "n": 2, "open": 1200 }, { "status": "paid", "n": 1, "open": 0 }],
            "aging": [{ "days_overdue": "1-30", "n": 2, "open": 1200 }],
        } },
    });
    let wanted = "
EUR
  invoices         3
  open      1'200.00
                        n      open
  by status
    sent                2  1'200.00
    paid                1      0.00

  aging (days overdue)
    1-30                2  1'200.00

  days to pay: n 1, of 1
3 of 3
";
    assert_eq!(shown("get_invoice_stats", &facts, None), wanted);
}

#[test]
fn a_report_of_any_shape_is_shown_whole() {
    for (report, wanted) in [
        (
            json!({ "currency": "EUR", "from": "2026-01-01", "to": "2026-06-30", "profit": 12, "tax_rate": 8.1 }),
            &["VAT report 2026-H1 (2026-01-01 to 2026-06-30), EUR", "profit    12.00", "tax rate    8.1"][..],
        ),
        (json!([{ "box": "200", "amount": 5 }]), &["box  amount", "200    5.00"]),
        (json!("nothing yet"), &["nothing yet"]),
        (json!({ "rows": [["label", "x"], ["A", 1], ["  B", "text"]] }), &["A", "  B  text"]),
        (json!({ "rows": [[], [1], [null]], "lines": [[1, 2], "x"] }), &["lines"]),
        (json!({ "rows": [] }), &["rows"]),
        (json!({ "from": "2026-02-30", "to": "x", "period": 7 }), &["VAT report"]),
    ] {
        let text = shown("get_vat_report", &json!({ "method": "effective", "report": report }), Some(80));
        assert!(text.contains("method: effective"), "{text}");
        for words in wanted {
            assert!(text.contains(words), "{words:?} is not in\n{text}");
        }
    }
}

#[test]
fn subtotals_need_sections_and_a_sum_that_fits() {
    let rules = |rows: Value| {
        let text = shown("get_report", &json!({ "report": { "rows": rows } }), None);
        text.lines().filter(|line| line.contains("---")).count()
    };
    let head = json!(["label", "amount"]);
    assert_eq!(rules(json!([head, ["In", 5], ["  3000 A", 5], ["Out", -2], ["Rest", 3]])), 1);
    assert_eq!(rules(json!([head, ["In", 5], ["  3000 A", 5], ["Out", -2], ["Rest", 4]])), 0);
    assert_eq!(rules(json!([head, ["Cash", 5], ["Bank", 5]])), 0);
    assert_eq!(rules(json!([head, ["In", 0], ["  3000 A", 0], ["Out", 0], ["Rest", 0]])), 0);
}
