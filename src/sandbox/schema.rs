//! Checks JSON against the subset of JSON Schema that the OpenAPI file uses.

use serde_json::Value;

use super::answer::Issue;
use super::spec::resolve;
use super::{formats, money};

/// More issues than this help nobody.
const MOST_ISSUES: usize = 50;

/// Checks `value`; `field` is its path, empty for the whole body.
pub fn check(document: &Value, schema: &Value, value: &Value, field: &str) -> Vec<Issue> {
    let mut check = Check { document, issues: Vec::new() };
    check.value(schema, value, field);
    check.issues
}

struct Check<'a> {
    document: &'a Value,
    issues: Vec<Issue>,
}

impl Check<'_> {
    fn fail(&mut self, field: &str, issue: impl Into<String>) {
        if self.issues.len() < MOST_ISSUES {
            let field = if field.is_empty() { "body" } else { field };
            self.issues.push(Issue { field: field.to_owned(), issue: issue.into() });
        }
    }

    fn value(&mut self, schema: &Value, value: &Value, field: &str) {
        let schema = resolve(self.document, schema);
        if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
            return self.any_of(options, value, field);
        }
        if !self.has_type(schema, value, field) {
            return;
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            let words: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
            return self.fail(field, format!("must be one of {}", words.join(", ")));
        }
        match value {
            Value::String(text) => self.text(schema, text, field),
            Value::Number(_) => self.number(schema, value, field),
            Value::Array(items) => self.array(schema, items, field),
            Value::Object(fields) => self.object(schema, fields, field),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn any_of(&mut self, options: &[Value], value: &Value, field: &str) {
        let mut first = None;
        for option in options {
            let issues = check(self.document, option, value, field);
            if issues.is_empty() {
                return;
            }
            first.get_or_insert(issues);
        }
        self.issues.extend(first.unwrap_or_default());
    }

    fn has_type(&mut self, schema: &Value, value: &Value, field: &str) -> bool {
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(only)) => vec![only],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        if types.iter().any(|name| is_type(name, value)) {
            return true;
        }
        let word = match types.first().copied().unwrap_or_default() {
            "object" => "an object",
            "array" => "a list",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "true or false",
            _ => "a text",
        };
        self.fail(field, format!("must be {word}"));
        false
    }

    fn text(&mut self, schema: &Value, text: &str, field: &str) {
        let length = text.chars().count() as u64;
        if let Some(most) = schema.get("maxLength").and_then(Value::as_u64)
            && length > most
        {
            self.fail(field, format!("must have at most {most} characters"));
        }
        if let Some(least) = schema.get("minLength").and_then(Value::as_u64)
            && length < least
        {
            self.fail(
                field,
                if least == 1 {
                    "must not be empty".into()
                } else {
                    format!("must have at least {least} characters")
                },
            );
        }
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && let Some(issue) = formats::format_issue(format, text)
        {
            self.fail(field, issue);
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && let Some(issue) = formats::pattern_issue(pattern, text)
        {
            self.fail(field, issue);
        }
    }

    fn number(&mut self, schema: &Value, value: &Value, field: &str) {
        let Some(number) = money::read(value) else {
            return self.fail(field, "has more digits than can be kept");
        };
        if let Some(least) = schema.get("minimum").and_then(money::read)
            && number < least
        {
            self.fail(field, format!("must be at least {least}"));
        }
        if let Some(most) = schema.get("maximum").and_then(money::read)
            && number > most
        {
            self.fail(field, format!("must be at most {most}"));
        }
    }

    fn array(&mut self, schema: &Value, items: &[Value], field: &str) {
        if let Some(least) = schema.get("minItems").and_then(Value::as_u64)
            && (items.len() as u64) < least
        {
            self.fail(field, format!("needs at least {least}"));
        }
        if let Some(most) = schema.get("maxItems").and_then(Value::as_u64)
            && items.len() as u64 > most
        {
            self.fail(field, format!("takes at most {most}"));
        }
        if let Some(item) = schema.get("items") {
            for (index, value) in items.iter().enumerate() {
                self.value(item, value, &format!("{field}[{index}]"));
            }
        }
    }

    fn object(&mut self, schema: &Value, fields: &serde_json::Map<String, Value>, field: &str) {
        let inner = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
        for name in
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !fields.contains_key(name) {
                self.fail(&inner(name), "is required");
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, value) in fields {
            if let Some(property) = properties.and_then(|properties| properties.get(name)) {
                self.value(property, value, &inner(name));
            }
        }
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => money::is_whole(value),
        _ => true,
    }
}

/// Reads a query parameter as its schema's type, so that it can be checked like a body; what does not read
/// stays a text and fails the check.
pub fn from_text(document: &Value, schema: &Value, text: &str) -> Value {
    match resolve(document, schema).get("type").and_then(Value::as_str) {
        Some("boolean") => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::String(text.to_owned()),
        },
        Some("integer" | "number") => serde_json::from_str::<serde_json::Number>(text)
            .map_or_else(|_| Value::String(text.to_owned()), Value::Number),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    fn issues(schema: &Value, value: &Value) -> Vec<String> {
        let document = json!({ "components": { "schemas": { "Line": {
            "type": "object", "required": ["price"], "properties": { "price": { "type": "number", "maximum": 10 } }
        } } } });
        check(&document, schema, value, "").into_iter().map(|i| format!("{}: {}", i.field, i.issue)).collect()
    }

    #[test]
    fn issues_name_the_nested_field() {
        let schema = json!({ "type": "object", "properties": {
            "lines": { "type": "array", "minItems": 1, "items": { "$ref": "#/components/schemas/Line" } },
            "day": { "type": ["string", "null"], "format": "date" },
        } });
        assert_eq!(issues(&schema, &json!({ "lines": [] })), ["lines: needs at least 1"]);
        assert_eq!(
            issues(&schema, &json!({ "lines": [{ "price": "x" }, {}, { "price": 10.01 }], "day": null })),
            [
                "lines[0].price: must be a number",
                "lines[1].price: is required",
                "lines[2].price: must be at most 10"
            ]
        );
        assert_eq!(
            issues(&schema, &json!({ "day": "2026-02-30" })),
            ["day: must be a date such as 2026-01-31"]
        );
        assert_eq!(issues(&schema, &json!([])), ["body: must be an object"]);
    }

    #[test]
    fn any_of_reports_its_first_option() {
        let schema = json!({ "anyOf": [{ "type": "object" }, { "type": "null" }] });
        assert!(issues(&schema, &Value::Null).is_empty());
        assert_eq!(issues(&schema, &json!(1)), ["body: must be an object"]);
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_fraction_of_zero() {
        let schema = json!({ "type": "integer" });
        assert!(issues(&schema, &json!(3.0)).is_empty());
        for broken in [json!(3.5), json!(1e-42)] {
            assert_eq!(issues(&schema, &broken), ["body: must be a whole number"]);
        }
    }
}
