//! faktoora's 60 tools with the words of its page, and what each demands.

use serde_json::{Map, Value, json};

/// Name and description, in the order of the page.
pub const TOOLS: [(&str, &str); 60] = [
    ("create_invoice_simple", "Create a PDF-only invoice (no embedded XML)."),
    ("create_invoice_zugferd2", "Create a ZUGFeRD 2.1 e-invoice (PDF/A-3 with embedded CII XML)."),
    (
        "create_invoice_xrechnung",
        "Create an XRechnung 3.0 e-invoice. Pass schema: \"CII\" (default) or schema: \"UBL\".",
    ),
    ("list_invoices", "List invoices with optional filters (date range, keyword, invoice number)."),
    ("get_invoice_status", "Get processing status, authority registration, and delivery info."),
    ("download_invoice", "Download invoice file as base64. Pass format: \"pdf\" or format: \"xml\"."),
    ("delete_invoice", "Delete an invoice (requires invoiceDeleteMode to be enabled)."),
    ("import_incoming_invoice", "Upload an e-invoice file (base64-encoded)."),
    ("list_incoming_imports", "List imported invoices with pagination and date filters."),
    ("get_import_validation", "Get the validation result (accepted / rejected)."),
    ("get_import_status", "Get overall processing status."),
    ("get_import_summary", "Get seller, amount, tax, dates, and invoice number."),
    ("get_import_content", "Get the full structured content (seller + buyer + items + taxes + payment)."),
    ("get_import_line_items", "Get the line items array."),
    ("get_import_taxes", "Get the VAT breakdown."),
    ("get_import_payment_terms", "Get payment terms."),
    ("get_import_payment_means", "Get payment means (IBAN etc.)."),
    ("get_import_seller", "Get seller information."),
    ("get_import_buyer", "Get buyer information."),
    ("get_import_delivery", "Get delivery address."),
    ("list_import_attachments", "List attachments embedded in the invoice."),
    ("get_import_attachment", "Get a single attachment's metadata."),
    ("import_outgoing_invoice", "Upload an outgoing e-invoice file (base64-encoded)."),
    ("list_outgoing_imports", "List outgoing imported invoices."),
    ("get_outgoing_import_validation", "Get validation result."),
    ("get_outgoing_import_status", "Get processing status."),
    ("get_outgoing_import_summary", "Get summary."),
    ("get_outgoing_import_content", "Get full structured content."),
    ("get_outgoing_import_line_items", "Get line items."),
    ("get_outgoing_import_taxes", "Get VAT breakdown."),
    ("get_outgoing_import_payment_terms", "Get payment terms."),
    ("get_outgoing_import_payment_means", "Get payment means."),
    ("get_outgoing_import_seller", "Get seller info."),
    ("get_outgoing_import_buyer", "Get buyer info."),
    ("get_outgoing_import_delivery", "Get delivery address."),
    ("list_outgoing_import_attachments", "List attachments."),
    ("get_outgoing_import_attachment", "Get attachment metadata."),
    ("list_customers", "List customers with pagination and keyword filter."),
    ("get_customer", "Get a single customer by UUID."),
    ("create_customer", "Create a new customer (company or individual)."),
    ("update_customer", "Update an existing customer."),
    ("delete_customer", "Delete a customer."),
    ("generate_customer_number", "Generate the next sequential customer number."),
    ("verify_customer_number", "Check if a customer number is valid and available."),
    ("import_customers", "Import customers from a previously uploaded CSV (fileId)."),
    ("list_products", "List products with pagination."),
    ("get_product", "Get a product by UUID."),
    ("create_product", "Create a new product or service."),
    ("update_product", "Update a product."),
    ("delete_product", "Delete a product."),
    ("verify_product_code", "Check if a product code is available."),
    ("list_product_bundles", "List bundles with pagination."),
    ("get_product_bundle", "Get a bundle by UUID."),
    ("create_product_bundle", "Create a product bundle."),
    ("update_product_bundle", "Update a bundle."),
    ("delete_product_bundle", "Delete a bundle."),
    ("list_webhooks", "List all webhook subscriptions."),
    ("create_webhook", "Subscribe to a webhook event (action + target URL)."),
    ("update_webhook", "Update a webhook subscription."),
    ("delete_webhook", "Delete a webhook subscription."),
];

/// As `tools/list` gives them: no annotations, since the page names none.
pub fn all() -> Vec<Value> {
    let tools = TOOLS.iter();
    tools
        .map(|(name, about)| json!({ "name": name, "description": about, "inputSchema": schema(name) }))
        .collect()
}

/// What a call lacks, by the schema's `required`, at any depth.
pub fn missing(tool: &str, arguments: &Value) -> Option<String> {
    lacks(&schema(tool), arguments, "")
}

