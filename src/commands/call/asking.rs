//! Questions at the terminal: yes or no to us, and what a remote server wants to know, field by field.

use serde_json::{Map, Value, json};

use crate::gateway::{Action, Answered, Ask, Asks, Question};
use crate::terminal;
use crate::text::in_line;

/// How often a field is asked for again before the question counts as dismissed.
const ATTEMPTS: usize = 3;

/// Characters of a title, a description or a choice.
const MOST: usize = 200;

/// Puts the question to the person.
pub fn ask(question: Question) -> Answered {
    match question.asks {
        Asks::YesOrNo => {
            terminal::note(&question.message);
            let action = if terminal::yes("Go on?") { Action::Accept } else { Action::Decline };
            Answered { state: question.state, action, responses: Map::new() }
        }
        Asks::Remote(asks) => {
            let (mut worst, mut responses) = (Action::Accept, Map::new());
            for ask in &asks {
                let (action, response) = remote(ask);
                worst = worse(worst, action);
                responses.insert(ask.key.clone(), response);
            }
            Answered { state: question.state, action: worst, responses }
        }
    }
}

fn worse(one: Action, other: Action) -> Action {
    match (one, other) {
        (Action::Decline, _) | (_, Action::Decline) => Action::Decline,
        (Action::Cancel, _) | (_, Action::Cancel) => Action::Cancel,
        _ => Action::Accept,
    }
}

/// The result of one `elicitation/create`.
fn remote(ask: &Ask) -> (Action, Value) {
    let text = |name: &str| ask.params.get(name).and_then(Value::as_str);
    terminal::note(text("message").unwrap_or("the server asks something and does not say what"));
    let content = if text("mode") == Some("url") {
        terminal::note(&format!("  {}", text("url").unwrap_or_default()));
        terminal::note(
            "It is not opened for you. Open it in your browser where you trust it, and come back when you are done.",
        );
        terminal::yes("Done, go on?").then_some(None)
    } else if terminal::yes("Answer?") {
        match form(ask.params.get("requestedSchema")) {
            Some(content) => Some(Some(content)),
            None => return (Action::Cancel, json!({ "action": "cancel" })),
        }
    } else {
        None
    };
    match content {
        Some(Some(content)) => (Action::Accept, json!({ "action": "accept", "content": content })),
        Some(None) => (Action::Accept, json!({ "action": "accept" })),
        None => (Action::Decline, json!({ "action": "decline" })),
    }
}

/// What the person typed into each field; `None` where they left.
fn form(schema: Option<&Value>) -> Option<Map<String, Value>> {
    let mut content = Map::new();
    let Some(fields) = schema.and_then(|schema| schema.get("properties")?.as_object()) else {
        return Some(content);
    };
    let required = |name: &str| {
        let names = schema.and_then(|schema| schema.get("required")?.as_array());
        names.is_some_and(|names| names.iter().any(|required| required == name))
    };
    for (name, field) in fields {
        match one(name, field, required(name)) {
            Typed::Value(value) => drop(content.insert(name.clone(), value)),
            Typed::LeftOut => {}
            Typed::Dismissed => return None,
        }
    }
    Some(content)
}

/// What became of one field.
enum Typed {
    Value(Value),
    LeftOut,
    /// The person left the question.
    Dismissed,
}

fn one(name: &str, field: &Value, required: bool) -> Typed {
    let field = Field { name, schema: field };
    for line in field.choices_shown() {
        terminal::note(&line);
    }
    for _ in 0..ATTEMPTS {
        let Some(typed) = terminal::ask(&field.prompt(required)) else { return Typed::Dismissed };
        if typed.is_empty() {
            match (field.schema.get("default"), required) {
                (Some(default), _) => return Typed::Value(default.clone()),
                (None, false) => return Typed::LeftOut,
                (None, true) => terminal::note("  it has to be given; Ctrl-D dismisses the question"),
            }
            continue;
        }
        match field.read(&typed) {
            Ok(value) => return Typed::Value(value),
            Err(wanted) => terminal::note(&format!("  {wanted}")),
        }
    }
    Typed::Dismissed
}

struct Field<'a> {
    name: &'a str,
    schema: &'a Value,
}

