//! Payment references: the QR reference (27 digits, modulo 10 recursive) and the creditor reference of
//! ISO 11649 (`RF`, modulo 97).

/// The carry table of the recursive modulo 10.
const CARRY: [u8; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];
const QR_DIGITS: usize = 27;
const CREDITOR_BODY: usize = 21;
/// What people write between the parts of an invoice number, and no reference holds.
const SEPARATORS: [char; 5] = ['-', '/', '.', '_', ' '];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 27 digits, for QR-IBANs and nothing else.
    Qr,
    /// `RF…`, for every other IBAN.
    Creditor,
}

impl Kind {
    /// As the QR-bill and camt files call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Qr => "QRR",
            Self::Creditor => "SCOR",
        }
    }

    /// The kind that an IBAN takes.
    pub fn for_iban(is_qr: bool) -> Self {
        if is_qr { Self::Qr } else { Self::Creditor }
    }

    /// Why it does not go with an IBAN of the other sort.
    pub fn misfit(self) -> &'static str {
        match self {
            Self::Qr => {
                "a QR reference goes with a QR-IBAN only, and this IBAN is none: use SCOR or no reference"
            }
            Self::Creditor => "this is a QR-IBAN: it takes a QR reference (QRR) and no other",
        }
    }
}

/// A reference that is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub kind: Kind,
    /// Without spaces.
    pub electronic: String,
    /// In the groups in which it is printed.
    pub formatted: String,
}

impl Reference {
    fn new(kind: Kind, electronic: String) -> Self {
        let first = if kind == Kind::Qr { 2 } else { 4 };
        let size = if kind == Kind::Qr { 5 } else { 4 };
        let mut formatted = String::new();
        for (at, letter) in electronic.chars().enumerate() {
            if at == first || (at > first && (at - first) % size == 0) {
                formatted.push(' ');
            }
            formatted.push(letter);
        }
        Self { kind, electronic, formatted }
    }
}

/// The reference, or why it is none: in words, with the kind that it was taken for.
pub fn check(text: &str) -> Result<Reference, (Option<Kind>, String)> {
    let compact = compact(text);
    if !compact.is_empty() && is_digits(&compact) {
        let wrong = |why| (Some(Kind::Qr), why);
        return check_qr(&compact).map(|()| Reference::new(Kind::Qr, compact)).map_err(wrong);
    }
    if compact.starts_with("RF") {
        let wrong = |why| (Some(Kind::Creditor), why);
        return check_creditor(&compact).map(|()| Reference::new(Kind::Creditor, compact)).map_err(wrong);
    }
    let why = "a QR reference has 27 digits and a creditor reference begins with `RF`: this is neither";
    Err((None, why.to_owned()))
}

fn check_qr(digits: &str) -> Result<(), String> {
    if digits.len() != QR_DIGITS {
        let filled = format!("{digits:0>QR_DIGITS$}");
        let also = if digits.len() < QR_DIGITS && qr(&filled).is_some() {
            format!("; filled up with zeros it is right: `{filled}`")
        } else {
            String::new()
        };
        return Err(format!("a QR reference has {QR_DIGITS} digits, this one has {}{also}", digits.len()));
    }
    if digits.bytes().all(|digit| digit == b'0') {
        return Err("it holds zeros only".to_owned());
    }
    match qr(digits) {
        Some(_) => Ok(()),
        None => {
            Err("its check digit (the last one) does not fit: a digit is wrong, or two are swapped"
                .to_owned())
        }
    }
}

fn check_creditor(text: &str) -> Result<(), String> {
    if let Some(letter) = text.chars().find(|letter| !letter.is_ascii_alphanumeric()) {
        return Err(format!(
            "a creditor reference holds letters A to Z and digits, not `{}`",
            letter.escape_debug()
        ));
    }
    if !text.get(2..4).is_some_and(is_digits) {
        return Err("after `RF` come two check digits".to_owned());
    }
    let body = text.get(4..).unwrap_or_default();
    if body.is_empty() || body.len() > CREDITOR_BODY {
        return Err(format!(
            "after `RF` and the check digits come 1 to {CREDITOR_BODY} characters, not {}",
            body.len()
        ));
    }
    if body.bytes().all(|digit| digit == b'0') {
        return Err("it holds zeros only".to_owned());
    }
    match creditor(text) {
        Some(_) => Ok(()),
        None => Err("its check digits do not fit: a character is wrong, or two are swapped".to_owned()),
    }
}

/// The reference for a number of the user's own, and whether separators were left out; or why there is none.
/// Without a kind it is a creditor reference where the number is short enough for one.
pub fn make(number: &str, kind: Option<Kind>) -> Result<(Reference, bool), String> {
    let written: String = number.trim().chars().flat_map(char::to_uppercase).collect();
    let own: String = written.chars().filter(|letter| !SEPARATORS.contains(letter)).collect();
    let separated = own.len() != written.len();
    if creditor(&own).is_some() {
        return Err("it is a creditor reference already".to_owned());
    }
    if let Some(letter) = own.chars().find(|letter| !letter.is_ascii_alphanumeric()) {
        return Err(format!("a reference holds letters A to Z and digits, not `{}`", letter.escape_debug()));
    }
    if own.bytes().all(|digit| digit == b'0') {
        return Err("it holds no digit but zero, and no letter".to_owned());
    }
    let long = own.len() > CREDITOR_BODY && is_digits(&own);
    let kind = kind.unwrap_or(if long { Kind::Qr } else { Kind::Creditor });
    let reference = match kind {
        Kind::Qr => make_qr(&own)?,
        Kind::Creditor => make_creditor(&own)?,
    };
    Ok((Reference::new(kind, reference), separated))
}

fn make_qr(digits: &str) -> Result<String, String> {
    if !is_digits(digits) {
        return Err("a QR reference holds digits only".to_owned());
    }
    if digits.len() >= QR_DIGITS {
        let already = if qr(digits).is_some() { ": it is a QR reference already" } else { "" };
        return Err(format!(
            "a QR reference is made of at most {} digits, not {}{already}",
            QR_DIGITS - 1,
            digits.len()
        ));
    }
    let check = qr_check_digit(digits).ok_or("a QR reference holds digits only")?;
    Ok(format!("{digits:0>26}{check}"))
}

fn make_creditor(body: &str) -> Result<String, String> {
    if body.len() > CREDITOR_BODY {
        return Err(format!(
            "a creditor reference is made of at most {CREDITOR_BODY} letters and digits, not {}",
            body.len()
        ));
    }
    let rest = modulo_97(&format!("{body}RF00")).ok_or("a reference holds letters A to Z and digits only")?;
    Ok(format!("RF{:02}{body}", 98 - rest))
}

fn compact(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_ascii_uppercase()).collect()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The reference in the form in which two of them are compared: no spaces, upper case, without the zeros
/// that only fill it up. `None` where it is neither kind or its check digits are wrong.
pub fn compared(text: &str) -> Option<String> {
    let compact = compact(text);
    if is_digits(&compact) { qr(&compact) } else { creditor(&compact) }
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
    let in_form = is_digits(digits)
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
mod tests;
