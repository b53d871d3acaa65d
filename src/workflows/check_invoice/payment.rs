//! What the QR slip is made of: account, kind of reference, currency, amount.

use rust_decimal::Decimal;
use serde_json::Value;

use super::subject::Subject;
use super::{Findings, amounts};
use crate::rules::iban;
use crate::rules::reference::{self, Kind};
use crate::workflows::copying::text;

/// The largest amount of a slip: 999999999.99.
const LARGEST: Decimal = Decimal::from_parts(1_215_752_191, 23, 0, false, 2);

pub fn check(subject: &Subject, totals: Option<&Value>, findings: &mut Findings) {
    let own = text(&subject.document, "iban");
    let profile = subject.sender.as_ref().map(|sender| text(sender, "iban")).unwrap_or_default();
    let written = if own.is_empty() { profile } else { own };
    other_account(subject, written, findings);
    if written.is_empty() {
        return findings.warning("iban", "no bank account is known: there is no QR slip");
    }
    let account = match iban::check(written) {
        Ok(account) => account,
        Err(why) => return findings.error("iban", why),
    };
    if !["CH", "LI"].contains(&account.country.as_str()) {
        return findings.note("iban", "not of CH or LI: there is no QR slip");
    }
    match subject.currency().as_deref() {
        Some("EUR") => findings.note(
            "currency",
            "a QR slip in EUR: the guidelines of November 2026 restrict it further, ask the bank",
        ),
        Some("CHF") | None => {}
        Some(_) => return findings.note("currency", "a QR slip takes CHF and EUR only: there is none"),
    }
    if totals.and_then(amounts::payable).is_some_and(|total| total > LARGEST) {
        findings.error("total", format!("more than the {LARGEST} of a QR slip"));
    }
    kind_of_reference(subject, account.is_qr, findings);
}

/// A QR-IBAN needs a QR reference; another IBAN takes a creditor reference (RF) or none.
fn kind_of_reference(subject: &Subject, is_qr: bool, findings: &mut Findings) {
    let field = "payment_reference";
    match text(&subject.document, field) {
        // The server makes it; of what is not created yet nothing is known.
        "" if is_qr && subject.is_record => {
            findings.warning(field, "missing: a QR-IBAN needs a QR reference");
        }
        "" => {}
        said => match reference::check(said) {
            Ok(reference) if reference.kind == Kind::for_iban(is_qr) => {}
            Ok(reference) => findings.error(field, reference.kind.misfit()),
            Err((_, why)) => findings.error(field, why),
        },
    }
}

/// A payment text that names another account than the slip.
fn other_account(subject: &Subject, slip: &str, findings: &mut Findings) {
    let compact = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
    };
    let (said, slip) = (compact(text(&subject.document, "payment_info")), compact(slip));
    let at = |start: usize| {
        // Lengths of CH and LI, DE, AT.
        [21, 22, 20].into_iter().find_map(|length| {
            let part = said.get(start..start + length)?;
            iban::check(part).ok().map(|account| account.electronic)
        })
    };
    let named = (0..said.len()).find_map(at);
    if named.is_some_and(|named| named != slip) {
        findings.warning("payment_info", "names another bank account than the QR slip");
    }
}

#[cfg(test)]
mod tests {
    use super::LARGEST;

    #[test]
    fn the_largest_amount_has_nine_digits_before_the_point() {
        assert_eq!(LARGEST.to_string(), "999999999.99");
    }
}
