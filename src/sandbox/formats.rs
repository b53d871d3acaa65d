//! Text formats of the OpenAPI file, and its few patterns, checked by hand.

use jiff::civil::Date;

/// What is wrong with a text of a `format`; formats not named here are not checked.
pub fn format_issue(format: &str, text: &str) -> Option<&'static str> {
    let (fits, issue) = match format {
        "date" => (is_date(text), "must be a date such as 2026-01-31"),
        "uuid" => (is_uuid(text), "must be a UUID"),
        "email" => (is_email(text), "must be an e-mail address"),
        _ => return None,
    };
    (!fits).then_some(issue)
}

/// What is wrong with a text that must follow a `pattern`.
pub fn pattern_issue(pattern: &str, text: &str) -> Option<&'static str> {
    let (fits, issue) =
        PATTERNS.iter().find(|(known, ..)| *known == pattern).map(|(_, fits, issue)| (fits, issue))?;
    (!fits(text)).then_some(*issue)
}

type Pattern = (&'static str, fn(&str) -> bool, &'static str);

/// Every pattern that the OpenAPI file may use in requests.
const PATTERNS: &[Pattern] = &[
    (
        "^[A-Z]{2}$",
        |text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
        "must be a country code of two capital letters",
    ),
    (
        "^[1-9][0-9]{3,5}$",
        |text| {
            (4..=6).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && !text.starts_with('0')
        },
        "must be an account number such as 1020",
    ),
    (
        "^[0-9]{4}-(Q[1-4]|H[1-2])$",
        |text| {
            text.split_once('-').is_some_and(|(year, part)| {
                year.len() == 4
                    && year.bytes().all(|byte| byte.is_ascii_digit())
                    && ["Q1", "Q2", "Q3", "Q4", "H1", "H2"].contains(&part)
            })
        },
        "must be a quarter or half-year such as 2026-Q3 or 2026-H1",
    ),
];

/// `2026-01-31`, and nothing longer or shorter.
pub fn is_date(text: &str) -> bool {
    text.len() == 10 && text.is_ascii() && text.parse::<Date>().is_ok()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

fn is_email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control())
    })
}

#[cfg(test)]
mod tests {
    use super::{format_issue, is_date, pattern_issue};

    #[test]
    fn dates_have_ten_characters_and_exist() {
        assert!(is_date("2028-02-29"));
        for wrong in ["2026-02-29", "2026-1-31", "20260131", "2026-01-31T10:00", "2026-01-3é"] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }

    #[test]
    fn patterns_and_formats_are_checked() {
        assert_eq!(pattern_issue("^[A-Z]{2}$", "CH"), None);
        assert!(pattern_issue("^[A-Z]{2}$", "ch").is_some());
        assert_eq!(pattern_issue("^[0-9]{4}-(Q[1-4]|H[1-2])$", "2026-H2"), None);
        assert!(pattern_issue("^[0-9]{4}-(Q[1-4]|H[1-2])$", "2026-Q5").is_some());
        assert_eq!(format_issue("email", "a@b.ch"), None);
        assert!(format_issue("email", "a b@b.ch").is_some());
        assert!(format_issue("uuid", "1").is_some());
    }
}
