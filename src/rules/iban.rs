//! IBANs: whether one is right, and if not, why in words; which of them are QR-IBANs.

use std::ops::RangeInclusive;

use iban::{BaseIban, Iban, ParseBaseIbanError};

/// Countries and the length of their IBANs, of the registry that the crate `iban_validate` was made from: it
/// refuses a wrong length without a word about the right one.
const LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 \
    DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 \
    IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 \
    NL18 NO15 OM23 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 \
    TN24 TR26 UA29 VA22 VG24 XK20 YE30";

/// The institutions whose Swiss and Liechtenstein IBANs are QR-IBANs.
const QR_INSTITUTIONS: RangeInclusive<u32> = 30_000..=31_999;

/// An IBAN that is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Without spaces.
    pub electronic: String,
    /// In groups of four.
    pub formatted: String,
    /// ISO 3166.
    pub country: String,
    /// Payments to it need a QR reference.
    pub is_qr: bool,
}

/// The IBAN, or why it is none.
pub fn check(text: &str) -> Result<Checked, String> {
    let compact: String =
        text.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect();
    if let Some(letter) = compact.chars().find(|letter| !letter.is_ascii_alphanumeric()) {
        return Err(format!(
            "an IBAN holds letters A to Z, digits and spaces, not `{}`",
            letter.escape_debug()
        ));
    }
    let country = compact.get(..2).unwrap_or(&compact);
    if country.len() < 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err("an IBAN begins with the two letters of its country, such as `CH`".to_owned());
    }
    let wanted =
        length(country).ok_or_else(|| format!("no country with IBANs has the letters `{country}`"))?;
    if compact.len() != wanted {
        let by = compact.len().abs_diff(wanted);
        let how = if compact.len() < wanted { "too few" } else { "too many" };
        return Err(format!(
            "an IBAN of `{country}` has {wanted} characters, this one has {}: {by} {how}",
            compact.len()
        ));
    }
    let iban = compact.parse::<BaseIban>().map_err(|error| match error {
        ParseBaseIbanError::InvalidChecksum => {
            "the check digits do not fit: a character is wrong, or two are swapped".to_owned()
        }
        ParseBaseIbanError::InvalidFormat => "characters 3 and 4 of an IBAN are its check digits".to_owned(),
    })?;
    if Iban::try_from(iban).is_err() {
        return Err(format!("an IBAN of `{country}` has digits where this one has letters, or the reverse"));
    }
    let institution = compact.get(4..9).and_then(|digits| digits.parse().ok());
    Ok(Checked {
        formatted: iban.to_string(),
        is_qr: matches!(country, "CH" | "LI") && institution.is_some_and(|id| QR_INSTITUTIONS.contains(&id)),
        country: country.to_owned(),
        electronic: compact,
    })
}

/// Characters of a country's IBANs.
fn length(country: &str) -> Option<usize> {
    LENGTHS.split_whitespace().find_map(|entry| entry.strip_prefix(country)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use iban::{Iban, ParseIbanError};

    use super::{check, length};

    #[test]
    fn right_ibans_are_printed_in_groups_and_qr_ibans_known() {
        for (text, formatted, is_qr) in [
            ("CH44 3199 9123 0008 8901 2", "CH44 3199 9123 0008 8901 2", true),
            ("CH6930999000000000001", "CH69 3099 9000 0000 0000 1", true),
            ("CH7309999000000000001", "CH73 0999 9000 0000 0000 1", false),
            ("ch93 0076 2011 6238 5295 7", "CH93 0076 2011 6238 5295 7", false),
            ("CH58 0079 1123 0008 8901 2", "CH58 0079 1123 0008 8901 2", false),
            ("DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00", false),
            ("AT611904300234573201", "AT61 1904 3002 3457 3201", false),
            ("LI21\u{a0}0881 0000 2324 013A A", "LI21 0881 0000 2324 013A A", false),
        ] {
            let checked = check(text).unwrap();
            assert_eq!((checked.formatted.as_str(), checked.is_qr), (formatted, is_qr), "{text}");
            assert_eq!(checked.country, formatted[..2]);
            assert_eq!(checked.electronic, formatted.replace(' ', ""));
        }
    }

    /// Check digits by the rule itself, not by the crate.
    fn with_check_digits(country: &str, bban: &str) -> String {
        let rest = format!("{bban}{country}00").chars().fold(0_u32, |rest, letter| {
            let value = letter.to_digit(36).unwrap();
            (rest * if value < 10 { 10 } else { 100 } + value) % 97
        });
        format!("{country}{:02}{bban}", 98 - rest)
    }

    #[test]
    fn qr_ibans_are_those_of_the_institutions_between_the_bounds() {
        for (institution, is_qr) in [("29999", false), ("30000", true), ("31999", true), ("32000", false)] {
            for (country, other) in [("CH", false), ("LI", false), ("FO", true)] {
                let bban = format!("{institution}{}", "0".repeat(if other { 9 } else { 12 }));
                let checked = check(&with_check_digits(country, &bban)).unwrap();
                assert_eq!(checked.is_qr, is_qr && !other, "{country} {institution}");
            }
        }
    }

    #[test]
    fn a_wrong_iban_says_what_is_wrong() {
        for (text, why) in [
            ("CH93 0076 2011 6238 5295 8", "check digits do not fit"),
            ("CH93 0076 2011 6238 5295", "21 characters, this one has 20: 1 too few"),
            ("CH93 0076 2011 6238 5295 77", "22: 1 too many"),
            ("DE89 3704 0044 0532 0130 0", "22 characters"),
            ("XX89 3704 0044 0532 0130 00", "`XX`"),
            ("1289370400440532013000", "two letters"),
            ("C", "two letters"),
            ("CH", "21 characters, this one has 2: 19 too few"),
            ("CHA3 0076 2011 6238 5295 7", "characters 3 and 4"),
            ("CH93-0076-2011-6238-5295-7", "not `-`"),
            ("CH93 0076 2011 6238 5295 ７", "not `７`"),
            ("CH93\u{202e}", "not `\\u{202e}`"),
        ] {
            let reason = check(text).unwrap_err();
            assert!(reason.contains(why), "{text}: {reason}");
        }
        let letters = check(&with_check_digits("DE", "A70400440532013000")).unwrap_err();
        assert!(letters.contains("letters"), "{letters}");
    }

    /// The crate keeps its registry to itself; what it says of made-up IBANs shows whether the table is of it.
    #[test]
    fn countries_and_lengths_are_those_of_the_crate() {
        for (one, other) in ('A'..='Z').flat_map(|one| ('A'..='Z').map(move |other| (one, other))) {
            let country = format!("{one}{other}");
            let known = length(&country);
            let takes = |length: usize| {
                let shapes = ["", "0", "A", "AA", "AAAA"].into_iter();
                shapes.flat_map(|start| ["", "A0", "AAA"].map(|end| (start, end))).any(|(start, end)| {
                    let middle = "0".repeat(length - 4 - start.len() - end.len());
                    let iban = with_check_digits(&country, &format!("{start}{middle}{end}"));
                    iban.parse::<Iban>().is_ok()
                })
            };
            if let Some(length) = known {
                assert!(takes(length) && !takes(length + 1), "{country}");
            } else {
                let iban = with_check_digits(&country, "0000000000000000");
                let unknown = matches!(iban.parse::<Iban>(), Err(ParseIbanError::UnknownCountry(_)));
                assert!(unknown, "{country}");
            }
        }
    }
}