fn lacks(schema: &Value, value: &Value, at: &str) -> Option<String> {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            return Some(format!("{at}{name} is required"));
        }
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let Some(value) = value.get(name) else { continue };
        let fits = match inner["type"].as_str() {
            Some("string") => value.is_string(),
            Some("number") => value.is_number(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        if !fits {
            return Some(format!("{at}{name} must be {}", inner["type"]));
        }
        let found = match inner["type"].as_str() {
            Some("object") => lacks(inner, value, &format!("{at}{name}.")),
            Some("array") => value
                .as_array()
                .into_iter()
                .flatten()
                .find_map(|one| lacks(&inner["items"], one, &format!("{at}{name}[]."))),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// What a tool takes; fields that the page does not name are let through.
fn schema(tool: &str) -> Value {
    let strings = |required: &[&str], optional: &[&str]| {
        let names = required.iter().chain(optional);
        let properties: Map<_, _> =
            names.map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
        json!({ "type": "object", "properties": properties, "required": required })
    };
    match tool {
        "create_invoice_simple" | "create_invoice_zugferd2" => invoice(),
        "create_invoice_xrechnung" => {
            let mut schema = invoice();
            schema["properties"]["schema"] =
                json!({ "type": "string", "enum": ["CII", "UBL"], "default": "CII" });
            schema
        }
        "list_invoices" => strings(&[], &["from", "to", "keyword", "invoiceNumber"]),
        "get_invoice_status" | "delete_invoice" => strings(&["faktooraId"], &[]),
        "download_invoice" => {
            let mut schema = strings(&["faktooraId", "format"], &[]);
            schema["properties"]["format"]["enum"] = json!(["pdf", "xml"]);
            schema
        }
        "import_incoming_invoice" | "import_outgoing_invoice" => {
            strings(&["file", "filename", "contentType"], &[])
        }
        "get_import_attachment" => strings(&["importId", "attachmentId"], &[]),
        "get_outgoing_import_attachment" => strings(&["faktooraId", "attachmentId"], &[]),
        "import_customers" => strings(&["fileId"], &[]),
        "verify_customer_number" => strings(&["customerNumber"], &[]),
        "verify_product_code" => strings(&["code"], &[]),
        "generate_customer_number" => strings(&[], &[]),
        "create_webhook" => strings(&["action", "targetUrl"], &[]),
        "create_customer" | "create_product" | "create_product_bundle" => strings(&["name"], &["email"]),
        _ if tool.starts_with("list_") && !tool.ends_with("attachments") => paged(),
        _ if tool.contains("outgoing_import") => strings(&["faktooraId"], &[]),
        _ if tool.contains("import") => strings(&["importId"], &[]),
        _ => strings(&["id"], &["name", "targetUrl", "email"]),
    }
}

fn paged() -> Value {
    json!({
        "type": "object",
        "properties": {
            "page": { "type": "number" },
            "limit": { "type": "number" },
            "keyword": { "type": "string" },
            "from": { "type": "string" },
            "to": { "type": "string" },
        },
    })
}

/// "All three invoice creation tools share the same input schema."
fn invoice() -> Value {
    let text = || json!({ "type": "string" });
    let number = || json!({ "type": "number" });
    json!({
        "type": "object",
        "properties": {
            "invoiceTypeCode": {
                "type": "number",
                "description": "380 invoice · 381 credit note · 384 corrected invoice · 326 partial invoice",
            },
            "invoiceNumber": { "type": "string", "description": "Must be unique per account" },
            "issueDate": { "type": "string", "description": "YYYYMMDD format" },
            "dueDate": text(),
            "currency": text(),
            "buyer": {
                "type": "object",
                "properties": {
                    "name": text(), "street": text(), "postcode": text(), "city": text(), "country": text(),
                    "vatId": text(), "email": text(),
                },
                "required": ["name", "street", "postcode", "city", "country"],
            },
            "seller": { "type": "object" },
            "contactPerson": { "type": "object" },
            "buyerReference": { "type": "object" },
            "invoiceReferencedDocument": { "type": "object" },
            "taxExemptionReasonMessage": text(),
            "invoiceItems": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": text(),
                        "product": {
                            "type": "object",
                            "properties": {
                                "name": text(), "quantity": number(), "unitCode": text(), "price": number(),
                                "taxes": { "type": "array", "items": { "type": "object" } },
                            },
                            "required": ["name", "quantity", "unitCode", "price", "taxes"],
                        },
                    },
                    "required": ["id", "product"],
                },
            },
        },
        "required": ["invoiceTypeCode", "invoiceNumber", "issueDate", "buyer", "invoiceItems"],
    })
}
