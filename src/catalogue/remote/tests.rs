//! The table of remote tools against the vendors' pages.

use super::{billbot, billstride, faktoora, known};
use crate::catalogue::Effect;

/// The tools that the pages in the seeds print, and those of Billbot's `llms.txt` and faktoora's changelog.
#[test]
fn every_tool_that_a_page_names_has_a_row() {
    for (service, tools) in [
        (
            "billbot",
            "list_clients create_client get_client create_invoice list_invoices get_invoice send_invoice \
             update_invoice get_invoice_status list_overdue_invoices generate_pdf get_invoice_stats export_invoices",
        ),
        (
            "billstride",
            "create_invoice update_invoice delete_invoice duplicate_invoice create_invoice_from_previous get_invoice \
             get_invoice_pdf list_invoices suggest_invoice_number",
        ),
        ("lumabill-hosted", "list_invoices create_invoice delete_invoice list_clients get_profit_and_loss"),
    ] {
        for tool in tools.split_whitespace() {
            assert!(known(service, tool).is_some(), "{service} {tool}");
        }
    }
    assert_eq!(faktoora::ROWS.len(), 64);
    assert!(known("url", "list_invoices").is_none());
}

#[test]
fn no_tool_has_two_rows_and_whatever_deletes_or_acts_is_asked_about() {
    for rows in [billbot::ROWS, billstride::ROWS, faktoora::ROWS] {
        for (at, row) in rows.iter().enumerate() {
            assert!(rows.iter().skip(at + 1).all(|other| other.tool != row.tool), "{}", row.tool);
            if matches!(row.effect, Effect::Deletes | Effect::Acts) {
                assert!(row.asks.is_some(), "{}", row.tool);
            }
            assert!(row.effect != Effect::Reads || row.asks.is_none(), "{}", row.tool);
        }
    }
}

#[test]
fn what_sends_or_costs_is_asked_about() {
    for (service, tool, words) in [
        ("billbot", "send_invoice", "e-mail"),
        ("billstride", "finalize_invoice", "0.30 USD"),
        ("faktoora", "create_invoice_zugferd2", "sends it"),
        ("faktoora", "create_webhook", "target"),
        ("lumabill-hosted", "delete_invoice", "deletes"),
    ] {
        assert!(known(service, tool).unwrap().asks.unwrap().contains(words), "{service} {tool}");
    }
    assert!(known("billbot", "create_invoice").unwrap().asks.is_none());
}
