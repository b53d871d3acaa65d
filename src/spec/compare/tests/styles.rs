//! Whole descriptions in the styles of several frameworks and languages.

use serde_json::{Value, json};

use super::{compared, document, object, operation};
use crate::spec::compare::Verdict;

/// `{customers: […], meta: {total_count}}`, requests and answers inside the resource's name, PATCH beside PUT.
#[test]
fn rails() {
    let record = object(
        "id:uuid name:text email_address:email phone_number:text vat_id:text customer_no:text payment_terms_days:integer \
         created_on:date-time",
    );
    let one = json!({"type": "object", "properties": {"customer": record}});
    let many = json!({"type": "object", "properties": {
        "customers": {"type": "array", "items": record},
        "meta": object("total_count:integer current_page:integer total_pages:integer"),
    }});
    let theirs = document(vec![
        (
            "get",
            "/api/v2/customers",
            operation("customers#index", "page:integer per_page:integer q:text", Value::Null, many),
        ),
        ("post", "/api/v2/customers", operation("customers#create", "", one.clone(), one.clone())),
        ("get", "/api/v2/customers/{id}", operation("customers#show", "", Value::Null, one.clone())),
        ("patch", "/api/v2/customers/{id}", operation("customers#update", "", one.clone(), one.clone())),
        ("put", "/api/v2/customers/{id}", operation("customers#replace", "", one.clone(), one)),
        ("delete", "/api/v2/customers/{id}", operation("customers#destroy", "", Value::Null, Value::Null)),
    ]);
    let compared = compared(&theirs);
    assert_eq!(
        compared.found(),
        [
            "list_clients = Get /api/v2/customers",
            "get_client = Get /api/v2/customers/{id}",
            "create_client = Post /api/v2/customers",
            "update_client = Put /api/v2/customers/{id}",
            "delete_client = Delete /api/v2/customers/{id}",
        ]
    );
    assert_eq!(compared.new.len(), 1);
    let list = compared.spoken("list_clients");
    assert_eq!(list.query["search"].name, "q");
    let listing = list.list.as_ref().unwrap();
    assert_eq!(
        (listing.records.join("."), listing.total.join(".")),
        ("customers".into(), "meta.total_count".into())
    );
    assert_eq!(listing.asks.page, Some(("page".into(), 1)));
    assert_eq!(listing.asks.limit, Some(("per_page".into(), None)));
    let create = compared.spoken("create_client");
    assert_eq!(
        (&create.sends.inside, &create.answers.inside),
        (&vec!["customer".to_owned()], &vec!["customer".to_owned()])
    );
    for (ours, theirs) in [
        ("email", "email_address"),
        ("phone", "phone_number"),
        ("vat_number", "vat_id"),
        ("customer_number", "customer_no"),
        ("payment_deadline_days", "payment_terms_days"),
    ] {
        assert_eq!(compared.sends("create_client", ours), theirs);
        assert_eq!(compared.reads("list_clients", ours), theirs);
    }
    assert_eq!(compared.reads("get_client", "created_at"), "created_on");
}

