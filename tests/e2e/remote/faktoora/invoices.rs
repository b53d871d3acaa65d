//! Making an invoice at faktoora: what its page demands of the fields, and when.

use serde_json::{Value, json};

use super::{Books, Made, Refused, bad};

impl Books {
    pub(super) fn create(
        &mut self,
        tool: &str,
        arguments: &Value,
        account: Option<String>,
    ) -> Result<Value, Refused> {
        check(arguments)?;
        if tool == "create_invoice_xrechnung" {
            check_xrechnung(arguments)?;
        }
        let number = &arguments["invoiceNumber"];
        if self
            .invoices
            .iter()
            .any(|made| made.arguments["invoiceNumber"] == *number && made.account == account)
        {
            return Err(bad(format!("invoiceNumber {number} already exists")));
        }
        let id = format!("INV-{:04}", self.invoices.len() + 42);
        let buyer = &arguments["buyer"];
        let sent_to = buyer["email"].as_str().or(buyer["name"].as_str()).unwrap_or_default().to_owned();
        self.invoices.push(Made {
            id: id.clone(),
            tool: tool.to_owned(),
            arguments: arguments.clone(),
            sent_to,
            account,
            polls: 0,
        });
        Ok(json!({ "faktooraId": id }))
    }
}

/// "Required fields" and "Conditional requirements".
fn check(invoice: &Value) -> Result<(), Refused> {
    let code = invoice["invoiceTypeCode"].to_string();
    if !["380", "381", "384", "326"].contains(&code.as_str()) {
        return Err(bad("invoiceTypeCode must be one of 380, 381, 384, 326"));
    }
    let date = invoice["issueDate"].as_str().unwrap_or_default();
    if date.len() != 8 || !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad("issueDate must be in YYYYMMDD format"));
    }
    let buyer = &invoice["buyer"];
    let (country, postcode) = (buyer["country"].as_str(), buyer["postcode"].as_str().unwrap_or_default());
    let digits = match country {
        Some("DE") => Some(5),
        Some("AT" | "CH") => Some(4),
        _ => None,
    };
    if digits
        .is_some_and(|count| postcode.len() != count || !postcode.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(bad(format!("buyer.postcode must have {} digits", digits.unwrap_or_default())));
    }
    let items = invoice["invoiceItems"].as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| bad("invoiceItems must contain at least 1 item"))?;
    let mut ids: Vec<_> = items.iter().map(|item| item["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    if ids.len() < items.len() {
        return Err(bad("invoiceItems[].id must be unique"));
    }
    let mut exempt = false;
    for item in items {
        let taxes = item["product"]["taxes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let [tax] = taxes else {
            return Err(bad("invoiceItems[].product.taxes must contain exactly 1 entry"));
        };
        exempt |= tax["categoryCode"] == "E";
    }
    if exempt && invoice.get("taxExemptionReasonMessage").is_none() {
        return Err(bad("taxExemptionReasonMessage is required when a line item is exempt (category E)"));
    }
    let reference = &invoice["invoiceReferencedDocument"];
    if code == "384" && (reference["IssuerAssignedID"].is_null() || reference["issueDateTime"].is_null()) {
        let message = "invoiceReferencedDocument { IssuerAssignedID, issueDateTime } is required for \
                       invoiceTypeCode 384";
        return Err(bad(message));
    }
    Ok(())
}

fn check_xrechnung(invoice: &Value) -> Result<(), Refused> {
    if !matches!(invoice["schema"].as_str(), None | Some("CII" | "UBL")) {
        return Err(bad("schema must be CII or UBL"));
    }
    if invoice["seller"]["email"].is_null() && invoice["contactPerson"]["email"].is_null() {
        return Err(bad("XRechnung requires seller.email or contactPerson.email"));
    }
    if invoice["buyer"]["email"].is_null() && invoice["buyerReference"]["buyerReferenceId"].is_null() {
        return Err(bad("XRechnung requires buyer.email or buyerReference.buyerReferenceId"));
    }
    Ok(())
}
