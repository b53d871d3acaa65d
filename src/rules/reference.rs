//! Payment references: the QR reference (27 digits, modulo 10 recursive) and the creditor reference of
//! ISO 11649 (`RF`, modulo 97).

/// The carry table of the recursive modulo 10.
const CARRY: [u8; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];
const QR_DIGITS: usize = 27;
const CREDITOR_BODY: usize = 21;

/// The reference in the form in which two of them are compared: no spaces, upper case, without the zeros
/// that only fill it up. `None` where it is neither kind or its check digits are wrong.
pub fn compared(text: &str) -> Option<String> {
    let compact: String =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    if compact.bytes().all(|byte| byte.is_ascii_digit()) { qr(&compact) } else { creditor(&compact) }
}

/// Banks print and send it with or without its leading zeros.
fn qr(digits: &str) -> Option<String> {
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() || significant.len() > QR_DIGITS || digits.len() > QR_DIGITS {
        return None;
    }
    let (base, check) = significant.split_at_checked(significant.len() - 1)?;
    (qr_check_digit(base)? == check.parse::<u8>().ok()?).then(|| significant.to_owned())
}

/// The last digit of a QR reference from those before it; leading zeros do not change it.
fn qr_check_digit(digits: &str) -> Option<u8> {
    let mut carry = 0_u8;
    for digit in digits.bytes() {
        carry = *CARRY.get(usize::from((carry + digit.checked_sub(b'0')?) % 10))?;
    }
    Some((10 - carry) % 10)
}

/// ISO 11649 lets the part after the check digits be filled up with zeros, which does not change them.
fn creditor(reference: &str) -> Option<String> {
    let (head, body) = reference.split_at_checked(4)?;
    let digits = head.strip_prefix("RF")?;
    let in_form = digits.bytes().all(|byte| byte.is_ascii_digit())
        && body.len() <= CREDITOR_BODY
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let significant = body.trim_start_matches('0');
    if !in_form || significant.is_empty() || modulo_97(&format!("{body}{head}"))? != 1 {
        return None;
    }
    Some(format!("{head}{significant}"))
}

/// Letters count as 10 to 35.
fn modulo_97(text: &str) -> Option<u32> {
    text.chars().try_fold(0_u32, |rest, c| {
        let value = c.to_digit(36)?;
        Some(if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 })
    })
}

#[cfg(test)]
mod tests {
    use super::compared;

    #[test]
    fn the_same_reference_is_the_same_however_it_is_written() {
        let same = [
            ("21 00000 00003 13947 14300 09017", "210000000003139471430009017"),
            ("000000000000000000000000420", "420"),
            ("rf18 5390 0754 7034", "RF18539007547034"),
            ("RF18 0000 0000 0539 0075 4703 4", "RF18539007547034"),
            ("RF10INV2026001", "RF10INV2026001"),
        ];
        for (written, wanted) in same {
            assert_eq!(compared(written).as_deref(), Some(wanted), "{written}");
        }
    }

    #[test]
    fn what_is_no_reference_is_never_the_same_as_another() {
        for wrong in [
            "",
            " ",
            "0",
            "000000000000000000000000000",
            "210000000003139471430009018",
            "0210000000003139471430009017",
            "RF19539007547034",
            "RF18",
            "RF00",
            "RFx8539007547034",
            "RF18ABCDEFGHIJKLMNOPQRSTUVW",
            "Rechnung 27",
            "IV-027",
            "RF18é",
        ] {
            assert_eq!(compared(wrong), None, "{wrong}");
        }
    }
}