/// HAL, camelCase, pages from nought.
#[test]
fn spring() {
    let record = object(
        "invoiceId:uuid invoiceNumber:text invoiceStatus:DRAFT|SENT|PARTIALLY_PAID|PAID|OVERDUE|CANCELED customerId:uuid \
         invoiceDate:date paymentDue:date currencyCode:text invoiceLines:[ text:text qty:number unitPrice:number vatRate:number ] \
         netTotal:number vatTotal:number grossTotal:number openAmount:number paidAmount:number",
    );
    let many = json!({"type": "object", "properties": {
        "_embedded": {"type": "object", "properties": {"invoices": {"type": "array", "items": record}}},
        "_links": {"type": "object"},
        "page": object("size:integer totalElements:integer totalPages:integer number:integer"),
    }});
    let mut get = operation(
        "findAllUsingGET",
        "size:integer dateFrom:date dateTo:date customerId:uuid status:text",
        Value::Null,
        many,
    );
    let page = json!({"name": "page", "in": "query", "schema": {"type": "integer", "default": 0}});
    get["parameters"].as_array_mut().unwrap().push(page);
    let theirs = document(vec![
        ("get", "/rest/invoices", get),
        ("post", "/rest/invoices", operation("createUsingPOST", "", record.clone(), record.clone())),
        ("get", "/rest/invoices/{invoiceId}", operation("findByIdUsingGET", "", Value::Null, record)),
    ]);
    let compared = compared(&theirs);
    let listing = compared.spoken("list_invoices").list.clone().unwrap();
    assert_eq!(listing.records, ["_embedded", "invoices"]);
    assert_eq!(listing.total, ["page", "totalElements"]);
    assert_eq!(listing.asks.page, Some(("page".into(), 0)));
    let query = &compared.spoken("list_invoices").query;
    assert_eq!((query["from"].name.as_str(), query["to"].name.as_str()), ("dateFrom", "dateTo"));
    assert_eq!((query["client_id"].name.as_str(), query["currency"].name.as_str()), ("customerId", ""));
    for (ours, theirs) in [
        ("id", "invoiceId"),
        ("number", "invoiceNumber"),
        ("status", "invoiceStatus"),
        ("client_id", "customerId"),
        ("issue_date", "invoiceDate"),
        ("due_date", "paymentDue"),
        ("currency", "currencyCode"),
        ("lines", "invoiceLines"),
        ("subtotal", "netTotal"),
        ("tax_total", "vatTotal"),
        ("total", "grossTotal"),
        ("amount_due", "openAmount"),
        ("amount_paid", "paidAmount"),
    ] {
        assert_eq!(compared.reads("get_invoice", ours), theirs, "{ours}");
        assert_eq!(compared.reads("list_invoices", ours), theirs, "{ours}");
    }
    let status = &compared.spoken("get_invoice").answers.fields["status"].values;
    assert_eq!(status["partially_paid"], "PARTIALLY_PAID");
    assert_eq!(status["cancelled"], "CANCELED");
    let line = compared.spoken("create_invoice").sends.fields["lines"].inner.clone().unwrap();
    let names: Vec<(&str, &str)> =
        line.fields.iter().map(|(ours, field)| (ours.as_str(), field.name.as_str())).collect();
    assert_eq!(
        names,
        [("description", "text"), ("price", "unitPrice"), ("quantity", "qty"), ("tax_rate", "vatRate")]
    );
}

/// Verbs in the paths, `PascalCase`.
#[test]
fn dotnet() {
    let record = object("SupplierId:uuid SupplierName:text Email:email IBAN:text VATNumber:text Notes:text");
    let many = json!({"type": "object", "properties": {
        "Items": {"type": "array", "items": record}, "TotalCount": {"type": "integer"}, "HasMore": {"type": "boolean"},
    }});
    let theirs = document(vec![
        (
            "get",
            "/api/Suppliers/List",
            operation("Suppliers_List", "PageNumber:integer PageSize:integer", Value::Null, many),
        ),
        (
            "get",
            "/api/Suppliers/Get/{supplierId}",
            operation("Suppliers_Get", "", Value::Null, record.clone()),
        ),
        ("post", "/api/Suppliers/Create", operation("Suppliers_Create", "", record.clone(), record.clone())),
        (
            "put",
            "/api/Suppliers/Update/{supplierId}",
            operation("Suppliers_Update", "", record.clone(), record.clone()),
        ),
        (
            "delete",
            "/api/Suppliers/Delete/{supplierId}",
            operation("Suppliers_Delete", "", Value::Null, Value::Null),
        ),
    ]);
    let compared = compared(&theirs);
    assert_eq!(compared.found().len(), 5, "{:?}", compared.found());
    assert_eq!(compared.line("update_vendor"), "Put /api/Suppliers/Update/{supplierId}");
    assert_eq!(compared.line("delete_vendor"), "Delete /api/Suppliers/Delete/{supplierId}");
    assert_eq!(compared.reads("get_vendor", "id"), "SupplierId");
    assert_eq!(compared.sends("create_vendor", "name"), "SupplierName");
    assert_eq!(compared.sends("create_vendor", "iban"), "IBAN");
    let listing = compared.spoken("list_vendors").list.clone().unwrap();
    assert_eq!(
        (listing.records.join("."), listing.total.join("."), listing.more.join(".")),
        ("Items".into(), "TotalCount".into(), "HasMore".into())
    );
    assert_eq!(listing.asks.page.unwrap().0, "PageNumber");
    // An update sends back what the description lists.
    assert!(compared.spoken("update_vendor").sends.only.as_ref().unwrap().contains(&"IBAN".to_owned()));
}

