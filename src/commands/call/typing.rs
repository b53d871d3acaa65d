//! Words of the command line in the types that a remote tool's schema names; our own tools type theirs themselves.

use serde_json::{Map, Number, Value};

/// Turns texts into numbers and truth values where the schema of a property takes no text. What is neither stays as it
/// is: the server says what it wants.
pub(super) fn type_words(schema: &Map<String, Value>, arguments: &mut Map<String, Value>) {
    let properties = schema.get("properties");
    for (name, value) in arguments {
        let Value::String(text) = value else { continue };
        let kind = properties.and_then(|all| all.get(name)).and_then(|property| property.get("type"));
        let takes = |word: &str| match kind {
            Some(Value::String(kind)) => kind == word,
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == word),
            _ => false,
        };
        let number = || serde_json::from_str::<Number>(text).ok().map(Value::Number);
        let typed = if takes("string") {
            None
        } else if takes("boolean") && matches!(text.as_str(), "true" | "false") {
            Some(Value::Bool(text == "true"))
        } else if takes("number") || takes("integer") {
            number()
        } else {
            None
        };
        if let Some(typed) = typed {
            *value = typed;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::type_words;

    #[test]
    fn words_become_what_the_schema_takes_with_every_digit() {
        let schema = json!({"properties": {
            "a": {"type": "number"}, "n": {"type": ["integer", "null"]}, "b": {"type": "boolean"},
            "s": {"type": "string"}, "either": {"type": ["string", "number"]}, "odd": {"type": "number"},
        }});
        let mut arguments = json!({
            "a": "0.10", "n": "7", "b": "true", "s": "12", "either": "12", "odd": "ten", "unknown": "1",
        });
        let (Value::Object(schema), Value::Object(given)) = (&schema, &mut arguments) else { panic!() };
        type_words(schema, given);
        let kept = json!({"s": "12", "either": "12", "odd": "ten", "unknown": "1", "b": true});
        for (name, value) in kept.as_object().unwrap() {
            assert_eq!(arguments[name], *value, "{name}");
        }
        assert_eq!(arguments["a"].to_string(), "0.10");
        assert_eq!(arguments["n"], json!(7));
    }
}