impl Field<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.schema.get(name).and_then(Value::as_str).map(|text| in_line(text, MOST))
    }

    fn is(&self, kind: &str) -> bool {
        self.schema.get("type").and_then(Value::as_str) == Some(kind)
    }

    fn prompt(&self, required: bool) -> String {
        let title = self.text("title").unwrap_or_else(|| in_line(self.name, MOST));
        let about = self.text("description").map(|about| format!(" ({about})")).unwrap_or_default();
        let hint = match self.schema.get("default") {
            Some(default) => format!(" [Enter: {}]", in_line(&shown(default), MOST)),
            None if !required => " [Enter: leave out]".to_owned(),
            None if self.is("boolean") => " [y/n]".to_owned(),
            None => String::new(),
        };
        format!("  {title}{about}{hint}: ")
    }

    /// Values to choose from, each with its words.
    fn choices(&self) -> Vec<(String, String)> {
        let of = if self.is("array") { self.schema.get("items").unwrap_or(self.schema) } else { self.schema };
        let titled = ["oneOf", "anyOf"].iter().find_map(|name| of.get(*name)?.as_array());
        if let Some(choices) = titled {
            let choice = |choice: &Value| {
                let value = choice.get("const")?.as_str()?.to_owned();
                let title = choice.get("title").and_then(Value::as_str).unwrap_or(&value).to_owned();
                Some((value, title))
            };
            return choices.iter().filter_map(choice).collect();
        }
        let names = of.get("enumNames").and_then(Value::as_array);
        let values = of.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let name = |at: usize| names?.get(at)?.as_str();
        values
            .enumerate()
            .map(|(at, value)| (value.to_owned(), name(at).unwrap_or(value).to_owned()))
            .collect()
    }

    fn choices_shown(&self) -> Vec<String> {
        let line = |(number, (_, title)): (usize, (String, String))| {
            format!("    {number}  {}", in_line(&title, MOST))
        };
        (1..).zip(self.choices()).map(line).collect()
    }

    /// The value behind what was typed; else what is wanted.
    fn read(&self, typed: &str) -> Result<Value, String> {
        let choices = self.choices();
        let choose = |typed: &str| {
            let numbered = typed.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
            let named = || choices.iter().find(|(value, title)| typed == value || typed == title);
            numbered.or_else(named).map(|(value, _)| Value::String(value.clone()))
        };
        let one_of = || format!("a number from 1 to {}", choices.len());
        if self.is("array") {
            let chosen: Option<Vec<Value>> = typed.split(',').map(|part| choose(part.trim())).collect();
            return chosen
                .map(Value::Array)
                .ok_or_else(|| format!("{}, or several with commas between them", one_of()));
        }
        if !choices.is_empty() {
            return choose(typed).ok_or_else(one_of);
        }
        if self.is("boolean") {
            return match typed.to_lowercase().as_str() {
                "y" | "yes" | "true" | "j" | "ja" => Ok(Value::Bool(true)),
                "n" | "no" | "false" | "nein" => Ok(Value::Bool(false)),
                _ => Err("`y` or `n`".to_owned()),
            };
        }
        if self.is("integer") || self.is("number") {
            // Digit for digit: a number is no float on its way.
            let number = serde_json::from_str::<Value>(typed).ok().filter(Value::is_number);
            let whole = |number: &Value| !self.is("integer") || !number.to_string().contains(['.', 'e', 'E']);
            let wanted = if self.is("integer") { "a whole number" } else { "a number, such as `12.50`" };
            return number.filter(whole).ok_or_else(|| wanted.to_owned());
        }
        Ok(Value::String(typed.to_owned()))
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Field;

    fn read(schema: &Value, typed: &str) -> Result<Value, String> {
        Field { name: "f", schema }.read(typed)
    }

    #[test]
    fn what_is_typed_becomes_what_the_field_is() {
        assert_eq!(read(&json!({"type": "string"}), "a b"), Ok(json!("a b")));
        assert_eq!(read(&json!({"type": "boolean"}), "Y"), Ok(json!(true)));
        assert_eq!(read(&json!({"type": "number"}), "12.50").unwrap().to_string(), "12.50");
        assert_eq!(read(&json!({"type": "integer"}), "12"), Ok(json!(12)));
        assert!(read(&json!({"type": "integer"}), "12.5").is_err());
        assert!(read(&json!({"type": "number"}), "twelve").is_err());
        let choice = json!({"type": "string", "enum": ["a", "b"], "enumNames": ["First", "Second"]});
        assert_eq!(read(&choice, "2"), Ok(json!("b")));
        assert_eq!(read(&choice, "First"), Ok(json!("a")));
        assert!(read(&choice, "3").is_err());
        let titled = json!({"type": "string", "oneOf": [{"const": "x", "title": "The X"}]});
        assert_eq!(read(&titled, "1"), Ok(json!("x")));
        let several = json!({"type": "array", "items": {"enum": ["a", "b", "c"]}});
        assert_eq!(read(&several, "1, 3"), Ok(json!(["a", "c"])));
    }

    #[test]
    fn a_prompt_says_what_enter_does() {
        let schema =
            json!({"type": "string", "title": "Name", "description": "of the\nclient", "default": "x"});
        assert_eq!(Field { name: "f", schema: &schema }.prompt(true), "  Name (of the client) [Enter: x]: ");
        let schema = json!({"type": "boolean"});
        assert_eq!(Field { name: "f", schema: &schema }.prompt(true), "  f [y/n]: ");
        assert_eq!(Field { name: "f", schema: &schema }.prompt(false), "  f [Enter: leave out]: ");
    }
}
