//! All end-to-end tests in one binary: the built program over its real pipes and sockets.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "support code of tests reads like the tests, and fails by panicking, with what it saw"
)]

mod abandoned_updates;
mod asleep;
mod at_a_terminal;
mod billed;
mod bundle;
mod camt_preview;
mod changing_record;
mod check_invoice;
mod completion;
mod confirmation;
mod conformance_agents;
mod convert_offer;
mod dead_upstream;
mod declared;
mod doctor;
mod doctor_api;
mod doctor_clients;
mod duplicate_invoice;
mod ending;
mod every_tool;
mod export;
mod forged_confirmation;
mod from_previous;
mod golden;
mod golden_failures;
mod golden_tools;
mod hints;
mod history;
mod honest_answers;
mod hostile_text;
mod install;
mod install_hostile;
mod install_odds;
mod install_terminal;
mod invoice_numbers;
mod invoice_stats;
mod journal_trouble;
mod keyring;
mod leaks;
mod lean;
mod ledger;
mod lists;
mod local_tools;
mod long_lists;
mod lost_updates;
mod moving;
mod names;
mod new_user;
mod odd_books;
mod once;
mod one_origin;
mod output_schemas;
mod overdue;
mod parent;
mod partly_reconciled;
mod prompt_texts;
mod prompts;
mod rate_limits;
mod reconcile;
mod registry;
mod remote;
mod remote_accounts;
mod remote_billbot;
mod remote_billstride;
mod remote_faktoora;
mod remote_faults;
mod remote_hosted;
mod remote_hostile;
mod remote_oauth;
mod reports;
mod resources;
mod robustness;
mod scripted_books;
mod spec_command;
mod spec_dialect;
mod spec_extra;
mod spec_variants;
mod start_up;
mod support;
mod terminal;
mod tokens;
mod tokens_kept;
mod tolerance;
mod toolsets;
mod updates;
mod upgrades;
mod variants;
mod writes;
