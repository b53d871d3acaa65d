//! faktoora: the 60 tools of its MCP page and the four that its changelog of March 2026 adds.

use super::super::Toolset::{Catalog, Contacts, Expenses, Invoicing, Settings};
use super::{Known, acts, creates, deletes, reads, updates};

/// docs.faktoora.com/docs/outgoing: an account works by drafts, by review, or directly, and "direct mode sends at
/// once"; no call tells which.
const SENDS: &str = "faktoora makes this document at once and, unless the account works with drafts or reviews, also \
                     sends it to the customer; then it cannot be taken back.";
/// Customers hold the address that documents are sent to.
const MASTER_DATA: &str =
    "This changes the customer's data, perhaps the address or e-mail that documents are sent to.";
/// "Subscribe to a webhook event (action + target URL)."
const WEBHOOK: &str = "From then on faktoora sends data of this account to the webhook's target.";
const GONE: &str = "This deletes the record at faktoora; no page names a way back.";

pub(super) const ROWS: &[Known] = &[
    // Invoice creation: "Invoice generation is asynchronous. The tool returns a faktooraId."
    creates("create_invoice_simple", Invoicing).asks(SENDS),
    creates("create_invoice_zugferd2", Invoicing).asks(SENDS),
    creates("create_invoice_xrechnung", Invoicing).asks(SENDS),
    // Invoice management.
    reads("list_invoices", Invoicing),
    reads("get_invoice_status", Invoicing),
    reads("download_invoice", Invoicing),
    // "requires invoiceDeleteMode to be enabled".
    deletes("delete_invoice", Invoicing, GONE),
    // Changelog: numbers and their template.
    reads("get_next_invoice_number", Invoicing),
    reads("verify_invoice_number", Invoicing),
    reads("get_invoice_number_template", Settings),
    updates("update_invoice_number_template", Settings)
        .asks("This changes how all further invoices are numbered."),
    // Incoming invoice import: "Upload and query e-invoices received from suppliers."
    creates("import_incoming_invoice", Expenses),
    reads("list_incoming_imports", Expenses),
    reads("get_import_validation", Expenses),
    reads("get_import_status", Expenses),
    reads("get_import_summary", Expenses),
    reads("get_import_content", Expenses),
    reads("get_import_line_items", Expenses),
    reads("get_import_taxes", Expenses),
    reads("get_import_payment_terms", Expenses),
    reads("get_import_payment_means", Expenses),
    reads("get_import_seller", Expenses),
    reads("get_import_buyer", Expenses),
    reads("get_import_delivery", Expenses),
    reads("list_import_attachments", Expenses),
    reads("get_import_attachment", Expenses),
    // Outgoing invoice import: "outgoing invoices you uploaded yourself". No page says that they stay where they are.
    creates("import_outgoing_invoice", Invoicing)
        .asks("This hands an outgoing invoice to faktoora, which may register or deliver it."),
    reads("list_outgoing_imports", Invoicing),
    reads("get_outgoing_import_validation", Invoicing),
    reads("get_outgoing_import_status", Invoicing),
    reads("get_outgoing_import_summary", Invoicing),
    reads("get_outgoing_import_content", Invoicing),
    reads("get_outgoing_import_line_items", Invoicing),
    reads("get_outgoing_import_taxes", Invoicing),
    reads("get_outgoing_import_payment_terms", Invoicing),
    reads("get_outgoing_import_payment_means", Invoicing),
    reads("get_outgoing_import_seller", Invoicing),
    reads("get_outgoing_import_buyer", Invoicing),
    reads("get_outgoing_import_delivery", Invoicing),
    reads("list_outgoing_import_attachments", Invoicing),
    reads("get_outgoing_import_attachment", Invoicing),
    // Customers.
    reads("list_customers", Contacts),
    reads("get_customer", Contacts),
    creates("create_customer", Contacts),
    updates("update_customer", Contacts).asks(MASTER_DATA),
    deletes("delete_customer", Contacts, GONE),
    // "Generate the next sequential customer number": nothing says that it is taken by that.
    reads("generate_customer_number", Contacts),
    reads("verify_customer_number", Contacts),
    // "Import customers from a previously uploaded CSV (fileId)."
    acts("import_customers", Contacts, "This makes a customer of every row of the uploaded file."),
    // Products.
    reads("list_products", Catalog),
    reads("get_product", Catalog),
    creates("create_product", Catalog),
    updates("update_product", Catalog),
    deletes("delete_product", Catalog, GONE),
    reads("verify_product_code", Catalog),
    // Product bundles: "require the PRODUCT_BUNDLE feature".
    reads("list_product_bundles", Catalog),
    reads("get_product_bundle", Catalog),
    creates("create_product_bundle", Catalog),
    updates("update_product_bundle", Catalog),
    deletes("delete_product_bundle", Catalog, GONE),
    // Webhooks.
    reads("list_webhooks", Settings),
    creates("create_webhook", Settings).asks(WEBHOOK),
    updates("update_webhook", Settings).asks(WEBHOOK),
    deletes("delete_webhook", Settings, "This ends the webhook: whatever listens to it hears nothing more."),
];
