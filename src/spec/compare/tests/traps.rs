//! What looks like one of ours and is not, and what could be either of two.

use serde_json::{Value, json};

use super::{CLIENT, INVOICE, compared, document, list, object, operation};
use crate::spec::compare::Verdict;

const NOTHING: Value = Value::Null;

fn five(path: &str, name: &str, record: &Value) -> Vec<(&'static str, String, Value)> {
    let one = format!("{path}/{{id}}");
    vec![
        ("get", path.to_owned(), operation(&format!("list{name}s"), "", NOTHING, list(record))),
        ("post", path.to_owned(), operation(&format!("create{name}"), "", record.clone(), record.clone())),
        ("get", one.clone(), operation(&format!("get{name}"), "", NOTHING, record.clone())),
        ("put", one.clone(), operation(&format!("update{name}"), "", record.clone(), record.clone())),
        ("delete", one, operation(&format!("delete{name}"), "", NOTHING, NOTHING)),
    ]
}

fn all(groups: Vec<Vec<(&'static str, String, Value)>>) -> Value {
    let operations: Vec<_> = groups.into_iter().flatten().collect();
    document(operations.iter().map(|(method, path, value)| (*method, path.as_str(), value.clone())).collect())
}

#[test]
fn what_stands_beside_invoices_is_none() {
    let invoice = object(INVOICE);
    let mut beside = five("/v2/credit-notes", "CreditNote", &invoice);
    beside.extend(five("/v2/invoice-templates", "InvoiceTemplate", &invoice));
    beside.extend(five("/v2/draft-invoices", "DraftInvoice", &invoice));
    beside.extend(five("/v2/invoices/archived", "ArchivedInvoice", &invoice));
    beside.extend(five("/v2/admin/invoices", "AdminInvoice", &invoice));
    beside.extend(five("/v2/vendor-invoices", "VendorInvoice", &invoice));
    beside.extend(five(
        "/v2/invoices/{invoiceId}/payments",
        "InvoicePayment",
        &object("id:uuid amount:number"),
    ));
    for path in ["send", "void", "pay", "finalize"] {
        let call = operation(&format!("{path}Invoice"), "", NOTHING, NOTHING);
        beside.push(("post", format!("/v2/invoices/{{id}}/{path}"), call));
    }
    beside.push(("post", "/v2/invoices/search".into(), operation("searchInvoices", "", NOTHING, NOTHING)));
    beside.push(("get", "/v2/invoices/export".into(), operation("exportInvoices", "", NOTHING, NOTHING)));
    beside.push(("delete", "/v2/invoices".into(), operation("deleteAllInvoices", "", NOTHING, NOTHING)));
    let alone = compared(&all(vec![beside.clone()]));
    assert_eq!(alone.found(), Vec::<String>::new());
    let both = compared(&all(vec![beside.clone(), five("/v2/invoices", "Invoice", &invoice)]));
    assert_eq!(
        both.found(),
        [
            "list_invoices = Get /v2/invoices",
            "get_invoice = Get /v2/invoices/{id}",
            "create_invoice = Post /v2/invoices",
            "update_invoice = Put /v2/invoices/{id}",
            "delete_invoice = Delete /v2/invoices/{id}",
        ]
    );
    assert_eq!(both.new.len(), beside.len());
}

#[test]
fn customers_beside_contacts_are_the_clients_and_contacts_alone_are_too() {
    let (client, person) =
        (object(CLIENT), object("id:uuid first_name:text last_name:text customer_id:uuid salutation:text"));
    let both =
        compared(&all(vec![five("/contacts", "Contact", &person), five("/customers", "Customer", &client)]));
    assert_eq!(both.line("delete_client"), "Delete /customers/{id}");
    let alone = compared(&all(vec![five("/contacts", "Contact", &client)]));
    assert_eq!(alone.line("delete_client"), "Delete /contacts/{id}");
    let persons = compared(&all(vec![five("/contacts", "Contact", &person)]));
    assert_eq!(persons.line("delete_client"), "", "persons of a client are no clients");
}

#[test]
fn two_that_are_as_good_are_none_and_are_named() {
    let client = object(CLIENT);
    let theirs =
        all(vec![five("/v2/debtors", "Debtor", &client), five("/v2/customers", "Customer", &client)]);
    let compared = compared(&theirs);
    assert_eq!(compared.found(), Vec::<String>::new());
    let row = compared.row("delete_client");
    assert_eq!(row.verdict, Verdict::Missing);
    assert!(
        row.notes[0].contains("DELETE /v2/customers/{id}") && row.notes[0].contains("/v2/debtors/{id}"),
        "{:?}",
        row.notes
    );
}

#[test]
fn the_users_word_decides_but_not_about_safety() {
    let client = object(CLIENT);
    let mut theirs =
        all(vec![five("/v2/debtors", "Debtor", &client), five("/v2/customers", "Customer", &client)]);
    theirs["paths"]["/v2/debtors"]["get"]["x-lumabill-tool"] = "list_clients".into();
    theirs["paths"]["/v2/debtors/{id}"]["delete"]["x-lumabill-tool"] = "get_client".into();
    let compared = compared(&theirs);
    assert_eq!(compared.line("list_clients"), "Get /v2/debtors");
    assert_eq!(compared.line("get_client"), "");
    assert!(compared.row("get_client").notes[0].contains("method"), "{:?}", compared.row("get_client").notes);
}

#[test]
fn deprecated_operations_give_way() {
    let invoice = object(INVOICE);
    let mut theirs =
        all(vec![five("/v1/invoices", "Invoice", &invoice), five("/v2/invoices", "Invoice", &invoice)]);
    for (path, method) in [("/v1/invoices", "get"), ("/v1/invoices/{id}", "delete")] {
        theirs["paths"][path][method]["deprecated"] = true.into();
    }
    let compared = compared(&theirs);
    assert_eq!(compared.line("list_invoices"), "Get /v2/invoices");
    assert_eq!(compared.line("delete_invoice"), "Delete /v2/invoices/{id}");
    assert_eq!(compared.line("get_invoice"), "Get /v1/invoices/{id}");
}

#[test]
fn a_bill_of_a_vendor_is_no_invoice() {
    let bill = object(&INVOICE.replace("client_id", "supplier_id"));
    assert_eq!(compared(&all(vec![five("/bills", "Bill", &bill)])).found(), Vec::<String>::new());
    let sold = compared(&all(vec![five("/bills", "Bill", &object(INVOICE))]));
    assert_eq!(sold.line("list_invoices"), "Get /bills");
    let both = compared(&all(vec![
        five("/bills", "Bill", &object(INVOICE)),
        five("/invoices", "Invoice", &object(INVOICE)),
    ]));
    assert_eq!(both.line("delete_invoice"), "Delete /invoices/{id}");
}

#[test]
fn the_same_path_about_something_else_is_not_taken() {
    let user = object("id:uuid login:text password_hash:text last_seen:date-time role:text");
    let theirs = document(vec![
        (
            "get",
            "/v1/accounts",
            operation(
                "listBankAccounts",
                "",
                NOTHING,
                list(&object("id:uuid iban:text bic:text bank_name:text")),
            ),
        ),
        ("get", "/v1/clients", operation("", "", NOTHING, list(&user))),
    ]);
    let compared = compared(&theirs);
    assert_eq!(compared.line("list_accounts"), "");
    assert_eq!(compared.line("list_clients"), "");
    assert!(compared.row("list_clients").notes[0].contains("something else"));
}

#[test]
fn shapes_that_cannot_be_called_are_not_taken() {
    let (client, many) = (object(CLIENT), list(&object(CLIENT)));
    let theirs = document(vec![
        ("get", "/{tenant}/customers", operation("listCustomers", "", NOTHING, many.clone())),
        ("delete", "/customers", operation("deleteCustomers", "", NOTHING, NOTHING)),
        ("post", "/customers/{id}/delete", operation("deleteCustomer", "", NOTHING, NOTHING)),
        ("get", "/customers/{email}", operation("getCustomerByEmail", "", NOTHING, client)),
        ("put", "/customers", operation("updateCustomers", "", NOTHING, NOTHING)),
        ("get", "/customers/delete/{id}", operation("deleteCustomerById", "", NOTHING, NOTHING)),
    ]);
    assert_eq!(compared(&theirs).found(), Vec::<String>::new());
}

#[test]
fn words_that_cannot_be_taken_back_ask_first() {
    let invoice = object(INVOICE);
    let mut theirs =
        all(vec![five("/v1/invoices", "Invoice", &invoice), five("/v1/offers", "Offer", &object(INVOICE))]);
    theirs["paths"]["/v1/invoices"]["post"]["operationId"] = "createAndSendInvoice".into();
    theirs["paths"]["/v1/invoices/{id}"]["put"]["summary"] = "Updates and finalizes the invoice".into();
    theirs["paths"]["/v1/offers"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        ["send_email"] = json!({"type": "boolean", "default": true});
    let compared = compared(&theirs);
    for (tool, asks) in [
        ("create_invoice", true),
        ("update_invoice", true),
        ("create_offer", true),
        ("get_invoice", false),
        ("list_invoices", false),
        ("update_offer", false),
    ] {
        assert_eq!(compared.spoken(tool).confirms, asks, "{tool}");
    }
}

#[test]
fn what_acts_is_nothing_that_reads_whatever_its_method() {
    let invoice = object(INVOICE);
    let plain = || all(vec![five("/v1/invoices", "Invoice", &invoice)]);
    let mut theirs = plain();
    theirs["paths"]["/v1/invoices/{id}"]["get"]["summary"] = "Gets an invoice and finalizes it".into();
    theirs["paths"]["/v1/invoices"]["get"]["operationId"] = "listAndSendInvoices".into();
    let acting = compared(&theirs);
    for tool in ["get_invoice", "list_invoices"] {
        assert_eq!(acting.line(tool), "");
        assert!(acting.row(tool).notes[0].contains("this tool reads"), "{:?}", acting.row(tool).notes);
    }
    assert_eq!(acting.new.len(), 2);
    theirs["paths"]["/v1/invoices/{id}"]["get"]["x-lumabill-tool"] = "get_invoice".into();
    assert_eq!(compared(&theirs).line("get_invoice"), "");
    let mut harmless = plain();
    harmless["paths"]["/v1/invoices/{id}"]["get"]["summary"] = "Gets an invoice with its mail".into();
    harmless["paths"]["/v1/invoices"]["get"]["summary"] = "Lists invoices by issue date".into();
    let harmless = compared(&harmless);
    assert_eq!(harmless.line("get_invoice"), "Get /v1/invoices/{id}");
    assert_eq!(harmless.line("list_invoices"), "Get /v1/invoices");
    let voids = vec![("get", "/v1/void/clients/{id}", operation("getClient", "", NOTHING, object(CLIENT)))];
    assert_eq!(compared(&document(voids)).line("get_client"), "");
}

#[test]
fn an_id_beside_the_record_is_not_lost() {
    let notes = |inner: &str| {
        let mut outer = object("id:uuid");
        outer["properties"]["attributes"] = object(inner);
        let theirs = document(vec![("get", "/v1/clients/{id}", operation("getClient", "", NOTHING, outer))]);
        let compared = compared(&theirs);
        assert_eq!(compared.spoken("get_client").answers.inside, ["attributes"]);
        compared.row("get_client").notes.clone()
    };
    let beside = notes("name:text email:email phone:text currency:text");
    assert!(
        beside.iter().all(|note| !note.contains("is lost") && !note.contains("not there: id")),
        "{beside:?}"
    );
    let own = notes(CLIENT);
    assert!(own.iter().any(|note| note.contains("is lost")), "{own:?}");
}
