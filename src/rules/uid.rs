//! Numbers of businesses: the Swiss UID with its check digit, and the form of German and Austrian VAT numbers.
//! No register is asked.

/// Weights of the first eight digits of a UID.
const WEIGHTS: [u32; 8] = [5, 4, 3, 2, 7, 6, 5, 4];
/// What makes a UID a VAT number, in German, French and Italian.
const VAT_ENDINGS: [&str; 3] = ["MWST", "TVA", "IVA"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SwissUid,
    GermanVatId,
    AustrianVatId,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::SwissUid => "Swiss UID",
            Self::GermanVatId => "German VAT id (USt-IdNr)",
            Self::AustrianVatId => "Austrian VAT id (UID)",
        }
    }

    /// How far the check went.
    pub fn checked(self) -> &'static str {
        match self {
            Self::SwissUid => "form and check digit; no register was asked",
            Self::GermanVatId | Self::AustrianVatId => {
                "form only, neither check digit nor register: the EU's VIES knows whether it is in use"
            }
        }
    }
}

/// A number that passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uid {
    pub kind: Kind,
    /// As it is printed, `CHE-123.456.788`; with the ending of a VAT number where it had one.
    pub formatted: String,
}

/// The number, or why it is none: in words, with the kind that it was taken for.
pub fn check(text: &str) -> Result<Uid, (Option<Kind>, String)> {
    let compact: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '.' | '-' | '–' | '/' | '\u{2011}'))
        .flat_map(char::to_uppercase)
        .collect();
    if let Some(rest) = compact.strip_prefix("CHE") {
        return swiss(rest).map_err(|why| (Some(Kind::SwissUid), why));
    }
    if let Some(digits) = compact.strip_prefix("ATU") {
        return of_form(Kind::AustrianVatId, "ATU", digits, 8);
    }
    if let Some(digits) = compact.strip_prefix("DE") {
        return of_form(Kind::GermanVatId, "DE", digits, 9);
    }
    let mut why =
        "it begins with none of `CHE` (Switzerland), `DE` and `ATU` (Austria); others are not known here"
            .to_owned();
    if let Ok(uid) = swiss(&compact) {
        why = format!("a Swiss UID begins with `CHE`; `{}` would pass", uid.formatted);
    }
    Err((None, why))
}

fn swiss(rest: &str) -> Result<Uid, String> {
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, ending) = rest.split_at_checked(end).unwrap_or((rest, ""));
    if !ending.is_empty() && !VAT_ENDINGS.contains(&ending) {
        return Err("after `CHE` come nine digits, and for a VAT number `MWST`, `TVA` or `IVA`".to_owned());
    }
    if digits.len() != 9 {
        return Err(format!("after `CHE` come 9 digits, not {}", digits.len()));
    }
    let values: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let sum: u32 = values.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    match (11 - sum % 11) % 11 {
        10 => return Err("no UID has these first eight digits: they have no check digit".to_owned()),
        check if values.last() != Some(&check) => {
            return Err("the check digit (the last one) does not fit: a digit is wrong, or two are swapped"
                .to_owned());
        }
        _ => {}
    }
    let parts: Vec<&str> = [0..3, 3..6, 6..9].into_iter().filter_map(|part| digits.get(part)).collect();
    let ending = if ending.is_empty() { String::new() } else { format!(" {ending}") };
    Ok(Uid { kind: Kind::SwissUid, formatted: format!("CHE-{}{ending}", parts.join(".")) })
}

fn of_form(kind: Kind, prefix: &str, digits: &str, wanted: usize) -> Result<Uid, (Option<Kind>, String)> {
    if digits.len() == wanted && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Uid { kind, formatted: format!("{prefix}{digits}") });
    }
    Err((Some(kind), format!("after `{prefix}` come {wanted} digits and nothing else")))
}

#[cfg(test)]
mod tests {
    use super::{Kind, check};

    fn printed(text: &str) -> String {
        check(text).unwrap().formatted
    }

    #[test]
    fn swiss_uids_pass_by_their_check_digit_however_they_are_written() {
        assert_eq!(printed("CHE-123.456.788"), "CHE-123.456.788");
        assert_eq!(printed("che123456788"), "CHE-123.456.788");
        assert_eq!(printed("CHE 123 456 788 MWST"), "CHE-123.456.788 MWST");
        assert_eq!(printed("CHE-116.281.710 tva"), "CHE-116.281.710 TVA");
        assert_eq!(printed("CHE-106.745.837IVA"), "CHE-106.745.837 IVA");
        assert_eq!(printed("CHE-105.788.844"), "CHE-105.788.844");
    }

    #[test]
    fn a_wrong_uid_says_what_is_wrong() {
        for (text, why) in [
            ("CHE-123.456.789", "check digit"),
            ("CHE-123.456.78", "9 digits, not 8"),
            ("CHE-123.456.7888", "9 digits, not 10"),
            ("CHE", "9 digits, not 0"),
            ("CHE-123.456.788 GmbH", "`MWST`, `TVA` or `IVA`"),
            ("CHE-1O3.456.788", "nine digits"),
            // 6 · 2 leaves 1, and 11 − 1 is no digit.
            ("CHE-000.002.000", "no check digit"),
            ("123.456.788", "`CHE-123.456.788` would pass"),
            ("CHE-１２３.456.788", "nine digits"),
            ("FR12345678901", "not known here"),
            ("é", "not known here"),
        ] {
            let (_, reason) = check(text).unwrap_err();
            assert!(reason.contains(why), "{text}: {reason}");
        }
    }

    #[test]
    fn german_and_austrian_numbers_are_checked_in_their_form_only() {
        assert_eq!(printed("de 123 456 789"), "DE123456789");
        assert_eq!(printed("ATU 12345678"), "ATU12345678");
        assert!(check("DE123456789").unwrap().kind.checked().contains("form only"));
        for wrong in ["DE12345678", "DE1234567890", "DE12345678A", "ATU1234567", "ATU123456789"] {
            let (kind, _) = check(wrong).unwrap_err();
            assert!(matches!(kind, Some(Kind::GermanVatId | Kind::AustrianVatId)), "{wrong}");
        }
    }
}