/// POST on a record changes it, cursors, whole cents.
#[test]
#[expect(clippy::too_many_lines, reason = "one description, row by row")]
fn stripe() {
    let customer = object(
        "id:text object:text name:text email:text phone:text currency:text description:text created:integer",
    );
    let mut product = object("id:text name:text active:boolean description:text unit_amount:integer");
    product["properties"]["unit_amount"]["description"] = "The price in cents.".into();
    let many = |of: &Value| {
        json!({"type": "object", "properties": {
            "object": {"type": "string"}, "data": {"type": "array", "items": of}, "has_more": {"type": "boolean"}, "url": {"type": "string"},
        }})
    };
    let theirs = document(vec![
        (
            "get",
            "/v1/customers",
            operation("GetCustomers", "limit:integer starting_after:text", Value::Null, many(&customer)),
        ),
        ("post", "/v1/customers", operation("PostCustomers", "", customer.clone(), customer.clone())),
        (
            "get",
            "/v1/customers/{customer}",
            operation("GetCustomersCustomer", "", Value::Null, customer.clone()),
        ),
        (
            "post",
            "/v1/customers/{customer}",
            operation("PostCustomersCustomer", "", customer.clone(), customer.clone()),
        ),
        (
            "delete",
            "/v1/customers/{customer}",
            operation("DeleteCustomersCustomer", "", Value::Null, Value::Null),
        ),
        (
            "get",
            "/v1/customers/{customer}/sources",
            operation("GetCustomersCustomerSources", "", Value::Null, Value::Null),
        ),
        (
            "get",
            "/v1/customers/search",
            operation("GetCustomersSearch", "query:text!", Value::Null, many(&customer)),
        ),
        ("get", "/v1/products", operation("GetProducts", "", Value::Null, many(&product))),
        ("post", "/v1/products", operation("PostProducts", "", product.clone(), product)),
    ]);
    let compared = compared(&theirs);
    assert_eq!(compared.line("list_clients"), "Get /v1/customers");
    assert_eq!(compared.line("update_client"), "Post /v1/customers/{customer}");
    assert_eq!(compared.row("update_client").verdict, Verdict::OtherVerb);
    assert_eq!(compared.line("delete_client"), "Delete /v1/customers/{customer}");
    assert!(!compared.spoken("create_client").confirms, "`post` is the method here");
    let listing = compared.spoken("list_clients").list.clone().unwrap();
    assert_eq!(
        (listing.asks.cursor.unwrap(), listing.more.join(".")),
        ("starting_after".into(), "has_more".into())
    );
    // Whole cents are no price of ours.
    assert_eq!(compared.sends("create_catalog_item", "price"), "");
    assert!(
        compared
            .row("create_catalog_item")
            .notes
            .iter()
            .any(|note| note.contains("not there: ") && note.contains("price"))
    );
}

#[test]
fn german() {
    let kunde = object(
        "id:uuid name:text email:email telefon:text mwstNummer:text kundennummer:text waehrung:text sprache:text bemerkungen:text",
    );
    let rechnung = object(
        "id:uuid rechnungsnummer:text kundeId:uuid rechnungsdatum:date faelligkeitsdatum:date waehrung:text \
         positionen:[ beschreibung:text menge:number einzelpreis:number mwstSatz:number ] gesamtbetrag:number",
    );
    let theirs = document(vec![
        ("get", "/v2/kunden", operation("", "suche:text", Value::Null, list(&kunde))),
        ("post", "/v2/kunden", operation("", "", kunde.clone(), kunde.clone())),
        ("get", "/v2/kunden/{id}", operation("", "", Value::Null, kunde)),
        ("get", "/v2/rechnungen", operation("", "seite:integer", Value::Null, list(&rechnung))),
        ("post", "/v2/rechnungen", operation("", "", rechnung.clone(), rechnung.clone())),
        ("delete", "/v2/rechnungen/{id}", operation("", "", Value::Null, Value::Null)),
        ("post", "/v2/rechnungen/{id}/versenden", operation("", "", Value::Null, Value::Null)),
        ("get", "/v2/angebote", operation("", "", Value::Null, Value::Null)),
        ("get", "/v2/lieferanten", operation("", "", Value::Null, Value::Null)),
    ]);
    let compared = compared(&theirs);
    assert_eq!(
        compared.found(),
        [
            "list_invoices = Get /v2/rechnungen",
            "create_invoice = Post /v2/rechnungen",
            "delete_invoice = Delete /v2/rechnungen/{id}",
            "list_offers = Get /v2/angebote",
            "list_clients = Get /v2/kunden",
            "get_client = Get /v2/kunden/{id}",
            "create_client = Post /v2/kunden",
            "list_vendors = Get /v2/lieferanten",
        ]
    );
    for (ours, theirs) in [
        ("client_id", "kundeId"),
        ("number", "rechnungsnummer"),
        ("issue_date", "rechnungsdatum"),
        ("due_date", "faelligkeitsdatum"),
        ("currency", "waehrung"),
        ("lines", "positionen"),
    ] {
        assert_eq!(compared.sends("create_invoice", ours), theirs);
    }
    assert_eq!(compared.sends("create_client", "customer_number"), "kundennummer");
    assert_eq!(compared.spoken("list_clients").query["search"].name, "suche");
    assert_eq!(compared.new.len(), 1);
}

