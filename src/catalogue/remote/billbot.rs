//! Billbot: the ten tools of its blog post on MCP, and what only its `llms.txt` names. The two disagree; whichever a
//! server offers is found here.

use super::super::Toolset::{Contacts, Invoicing, Reports};
use super::{Known, acts, creates, deletes, reads, updates};

pub(super) const ROWS: &[Known] = &[
    // Blog: "The create_invoice tool creates a draft." "Automatically assigns the next sequential invoice number."
    creates("create_invoice", Invoicing),
    reads("list_invoices", Invoicing),
    reads("get_invoice", Invoicing),
    // Blog: "Sends an invoice via email as a professional PDF to the client's billing address"; "Only sent invoices
    // are immutable (for compliance)."
    acts(
        "send_invoice",
        Invoicing,
        "This sends the invoice by e-mail to the client's billing address; a sent invoice cannot be changed any more.",
    ),
    // Blog: "Modifies a draft invoice (sent invoices are immutable for compliance)".
    updates("update_invoice", Invoicing),
    reads("get_invoice_status", Invoicing),
    reads("list_overdue_invoices", Invoicing),
    // Blog: "the proper flow is to void it and create a corrected invoice – the MCP server supports this workflow";
    // neither list names the tool.
    acts("void_invoice", Invoicing, "This voids the invoice; no page names a way back."),
    // Blog: "Draft invoices can be edited or deleted."
    deletes("delete_invoice", Invoicing, "This deletes the draft invoice."),
    // llms.txt: POST /invoices/{id}/pdf.
    reads("generate_pdf", Invoicing),
    // llms.txt: GET /invoices/export, as CSV.
    reads("export_invoices", Invoicing),
    reads("get_invoice_stats", Reports),
    reads("list_clients", Contacts),
    reads("get_client", Contacts),
    // Blog: "Adds a new client with name, email, address, default currency, and tax settings".
    creates("create_client", Contacts),
];
