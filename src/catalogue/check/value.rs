//! One value against its kind. What was wanted is said in words that fit after "wants … to be".

use jiff::civil::Date;
use serde_json::{Number, Value};

use crate::catalogue::{Kind, Param, params};
use crate::rules::iban;

/// What is wanted of a segment of a path.
pub const ONE_ID: &str = "one id, without spaces or slashes";

/// A value in its one form, or what was wanted. Lists and objects are not for this function.
pub fn scalar(kind: Kind, given: Value) -> Result<Value, String> {
    match kind {
        Kind::Text => text(given).map(Value::String).ok_or_else(|| "text".to_owned()),
        Kind::Id => id(given).map(Value::String),
        Kind::Iban => iban(given).map(Value::String),
        Kind::Date => date(given).map(Value::String),
        Kind::Decimal => decimal(&given).map(Value::Number),
        Kind::Integer => integer(&given).map(Value::Number),
        Kind::Boolean => boolean(&given).map(Value::Bool),
        Kind::Choice(values) => choice(values, &given),
        Kind::Object(_) | Kind::Objects(_) => Err(wants_object(kind)),
        Kind::Schema(_) => Ok(given),
    }
}

/// Words for a list or an object.
pub fn wants_object(kind: Kind) -> String {
    match kind {
        Kind::Objects(_) => "a list of objects".to_owned(),
        _ => "an object".to_owned(),
    }
}

/// Some clients send lists and objects as JSON text.
pub fn unquoted(given: Value) -> Value {
    match &given {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or(given)
        }
        _ => given,
    }
}

/// `fields` of a list may come as a list of names.
pub fn joined(param: &Param, given: Value) -> Value {
    match value_of_names(param, &given) {
        Some(names) => Value::String(names.join(",")),
        None => given,
    }
}

fn value_of_names<'a>(param: &Param, given: &'a Value) -> Option<Vec<&'a str>> {
    given.as_array().filter(|_| param.name == params::FIELDS.name)?.iter().map(Value::as_str).collect()
}

/// A number is taken for text, since postal codes and account numbers often come as numbers.
pub fn text(given: Value) -> Option<String> {
    match given {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn id(given: Value) -> Result<String, String> {
    let text = text(given).unwrap_or_default();
    let text = text.trim();
    if is_segment(text) { Ok(text.to_owned()) } else { Err(ONE_ID.to_owned()) }
}

/// Whether a text can stand for one segment of a path and nothing else.
pub fn is_segment(text: &str) -> bool {
    let outside = |letter: char| letter.is_control() || letter.is_whitespace() || "/\\?#%".contains(letter);
    !text.is_empty() && text.len() <= 200 && !text.contains(outside) && text != "." && text != ".."
}

fn iban(given: Value) -> Result<String, String> {
    let text = text(given).ok_or_else(|| "an IBAN".to_owned())?;
    iban::check(&text).map(|iban| iban.electronic).map_err(|why| format!("an IBAN ({why})"))
}

fn date(given: Value) -> Result<String, String> {
    let text = text(given).unwrap_or_default();
    let text = text.trim();
    // The parser takes other spellings too; the API is promised one.
    match text.parse::<Date>() {
        Ok(date) if date.to_string() == text => Ok(text.to_owned()),
        _ => Err(format!("a day such as 2026-03-31{}", not(text))),
    }
}

/// The number with the digits it was written with.
fn decimal(given: &Value) -> Result<Number, String> {
    let text = match given {
        Value::Number(number) => return Ok(number.clone()),
        Value::String(text) => text.trim(),
        _ => "",
    };
    if is_plain(text)
        && let Ok(number) = text.parse()
    {
        return Ok(number);
    }
    let advice = if text.contains(['\'', '’', ' ', '_']) {
        ", without separators, signs or currency"
    } else if text.contains(',') {
        ", with a decimal point"
    } else if text.contains('%') || text.contains(char::is_alphabetic) {
        ", without unit or currency"
    } else {
        ""
    };
    Err(format!("a number such as 1234.50{advice}{}", not(text)))
}

/// Digits with at most one sign and one point: what JSON and people both read as one number.
pub fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(part) && (whole == "0" || !whole.starts_with('0'))
}

/// 0 or more; `3.0` counts as 3.
fn integer(given: &Value) -> Result<Number, String> {
    let text = match given {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole,
        _ => &text,
    };
    whole.parse::<u32>().map(Number::from).map_err(|_| format!("a whole number, 0 or more{}", not(&text)))
}

fn boolean(given: &Value) -> Result<bool, String> {
    match given {
        Value::Bool(value) => Ok(*value),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Ok(false),
        _ => Err("true or false".to_owned()),
    }
}

fn choice(values: &[&str], given: &Value) -> Result<Value, String> {
    let text = given.as_str().unwrap_or_default().trim();
    let spelled = text.to_lowercase().replace([' ', '-'], "_");
    match values.iter().find(|value| value.eq_ignore_ascii_case(&spelled)) {
        Some(value) => Ok(Value::String((*value).to_owned())),
        None => Err(format!("one of {}{}", super::argument_error::quoted(values, ", "), not(text))),
    }
}

/// The user's own word, where it is short enough to help.
pub fn not(text: &str) -> String {
    let short = !text.is_empty() && text.len() <= 30 && !text.contains(char::is_control);
    if short && !text.contains("lmb_") { format!(", not `{text}`") } else { String::new() }
}