fn list(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

/// The paths say nothing, the names of the operations all.
#[test]
fn names_alone() {
    let theirs = document(vec![
        ("get", "/q1", operation("clientsIndex", "", Value::Null, Value::Null)),
        ("get", "/q2/{key}", operation("showClient", "", Value::Null, Value::Null)),
        ("delete", "/q3/{key}", operation("destroyClient", "", Value::Null, Value::Null)),
        ("post", "/q4/{key}", operation("archiveClient", "", Value::Null, Value::Null)),
        ("post", "/q5", operation("addSupplier", "", Value::Null, Value::Null)),
    ]);
    assert_eq!(
        compared(&theirs).found(),
        [
            "list_clients = Get /q1",
            "get_client = Get /q2/{key}",
            "delete_client = Delete /q3/{key}",
            "create_vendor = Post /q5",
        ]
    );
}

/// Everything that is not one of five operations on records.
#[test]
#[expect(clippy::too_many_lines, reason = "one description, row by row")]
fn reports_banking_and_books() {
    let many = list(&Value::Null);
    let mut upload = operation("uploadCamtStatement", "", Value::Null, Value::Null);
    upload["requestBody"] =
        json!({"content": {"multipart/form-data": {"schema": object("statement:text!")}}});
    let theirs = document(vec![
        (
            "get",
            "/v3/ledger-accounts",
            operation("getLedgerAccounts", "asAt:date", Value::Null, many.clone()),
        ),
        ("get", "/v3/accounting-periods", operation("getAccountingPeriods", "", Value::Null, many.clone())),
        ("get", "/v3/banking/accounts", operation("getBankAccounts", "", Value::Null, many.clone())),
        ("get", "/v3/banking/transactions", operation("getBankTransactions", "", Value::Null, many.clone())),
        (
            "post",
            "/v3/banking/transactions/{id}/match",
            operation("matchBankTransaction", "", Value::Null, Value::Null),
        ),
        ("post", "/v3/banking/accounts/{id}/statements", upload),
        ("get", "/v3/reports", operation("getReports", "", Value::Null, many.clone())),
        (
            "get",
            "/v3/reports/income-statement",
            operation("getIncomeStatement", "startDate:date endDate:date", Value::Null, Value::Null),
        ),
        (
            "get",
            "/v3/reports/balance-sheet",
            operation("getBalanceSheet", "date:date", Value::Null, Value::Null),
        ),
        ("get", "/v3/reports/tax", operation("getTaxReport", "", Value::Null, Value::Null)),
        ("get", "/v3/companies", operation("getCompanies", "", Value::Null, many.clone())),
        ("get", "/v3/companies/{id}", operation("getCompany", "", Value::Null, Value::Null)),
        (
            "get",
            "/v3/company",
            operation(
                "getMyCompany",
                "",
                Value::Null,
                object("companyName:text uid:text iban:text email:text"),
            ),
        ),
        ("get", "/v3/postings", operation("getJournalEntries", "", Value::Null, many.clone())),
        ("get", "/v3/income", operation("getIncome", "", Value::Null, many)),
    ]);
    let compared = compared(&theirs);
    assert_eq!(
        compared.found(),
        [
            "list_revenue = Get /v3/income",
            "list_journal_entries = Get /v3/postings",
            "list_accounts = Get /v3/ledger-accounts",
            "list_fiscal_years = Get /v3/accounting-periods",
            "list_bank_accounts = Get /v3/banking/accounts",
            "import_bank_transactions = Post /v3/banking/accounts/{id}/statements",
            "list_bank_transactions = Get /v3/banking/transactions",
            "reconcile_transaction = Post /v3/banking/transactions/{id}/match",
            "list_reports = Get /v3/reports",
            "get_report = Get /v3/reports/{name}",
            "get_profit_and_loss = Get /v3/reports/income-statement",
            "get_balance_sheet = Get /v3/reports/balance-sheet",
            "get_vat_report = Get /v3/reports/tax",
            "list_profiles = Get /v3/companies",
            "get_profile = Get /v3/companies/{id}",
            "get_company_info = Get /v3/company",
        ]
    );
    let profit = &compared.spoken("get_profit_and_loss").query;
    assert_eq!((profit["from"].name.as_str(), profit["to"].name.as_str()), ("startDate", "endDate"));
    assert_eq!(compared.spoken("get_balance_sheet").query["as_of"].name, "date");
    assert_eq!(compared.sends("import_bank_transactions", "file"), "statement");
}
