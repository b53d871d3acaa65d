//! Short guides in Markdown, made from the rows and tables that the gateway itself goes by, so that they
//! cannot say anything else.

use crate::catalogue;
use crate::rules::vat;

pub(super) struct Guide {
    pub name: &'static str,
    pub about: &'static str,
    pub text: fn() -> String,
}

pub(super) const ALL: [Guide; 2] = [
    Guide {
        name: "invoice-states",
        about: "What may be changed or deleted in which state, and how to correct an invoice.",
        text: invoice_states,
    },
    Guide { name: "vat-rates", about: "VAT rates of CH, LI, DE and AT by date of supply.", text: vat_rates },
];

fn invoice_states() -> String {
    let fields = |frozen: bool| {
        let changes = catalogue::find("update_invoice").map_or(&[][..], catalogue::Endpoint::changes);
        let named = changes.iter().filter(|field| field.frozen == frozen).map(|field| field.name);
        named.collect::<Vec<_>>().join(", ")
    };
    include_str!("guides/invoice-states.md")
        .replace("{frozen}", &fields(true))
        .replace("{open}", &fields(false))
}

fn vat_rates() -> String {
    let mut text = include_str!("guides/vat-rates.md").to_owned();
    for rate in vat::all() {
        let country = if rate.country == "CH" { "CH, LI" } else { rate.country };
        let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let percent = format!("{} %", rate.percent());
        let cells = [country, &percent, rate.kind.words(), &day(rate.from()), &day(rate.until())];
        text.extend(["| ", &cells.join(" | "), " |\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{invoice_states, vat_rates};

    #[test]
    fn the_rates_are_those_of_the_table() {
        let text = vat_rates();
        for row in [
            "| CH, LI | 7.7 % | standard | 2018-01-01 | 2023-12-31 |",
            "| CH, LI | 8.1 % | standard | 2024-01-01 |  |",
            "| DE | 19 % | standard |  |  |",
            "| AT | 13 % | second reduced |  |  |",
            "| AT | 4.9 % | listed basic foods | 2026-07-01 |  |",
        ] {
            assert!(text.lines().any(|line| line == row), "no `{row}` in\n{text}");
        }
        assert_eq!(
            text.lines().filter(|line| line.contains(" % | ")).count(),
            crate::rules::vat::all().count()
        );
    }

    #[test]
    fn the_frozen_fields_are_those_of_the_row() {
        let text = invoice_states();
        assert!(text.contains("frozen: client_id, lines, number,"), "{text}");
        assert!(!text.contains('{'), "{text}");
    }
}
