//! What the QR slip is made of: account, kind of reference, currency, amount.

use iban::{Iban, IbanLike};
use rust_decimal::Decimal;
use serde_json::Value;

use super::subject::Subject;
use super::{Findings, amounts};
use crate::rules::reference;
use crate::workflows::copying::text;

/// The largest amount of a slip: 999999999.99.
const LARGEST: Decimal = Decimal::from_parts(1_215_752_191, 23, 0, false, 2);
const QR_DIGITS: usize = 27;

pub fn check(subject: &Subject, totals: Option<&Value>, findings: &mut Findings) {
    let own = text(&subject.document, "iban");
    let profile = subject.sender.as_ref().map(|sender| text(sender, "iban")).unwrap_or_default();
    let written = if own.is_empty() { profile } else { own };
    other_account(subject, written, findings);
    if written.is_empty() {
        return findings.warning("iban", "no bank account is known: there is no QR slip");
    }
    let compact: String = written.chars().filter(|letter| !letter.is_whitespace()).collect();
    let Ok(account) = compact.to_uppercase().parse::<Iban>() else {
        return findings.error("iban", "no valid IBAN: length or check digits are wrong");
    };
    let account = account.electronic_str();
    if !["CH", "LI"].iter().any(|country| account.starts_with(country)) {
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
    kind_of_reference(subject, is_qr(account), findings);
}

/// The institution's number of a QR-IBAN lies in a range of its own.
fn is_qr(account: &str) -> bool {
    let institution = account.get(4..9).and_then(|digits| digits.parse::<u32>().ok());
    institution.is_some_and(|number| (30_000..=31_999).contains(&number))
}

/// A QR-IBAN needs a QR reference; another IBAN takes a creditor reference (RF) or none.
fn kind_of_reference(subject: &Subject, is_qr: bool, findings: &mut Findings) {
    let field = "payment_reference";
    let said = text(&subject.document, field);
    let compact: String = said.chars().filter(|letter| !letter.is_whitespace()).collect();
    if compact.is_empty() {
        // The server makes it; of what is not created yet nothing is known.
        if is_qr && subject.is_record {
            findings.warning(field, "missing: a QR-IBAN needs a QR reference");
        }
        return;
    }
    if reference::compared(&compact).is_none() {
        return findings.error(field, "neither a QR nor a creditor reference, or its check digits are wrong");
    }
    let digits = compact.bytes().all(|byte| byte.is_ascii_digit());
    match (is_qr, digits) {
        (true, false) => findings.error(field, "a QR-IBAN needs a QR reference of 27 digits, not RF"),
        (false, true) => {
            findings
                .error(field, "an IBAN that is no QR-IBAN takes RF or no reference, never a QR reference");
        }
        (true, true) if compact.len() != QR_DIGITS => {
            findings.error(field, format!("{} digits, a QR reference has {QR_DIGITS}", compact.len()));
        }
        _ => {}
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
            part.parse::<Iban>().ok().map(|_| part.to_owned())
        })
    };
    let named = (0..said.len()).find_map(at);
    if named.is_some_and(|named| named != slip) {
        findings.warning("payment_info", "names another bank account than the QR slip");
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, is_qr};

    #[test]
    fn the_institution_tells_a_qr_iban() {
        assert!(is_qr("CH4431999123000889012") && is_qr("CH6930999000000000001"));
        for other in ["CH9300762011623852957", "CH7309999000000000001", "LI21088100002324013AA", "CH"] {
            assert!(!is_qr(other), "{other}");
        }
        assert_eq!(LARGEST.to_string(), "999999999.99");
    }
}
