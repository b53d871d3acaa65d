//! The embedded billing API: loopback HTTP on SQLite, following its own `openapi.yaml` with its own
//! arithmetic. It imports nothing of ours, so that it can contradict the client.

mod answer;
mod camt;
mod chart;
mod context;
mod dispatch;
mod exchange;
mod expenses;
mod fields;
mod fiscal_years;
mod ids;
mod journal;
mod list;
mod money;
mod postings;
mod references;
mod reports;
mod store;

/// Where VAT is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// On every line.
    Line,
    /// On the sum of each rate.
    #[default]
    Document,
}
