//! Values of TOML as JSON has them, and the other way round.

use serde_json::{Map, Number, Value};
use toml_edit::{Item, Table, TableLike};

pub fn table_value(table: &Table, text: &str) -> Value {
    entries(table, text)
}

fn entries(table: &dyn TableLike, text: &str) -> Value {
    let keys = table.iter().filter(|(_, item)| !item.is_none());
    Value::Object(keys.map(|(key, item)| (key.to_owned(), item_value(item, text))).collect::<Map<_, _>>())
}

pub fn item_value(item: &Item, text: &str) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(value) => plain(value, text),
        Item::Table(table) => entries(table, text),
        Item::ArrayOfTables(tables) => {
            Value::Array(tables.iter().map(|table| entries(table, text)).collect())
        }
    }
}

fn plain(value: &toml_edit::Value, text: &str) -> Value {
    let own = || {
        let words = value.span().and_then(|span| text.get(span)).unwrap_or_default();
        Value::String(words.to_owned())
    };
    match value {
        toml_edit::Value::String(words) => Value::String(words.value().clone()),
        toml_edit::Value::Integer(number) => Value::Number(Number::from(*number.value())),
        toml_edit::Value::Boolean(boolean) => Value::Bool(*boolean.value()),
        toml_edit::Value::Array(items) => Value::Array(items.iter().map(|item| plain(item, text)).collect()),
        toml_edit::Value::InlineTable(table) => entries(table, text),
        toml_edit::Value::Float(_) => match own() {
            Value::String(words) => words.parse().map_or(Value::String(words), Value::Number),
            other => other,
        },
        toml_edit::Value::Datetime(_) => own(),
    }
}

pub fn is_dotted(value: &toml_edit::Value) -> bool {
    value.as_inline_table().is_some_and(toml_edit::InlineTable::is_dotted)
}

/// A table under its header, and the tables below it under theirs; none where TOML has no word for it.
pub fn table(path: &[&str], value: &Value) -> Option<Vec<String>> {
    let fields = value.as_object()?;
    let keys: Vec<String> = path.iter().map(|name| key(name)).collect();
    let mut lines = vec![format!("[{}]", keys.join("."))];
    let mut tables = Vec::new();
    for (name, value) in fields {
        if value.as_object().is_some_and(|fields| !fields.is_empty()) {
            let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
            tables.push(String::new());
            tables.extend(table(&path, value)?);
        } else {
            lines.push(format!("{} = {}", key(name), inline(value)?));
        }
    }
    lines.extend(tables);
    Some(lines)
}

/// A value on one line; none for null, which TOML does not have.
pub fn inline(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(words) => Some(quoted(words)),
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(inline).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Object(fields) if fields.is_empty() => Some("{}".to_owned()),
        Value::Object(fields) => {
            let fields: Option<Vec<String>> = fields
                .iter()
                .map(|(name, value)| Some(format!("{} = {}", key(name), inline(value)?)))
                .collect();
            Some(format!("{{ {} }}", fields?.join(", ")))
        }
        plain => Some(plain.to_string()),
    }
}

/// A key, in quotes where it needs them.
pub fn key(name: &str) -> String {
    let bare = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    if bare && !name.is_empty() { name.to_owned() } else { quoted(name) }
}

/// A basic string: JSON's escapes are TOML's, which also wants one for DEL.
fn quoted(words: &str) -> String {
    Value::from(words).to_string().replace('\u{7f}', "\\u007f")
}
