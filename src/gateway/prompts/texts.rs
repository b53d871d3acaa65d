//! The words of the prompts.

use super::{Argument, Given, Prompt, Step};

const PERIOD: &str = "2026-Q1, 2026-03, last_month …";

const fn argument(name: &'static str, kind: Given, required: bool, about: &'static str) -> Argument {
    Argument { name, about, required, kind }
}

/// A step that is left out where its tools are not served.
const fn step(ways: &'static [(&'static [&'static str], &'static str)]) -> Step {
    Step { essential: false, ways }
}

/// A step that the prompt is for.
const fn essential(ways: &'static [(&'static [&'static str], &'static str)]) -> Step {
    Step { essential: true, ways }
}

pub(super) const ALL: &[Prompt] = &[
    Prompt {
        name: "month_end",
        about: "Prepare the month-end: open items, bank, profit and loss, VAT.",
        arguments: &[argument("period", Given::Period(Some("last_month")), false, PERIOD)],
        aim: "Prepare the month-end of my books for the period below.",
        steps: &[
            step(&[(
                &["get_invoice_stats"],
                "`get_invoice_stats` of the period: what was billed, and what is open.",
            )]),
            step(&[(
                &["list_invoices"],
                "`list_invoices` of the period with status draft: what was not billed yet.",
            )]),
            step(&[
                (&["list_overdue_invoices"], "`list_overdue_invoices`: who is late, and by how much."),
                (&["list_invoices"], "`list_invoices` with status unpaid: who is late, and by how much."),
            ]),
            step(&[(
                &["list_expenses"],
                "`list_expenses` of the period: what lacks a vendor, a category or VAT.",
            )]),
            step(&[(
                &["list_bank_transactions"],
                "`list_bank_transactions` of the period with status unmatched: what is not reconciled.",
            )]),
            step(&[(
                &["reconcile_sure_matches"],
                "`reconcile_sure_matches` with dry_run: true: which payments fit exactly one invoice.",
            )]),
            essential(&[(&["get_profit_and_loss"], "`get_profit_and_loss` of the period.")]),
            step(&[(
                &["get_vat_report"],
                "`get_vat_report` of the period; begin with its method and basis. It is prepared, not filed.",
            )]),
            step(&[(
                &["list_recent_changes"],
                "`list_recent_changes`: what was written, and what is still open.",
            )]),
            step(&[(&["export_invoices"], "If I want a file: `export_invoices` of the period.")]),
        ],
        end: "Show me the figures per currency, then what is missing and what you would do. Write nothing before I say yes. Nothing is sent to anybody.",
    },
    Prompt {
        name: "chase_overdue",
        about: "See who is late in paying, and draft reminders.",
        arguments: &[argument("client_name", Given::Client, false, "only this client")],
        aim: "Find out who is late in paying and draft friendly reminders.",
        steps: &[
            essential(&[
                (&["list_overdue_invoices"], "`list_overdue_invoices` (of the given client, if any)."),
                (
                    &["list_invoices"],
                    "`list_invoices` with status unpaid (of the given client, if any); late is what was due before today.",
                ),
            ]),
            step(&[(
                &["list_bank_transactions"],
                "`list_bank_transactions` with status unmatched: a payment that is there already needs no reminder.",
            )]),
            step(&[
                (&["get_invoice_status"], "`get_invoice_status` of each one that would get a reminder."),
                (
                    &["get_invoice"],
                    "`get_invoice` of each one that would get a reminder: what is still open.",
                ),
            ]),
            step(&[(&["get_client"], "`get_client` for language and e-mail address.")]),
        ],
        end: "Show me a table, oldest first: number, client, due date, days late, open amount with currency; then one reminder per client in the client's language, for me to send myself. Nothing is sent or changed here.",
    },
    Prompt {
        name: "vat_quarter",
        about: "Prepare the VAT return of a period and check what it rests on.",
        arguments: &[argument("period", Given::Period(None), true, PERIOD)],
        aim: "Prepare my VAT return for the period below.",
        steps: &[
            essential(&[(
                &["get_vat_report"],
                "`get_vat_report` of the period: begin with method and basis, and say that it is prepared, not filed.",
            )]),
            step(&[(
                &["list_invoices"],
                "`list_invoices` of the period with status draft: what would be missing.",
            )]),
            step(&[(
                &["list_expenses"],
                "`list_expenses` of the period: input tax without VAT rate, vendor or receipt.",
            )]),
            step(&[(
                &["list_bank_transactions"],
                "`list_bank_transactions` of the period with status unmatched: it matters where VAT is due on what was received.",
            )]),
            step(&[(
                &["get_profit_and_loss"],
                "`get_profit_and_loss` of the period: whether revenue fits the turnover reported.",
            )]),
        ],
        end: "Show me the boxes with their amounts, then what does not fit. Change nothing before I say yes. I file the return myself.",
    },
    Prompt {
        name: "invoice_from_notes",
        about: "Turn notes on work done into a draft invoice.",
        arguments: &[
            argument("client_name", Given::Client, true, "exact name"),
            argument("notes", Given::Notes, true, "what was done: hours, prices, dates"),
        ],
        aim: "Make a draft invoice for the client from the notes below.",
        steps: &[
            step(&[(
                &["list_clients"],
                "`list_clients` with search: take the one client that is meant, ask if there are several.",
            )]),
            step(&[(
                &["list_invoices"],
                "`list_invoices` of this client: usual prices and VAT, and whether this was billed already.",
            )]),
            essential(&[
                (
                    &["check_invoice", "create_invoice"],
                    "`check_invoice` with the lines; then `create_invoice` with dry_run: true.",
                ),
                (&["create_invoice"], "`create_invoice` with dry_run: true."),
            ]),
        ],
        end: "Show me the lines, VAT and total, and what the notes leave open: ask, do not guess prices. Only after my yes call `create_invoice` without dry_run, once. It stays a draft; nothing is sent.",
    },
    Prompt {
        name: "reconcile_statement",
        about: "Match bank payments with invoices and expenses.",
        arguments: &[
            argument("file", Given::File, false, "bank statement (camt) in an allowed folder"),
            argument("period", Given::Period(None), false, PERIOD),
        ],
        aim: "Reconcile my bank transactions.",
        steps: &[
            step(&[(
                &["preview_camt_file"],
                "If a file is given: `preview_camt_file`; show me account, days and sums.",
            )]),
            step(&[
                (
                    &["import_bank_transactions"],
                    "If a file is given and I say yes: `import_bank_transactions`. It books nothing.",
                ),
                (&[], "If a file is given: tell me that statements are not imported here."),
            ]),
            essential(&[(
                &["list_bank_transactions"],
                "`list_bank_transactions` with status unmatched (of the given period, if any).",
            )]),
            step(&[(
                &["reconcile_sure_matches"],
                "`reconcile_sure_matches` with dry_run: true; show me the list, and only after my yes call it without.",
            )]),
            step(&[(
                &["list_invoices", "list_expenses"],
                "For each that is still unmatched look for what it pays: `list_invoices` with status unpaid, `list_expenses`.",
            )]),
            essential(&[(
                &["reconcile_transaction"],
                "`reconcile_transaction` one by one, each after my yes: it makes a journal entry.",
            )]),
        ],
        end: "Before anything is written show me payment, amount, what it would settle and what stays open. Leave what is not clear. Nothing is sent to anybody.",
    },
];
