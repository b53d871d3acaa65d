//! Finding tools by what people ask for.

use super::search::best;
use crate::gateway::tools::{Selection, Served};

fn served() -> Served {
    Served::new(&Selection { lean: true, ..Selection::default() }, false)
}

#[test]
fn words_of_people_find_the_tool_among_the_first_three() {
    let served = served();
    for (query, tool) in [
        ("bill a customer", "create_invoice"),
        ("create invoice", "create_invoice"),
        ("due_days", "create_invoice"),
        ("list_invoices", "list_invoices"),
        ("unpaid invoices", "list_invoices"),
        ("customers", "list_clients"),
        ("quotes", "list_offers"),
        ("mwst", "get_vat_report"),
        ("VAT return", "get_vat_report"),
        ("Rechnungen", "list_invoices"),
        ("profit and loss", "get_profit_and_loss"),
        ("p&l income statement", "get_profit_and_loss"),
        ("allocations", "reconcile_transaction"),
        ("import bank statement camt", "import_bank_transactions"),
        ("close the year", "update_fiscal_year"),
        ("copy an invoice", "duplicate_invoice"),
        ("record a cost", "create_expense"),
        ("what did you do", "list_recent_changes"),
        ("subscriptions", "list_recurring_invoices"),
        ("who owes us money", "list_overdue_invoices"),
        ("Mahnung", "list_overdue_invoices"),
        ("aging", "get_invoice_stats"),
        ("csv", "export_invoices"),
        ("check an IBAN", "validate_iban"),
        ("next invoice number", "suggest_invoice_number"),
        ("turn a quote into an invoice", "convert_offer_to_invoice"),
        ("preview bank statement", "preview_camt_file"),
        ("is invoice IV-009 paid", "get_invoice_status"),
        ("mark as paid", "reconcile_transaction"),
        ("QR reference", "make_payment_reference"),
        ("VAT number check", "validate_uid"),
        ("add up lines", "compute_totals"),
        ("invoice like the previous one", "create_invoice_from_previous"),
    ] {
        let found: Vec<_> = best(served.endpoints(), query).iter().map(|row| row.tool).take(3).collect();
        assert!(found.contains(&tool), "{query}: {found:?}");
    }
}

#[test]
fn what_fits_nothing_finds_nothing() {
    assert!(best(served().endpoints(), "xyzzy").is_empty());
    assert!(best(served().endpoints(), "").is_empty());
}
