//! Payment references and account numbers: QR references (QRR), creditor references (SCOR, ISO 11649),
//! IBAN and the QR-IBAN test. Pure, no clock and no store.

use iban::{Iban, IbanLike as _};

/// The carry table of the recursive modulo-10 check digit.
const CARRY: [u8; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];

/// A checked IBAN in its electronic form (no spaces, upper case).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub iban: String,
    /// Whether payments need a QR reference: a Swiss or Liechtenstein institution id of 30000 to 31999.
    pub is_qr: bool,
}

/// Reads an IBAN in electronic or printed form; `None` for a wrong length, country or check digit.
pub fn check_iban(text: &str) -> Option<Account> {
    let compact = compact(text);
    let iban: Iban = compact.parse().ok()?;
    let institution = iban
        .bban()
        .get(..5)
        .filter(|_| matches!(iban.country_code(), "CH" | "LI"))
        .and_then(|id| id.parse().ok());
    let is_qr = institution.is_some_and(|id: u32| (30_000..=31_999).contains(&id));
    Some(Account { iban: compact, is_qr })
}

/// The check digit of a run of digits; `None` when `digits` holds anything else.
pub fn qr_check_digit(digits: &str) -> Option<char> {
    let mut carry = 0_usize;
    for digit in digits.chars() {
        let value = usize::try_from(digit.to_digit(10)?).ok()?;
        carry = usize::from(*CARRY.get((carry + value) % 10)?);
    }
    char::from_digit(u32::try_from((10 - carry) % 10).ok()?, 10)
}

/// A QR reference of 27 digits out of up to 26 digits, zeros in front.
pub fn qr_reference(digits: &str) -> Option<String> {
    if digits.is_empty() || digits.len() > 26 {
        return None;
    }
    let base = format!("{digits:0>26}");
    let check = qr_check_digit(&base)?;
    Some(format!("{base}{check}"))
}

/// Whether `text` (spaces allowed) is a QR reference with a right check digit.
pub fn is_qr_reference(text: &str) -> bool {
    let digits = compact(text);
    digits.len() == 27
        && digits
            .split_at_checked(26)
            .is_some_and(|(base, check)| qr_check_digit(base).is_some_and(|digit| check.starts_with(digit)))
}

/// A creditor reference `RFnn…` out of 1 to 21 letters and digits; others are left out.
pub fn creditor_reference(text: &str) -> Option<String> {
    let body: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    if body.is_empty() || body.len() > 21 {
        return None;
    }
    let check = 98 - modulo_97(&format!("{body}RF00"))?;
    Some(format!("RF{check:02}{body}"))
}

/// Whether `text` (spaces allowed) is a creditor reference with right check digits.
pub fn is_creditor_reference(text: &str) -> bool {
    let reference = compact(text);
    (5..=25).contains(&reference.len())
        && reference.starts_with("RF")
        && reference
            .split_at_checked(4)
            .is_some_and(|(head, body)| modulo_97(&format!("{body}{head}")) == Some(1))
}

/// A payment reference as it is compared: no spaces, upper case.
pub fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// ISO 7064 modulo 97-10 with letters as 10 to 35.
fn modulo_97(text: &str) -> Option<u32> {
    text.chars().try_fold(0_u32, |rest, c| {
        let value = c.to_digit(36)?;
        Some(if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qr_reference_of_the_guidelines_has_check_digit_seven() {
        assert_eq!(qr_check_digit("21000000000313947143000901"), Some('7'));
        assert_eq!(
            qr_reference("21000000000313947143000901").as_deref(),
            Some("210000000003139471430009017")
        );
        assert!(is_qr_reference("21 00000 00003 13947 14300 09017"));
        assert!(!is_qr_reference("210000000003139471430009018"));
        assert!(!is_qr_reference("21000000000313947143000901"));
        assert_eq!(qr_reference("12a"), None);
        assert_eq!(qr_reference("123456789012345678901234567"), None);
    }

    #[test]
    fn creditor_references_are_modulo_97() {
        assert_eq!(creditor_reference("539007547034").as_deref(), Some("RF18539007547034"));
        assert_eq!(creditor_reference("INV2026001").as_deref(), Some("RF10INV2026001"));
        assert!(is_creditor_reference("RF18 5390 0754 7034"));
        assert!(!is_creditor_reference("RF19539007547034"));
        assert!(!is_creditor_reference("RF18"));
        assert_eq!(creditor_reference(""), None);
        assert_eq!(creditor_reference("ABCDEFGHIJKLMNOPQRSTUV"), None);
    }

    #[test]
    fn qr_ibans_are_told_from_the_others() {
        for (text, is_qr) in [
            ("CH44 3199 9123 0008 8901 2", true),
            ("CH93 0076 2011 6238 5295 7", false),
            ("CH58 0079 1123 0008 8901 2", false),
            ("DE89 3704 0044 0532 0130 00", false),
            ("AT61 1904 3002 3457 3201", false),
            ("LI21 0881 0000 2324 013A A", false),
            ("CH6930999000000000001", true),
            ("ch7309999000000000001", false),
        ] {
            let account = check_iban(text).unwrap_or_else(|| panic!("{text} is valid"));
            assert_eq!(account.is_qr, is_qr, "{text}");
            assert_eq!(account.iban, compact(text));
        }
        for wrong in ["CH44 3199 9123 0008 8901 3", "CH44", "", "XX44319991230008890129", "é"] {
            assert_eq!(check_iban(wrong), None, "{wrong}");
        }
    }
}
