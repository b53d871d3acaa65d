//! Billstride: the nine of its 18 tools that its page names, and the two that its page describes without a name.

use super::super::Toolset::Invoicing;
use super::{Known, acts, creates, deletes, reads, updates};

pub(super) const ROWS: &[Known] = &[
    // "Create a new draft invoice with line items, tax rates, and currency"; "Drafts are free".
    creates("create_invoice", Invoicing),
    // "Update any field on an existing draft invoice".
    updates("update_invoice", Invoicing),
    // "Permanently delete a draft invoice".
    deletes("delete_invoice", Invoicing, "This deletes the draft invoice for good."),
    // "Create a copy of an existing invoice with a new number".
    creates("duplicate_invoice", Invoicing),
    // "Create a new invoice pre-filled from a previous one for the same client".
    creates("create_invoice_from_previous", Invoicing),
    // These four are marked "read-only".
    reads("get_invoice", Invoicing),
    reads("get_invoice_pdf", Invoicing),
    reads("list_invoices", Invoicing),
    reads("suggest_invoice_number", Invoicing),
    // "When ready, finalize the invoice. This charges $0.30 and removes the watermark."
    acts(
        "finalize_invoice",
        Invoicing,
        "This finalizes the invoice: Billstride charges 0.30 USD for it, and it is no draft any more.",
    ),
    // "Send the invoice by email directly from your AI assistant."
    acts("send_invoice", Invoicing, "This sends the invoice by e-mail."),
];
