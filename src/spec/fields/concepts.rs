//! What others call our fields: from the references of the invoicing products that `words` names. Spelling,
//! order and the synonyms of single words need no mention here.

/// Our name, then others, the surest first. Fields of money take part only where one alone of theirs fits.
pub const FIELDS: &[(&str, &str)] = &[
    ("id", "uuid, guid, key, identifier, uid, _id"),
    (
        "number",
        "document number, doc number, display number, invoice number, offer number, \
         document id number, voucher number, code, serial number, sequence number",
    ),
    ("status", "state, document status, status code, lifecycle status, workflow state, zustand"),
    (
        "client_id",
        "client, contact id, bill to id, recipient id, client ref, client key, client uuid, \
         billed to id, business partner id",
    ),
    ("client", "contact, bill to, recipient, billed to"),
    ("vendor_id", "vendor, payee id, vendor ref, vendor key, vendor uuid, contact id"),
    (
        "issue_date",
        "issued on, date issued, issued at, invoice date, document date, date, issued, billing date, \
         bill date, date of issue, offer date, voucher date, is valid from, ausstellungsdatum",
    ),
    (
        "due_date",
        "due on, payment due, payment due date, due, due at, date due, due by, pay by, \
         payment due on, maturity date, is valid to, deadline, payment deadline",
    ),
    (
        "valid_until",
        "valid till, expires on, expiry date, expiration date, valid to, expires at, validity date, \
         expiry, expires, valid until date, expire date, gueltig bis",
    ),
    (
        "service_date_from",
        "service from, service start, service start date, service period start, \
         performance date from, supply date from, delivery date from, service period from, \
         period start, performance start, leistung von",
    ),
    (
        "service_date_to",
        "service to, service end, service end date, service period end, performance date to, \
         supply date to, delivery date to, service period to, period end, performance end, \
         leistung bis",
    ),
    ("currency", "currency code, iso currency, currency iso code, currency iso"),
    (
        "lines",
        "line item, item, invoice line, position, document line, invoice item, entry, detail, row, \
         posting",
    ),
    (
        "subtotal",
        "sub total, net total, total net, net amount, total net amount, amount net, \
         total excluding tax, total excl tax, total without tax, total before tax, net",
    ),
    ("tax_total", "total tax, tax amount, total tax amount, tax sum, amount tax, tax"),
    (
        "total",
        "grand total, gross total, total gross, total amount, amount total, gross amount, \
         amount gross, total gross amount, total including tax, total incl tax, total with tax, \
         gross, invoice total",
    ),
    (
        "tax_breakdown",
        "tax detail, tax line, tax summary, tax by rate, taxes, total tax by rate, tax rate summary, \
         tax breakdown, tax item, tax subtotal, tax group",
    ),
    (
        "amount_paid",
        "paid amount, total paid, paid total, already paid, paid sum, amount received, \
         received amount, payment total, paid to date",
    ),
    (
        "amount_due",
        "due amount, open amount, amount open, balance due, outstanding amount, amount outstanding, \
         outstanding, remaining amount, amount remaining, open balance, total due, remaining, \
         amount to pay, total remaining payment, outstanding balance, offener betrag",
    ),
    ("rounding", "rounding difference, rounding amount, total rounding difference, rounding adjustment"),
    (
        "payment_reference",
        "qr reference, esr reference, creditor reference, payment ref, structured reference, \
         reference payment, scor reference",
    ),
    ("payment_reference_type", "reference type, qr reference type, payment ref type"),
    (
        "notes",
        "note, internal note, footer, footer text, closing text, public note, additional text, \
         additional information",
    ),
    (
        "intro_text",
        "introduction, introduction text, header text, header, intro, opening text, preamble, \
         einleitung",
    ),
    (
        "reference",
        "client reference, purchase order, purchase order number, po number, order number, \
         external reference, your reference, reference number, document reference, external number, \
         reference text, voucher number, payment reference, qr reference, esr reference",
    ),
    (
        "payment_info",
        "payment information, payment term text, payment instruction, payment detail, bank detail, \
         payment text",
    ),
    ("title", "heading, headline"),
    ("language", "language code, locale code"),
    ("tax_rate", "tax percent, tax percentage, tax rate percent, tax rate percentage, default tax rate"),
    ("default_tax_rate", "standard tax rate"),
    (
        "prices_include_tax",
        "tax inclusive, is tax inclusive, price include tax, includes tax, tax included, \
         gross price, show gross, price incl tax, prices gross, is gross, price with tax, gross, \
         tax inclusive price, price include vat",
    ),
    (
        "round_to_five_rappen",
        "round five rappen, rounding five rappen, round to 5 rappen, cash rounding, swiss rounding, \
         round to five centime",
    ),
    (
        "created_at",
        "created, created on, creation date, date created, create date, created date, creation time, \
         inserted at, create time, erstellt am, created time, time created, created timestamp, \
         creation timestamp, inserted on, insert date, date entered, added at, added on, \
         record created at",
    ),
    (
        "updated_at",
        "updated, updated on, update date, date updated, last modified, modified at, modified on, \
         modified, last updated, last modified at, changed at, last modified date, last updated at, \
         update time, geaendert am, updated time, modified time, last modified time, last update, \
         last modified on, update at, changed on, modification date, modified date, last changed, \
         time updated, edited at",
    ),
    ("sent_at", "sent on, date sent, sent date, sent"),
    ("paid_at", "paid on, date paid, paid date, payment date"),
    ("description", "text, name, label, item description, detail, narration, narrative, note"),
    ("quantity", "amount of unit, unit count, hours"),
    (
        "price",
        "unit price, unit amount, price per unit, unit cost, single price, price each, item price, \
         unit price amount, sales price, selling price, rate, list price, price amount, net price, \
         net unit price",
    ),
    ("unit", "unit name, unit of measure, uom, measure unit, unit type, unit code"),
    (
        "discount_percent",
        "discount, discount percentage, discount rate, discount in percent, discount pct, rabatt",
    ),
    (
        "catalog_item_id",
        "product id, item id, catalog id, service id, catalog item, product, catalog entry id, \
         product ref, product key",
    ),
    ("net_amount", "amount net, net total, net, total net, line net amount, amount excluding tax"),
    ("tax_amount", "amount tax, tax, tax total, total tax"),
    ("gross_amount", "amount gross, gross total, gross, total gross, amount including tax"),
    ("amount", "gross amount, amount gross, total amount, total, gross, amount total, sum, value"),
    (
        "name",
        "display name, full name, client name, legal name, company name, company, organization name, \
         business name, label, title",
    ),
    ("company_name", "name, company, legal name, organization name, business name, display name"),
    (
        "contact_person",
        "contact, contact name, contact person name, primary contact, attention, person name, \
         ansprechpartner, attn, contact full name",
    ),
    ("email", "email address, contact email, primary email, email addr, mail address, primary email address"),
    ("phone", "phone number, contact phone, primary phone, mobile"),
    ("website", "web site, homepage, url, web, website url, webseite"),
    ("address", "postal address, billing address, mailing address, main address, anschrift, adresse"),
    ("street", "street name, address line 1, line1, line 1, address1, street address, street line 1"),
    ("house_number", "street number, building number, house no, hausnummer"),
    ("postal_code", "zip code, post code"),
    ("city", "town name, city name"),
    ("country", "country code, iso country, country iso code"),
    ("vat_number", "vat id, vat no, vat registration number, vat code, vat uid, tax id"),
    ("customer_number", "client no, client code, account number, number, reference number, debitor number"),
    (
        "payment_deadline_days",
        "payment term, payment term day, payment day, payment term in day, due day, net day, \
         payment deadline, zahlungsziel, zahlungsfrist",
    ),
    ("type", "kind, category, art, typ, entity type, class, classification, client kind, account class"),
    (
        "default_currency",
        "currency, currency code, currency iso, base currency, home currency, main currency",
    ),
    (
        "profile_id",
        "company id, organization id, workspace id, tenant id, account id, business id, mandant id, \
         company profile id, business profile id, legal entity id, administration id",
    ),
    ("category", "expense category, category name, cost type, expense category name, category label"),
    ("paid", "is paid, settled, is settled"),
    ("active", "is active, enabled, is enabled, available"),
    (
        "sku",
        "article number, product number, item number, product code, item code, article no, code, \
         stock keeping unit, part number",
    ),
    ("bank_account_id", "bank account, account id, bank account ref, bank account key"),
    (
        "date",
        "booked on, booked at, entry date, booking date, posting date, transaction date, document date, expense date, \
         journal date, receipt date, accounting date, bookkeeping date, purchase date, belegdatum, \
         buchungsdatum, spent on, incurred on",
    ),
    (
        "booking_date",
        "booked on, booked at, posting date, date, transaction date, entry date, booking day, \
         buchungsdatum",
    ),
    ("value_date", "valuta, valuta date, value day, date value, value on"),
    (
        "counterparty_name",
        "counterparty, partner name, other party name, payer name, counter party name, \
         remitter name, contra name, payee name, partner, counterparty display name, debtor name, \
         sender name",
    ),
    (
        "counterparty_iban",
        "partner iban, other party iban, payer iban, counter party iban, contra iban, \
         counterparty account, partner account, payee iban, debtor iban, sender iban",
    ),
    (
        "remittance",
        "remittance information, remittance info, payment purpose, purpose, unstructured remittance, \
         remittance text, verwendungszweck, payment detail, payment information, booking text, \
         payment message, transfer text, payment note",
    ),
    (
        "allocations",
        "reconcile, settlement, applied to, assignment, application, applied, payment application, \
         match line",
    ),
    ("interval", "billing interval, period, repeat interval, billing cycle, repeat, schedule, turnus"),
    (
        "start_date",
        "start on, starts on, start, starts at, first run, begin date, begins on, from, valid from, \
         start at, date from, from date, start day, beginn, begin, commence date, first date",
    ),
    (
        "end_date",
        "end on, ends on, end, ends at, last date, until, to, valid to, end at, date to, to date, \
         end day, ende, finish date, finish, finish on, stop date",
    ),
    (
        "next_run",
        "next run date, next date, next invoice date, next invoice on, next execution, \
         next issue date, next run at, next run on, next billing date, next issue, next invoice, \
         next issue on, next occurrence, next generation date",
    ),
    (
        "last_run",
        "last run date, last date, last invoice date, last invoice on, last execution, last run at, \
         last run on, previous run, last issue date, last issue on, last invoice, last issued on, \
         last occurrence, last generation date",
    ),
    ("account", "account number, account code, ledger account, account no, gl account, booking account"),
    ("debit", "debit amount, amount debit"),
    ("credit", "credit amount, amount credit"),
    ("balance", "current balance, account balance, balance amount, saldo"),
    ("bic", "swift, swift code, bic code, bank code, swift bic, bic swift, bic swift code, swift number"),
    ("uid", "company uid, uid number, company registration number, registration number"),
    ("sender", "seller, issuer, from"),
    ("invoice_id", "sales invoice id, bill id, client invoice id"),
    ("journal_entry_id", "ledger entry id, booking id, posting id, voucher id"),
    ("recurring_invoice_id", "subscription id, recurring profile id"),
    ("fiscal_year_id", "accounting period id, business year id, fiscal period id, accounting year id"),
    ("bank_transaction_id", "transaction id, statement line id, payment id, bank line id"),
    ("expense_id", "purchase id, cost id, receipt id"),
    ("invoice_count", "sales invoice count, number of invoice, bill count"),
    ("client_name", "contact name"),
    ("file", "document, statement, camt, content, camt file, attachment, data, xml"),
    // Of queries.
    (
        "search",
        "q, query, search term, term, keyword, filter, text, search query, search text, suche, \
         fulltext, find",
    ),
    // "After" and "before" are none of these: in many APIs they leave the day itself out.
    (
        "from",
        "date from, from date, start date, date start, issue date from, issued from, \
         invoice date from, date gte, issue date gte, \
         date min, min date, start, period start, period from, issued since, issue date min, \
         begin date, date ge, datum von, von, since, period begin, start on, starts on, since date, \
         date since",
    ),
    (
        "to",
        "date to, to date, end date, date end, issue date to, issued to, invoice date to, \
         date lte, issue date lte, date max, \
         max date, end, period end, period to, issued until, issue date max, until, date le, \
         date until, datum bis, bis, period stop, end on, ends on, until date, through, date through",
    ),
    (
        "due_before",
        "due to, due until, due date to, due on or before, due date lte, due max, \
         due date max, due lte, due date until, max due, due through",
    ),
    (
        "due_after",
        "due from, due since, due date from, due on or after, due date gte, due min, \
         due date min, due gte, min due",
    ),
    ("min_total", "total min, total from, total gte, minimum total, total gross min, amount min, min amount"),
    ("max_total", "total max, total to, total lte, maximum total, total gross max, amount max, max amount"),
    (
        "as_of",
        "date, as at, on date, as of date, reference date, balance date, at, at date, \
         reporting date, key date, stichtag, per",
    ),
    (
        "compare",
        "comparison, compare to, compare with, comparison period, compare period, compare against, \
         comparative, comparison mode, versus",
    ),
    ("group_by", "grouping, group, grouped by, aggregate by, group key, groups, split by"),
    ("source", "origin, source type, kind"),
    ("is_qr_iban", "qr iban, is qr, qr"),
    (
        "net_liability",
        "net tax payable, tax payable, net payable, amount payable, tax due, tax liability, \
         net tax liability, net tax due, payable amount",
    ),
    (
        "comparison_amount",
        "previous amount, compare amount, prior amount, comparative amount, comparison value, \
         previous period amount, prior period amount, last amount",
    ),
    ("label", "title, caption, name, text, heading, row title, display name, description"),
    ("children", "sub line, subrow, child, child line, line, item, sub item, nested line, sub entry"),
    ("rows", "line, section, report line, entry, item"),
    ("next_invoice_number", "next number, next document number"),
    ("period", "quarter, tax period, reporting period, fiscal period, declaration period, return period"),
    ("tax_code", "tax key, tax type, tax rate code"),
    ("balance_date", "balance on, balance as of, as of date"),
    ("suggestions", "suggested match, proposal, match suggestion, candidate"),
    ("receipt_attached", "has receipt, has attachment"),
    ("bank_name", "bank, name of bank, institution, institution name"),
];

/// Others' names that are ours of one resource alone, with a word of that: the payment's reference of an invoice is another
/// field than its reference.
pub const ALONE: &[(&str, &str, &str)] = &[
    ("reference", "payment reference", "transaction"),
    ("reference", "qr reference", "transaction"),
    ("reference", "esr reference", "transaction"),
    ("reference", "voucher number", "journal"),
];

/// Words of money: such a field is matched only where nothing else can be meant.
pub const MONEY: &str =
    "price, amount, total, subtotal, net, gross, balance, debit, credit, rounding, paid, due, cost";

/// Whole numbers of a hundredth.
pub const HUNDREDTHS: &str = "cent, cents, rappen, centime, centimes, minor, pennies, pence, smallest";
