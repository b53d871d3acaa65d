//! Questions of a remote server before a person sees them: who asks is said first, and what asks for a secret or
//! leads away from the server is declined unseen. Pure.

use serde_json::{Map, Value, json};
use url::Url;

use super::super::redaction::{self, quoted_whole};
use crate::https::Origin;
use crate::text::is_hidden;

/// The largest form that is passed on, in bytes of JSON.
const LARGEST_FORM: usize = 64 * 1024;

/// Words that ask for a secret wherever they stand in a text, in the languages of these services' users.
const SECRETS: &[&str] = &[
    "password",
    "passwort",
    "passphrase",
    "passcode",
    "kennwort",
    "losungswort",
    "geheimnis",
    "geheimzahl",
    "geheimcode",
    "motdepasse",
    "contrasena",
    "contraseña",
    "parola",
    "wachtwoord",
    "secretkey",
    "clientsecret",
    "credential",
    "zugangsdaten",
    "apikey",
    "privatekey",
    "accesskey",
    "schlüssel",
    "onetimecode",
    "verificationcode",
    "securitycode",
    "sicherheitscode",
    "bestätigungscode",
    "einmalcode",
    "recoveryphrase",
    "seedphrase",
    "bearer",
    "cardnumber",
    "kartennummer",
    "creditcard",
    "kreditkarte",
];

/// Short ones, which count as words of their own only.
const SECRET_WORDS: &[&str] = &[
    "secret", "secrets", "key", "keys", "token", "tokens", "pin", "pins", "puk", "tan", "tans", "itan",
    "mtan", "otp", "totp", "cvv", "cvc", "cvv2", "cvc2", "csc", "pwd", "passwd", "pw", "mfa", "2fa",
];

/// What becomes of a question.
#[derive(Debug, PartialEq)]
pub enum Screened {
    /// It is put to the person, with these parameters.
    Put(Map<String, Value>),
    /// It is declined; why.
    Declined(&'static str),
}

/// Looks at the parameters of `elicitation/create` from the server at `origin`. `modes` are those that the client has, as
/// its capability says them; an empty object means forms.
pub fn screen(params: &Map<String, Value>, origin: &Origin, modes: Option<&Value>) -> Screened {
    let Some(modes) = modes else { return Screened::Declined("this client puts no questions") };
    let (opens, fills) =
        (modes.get("url").is_some(), modes.get("form").is_some() || modes.get("url").is_none());
    if Value::Object(params.clone()).to_string().len() > LARGEST_FORM {
        return Screened::Declined("it is too large");
    }
    let mut address = None;
    match params.get("mode") {
        None if fills => {}
        Some(Value::String(mode)) if mode == "form" && fills => {}
        Some(Value::String(mode)) if mode == "url" => {
            if !opens {
                return Screened::Declined("this client opens no addresses");
            }
            if !leads_to(params.get("url"), origin) {
                return Screened::Declined("it would open an address outside the service");
            }
            address = params.get("url").and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
        }
        _ => return Screened::Declined("it is of a kind that this client does not know"),
    }
    let message = params.get("message").and_then(Value::as_str).unwrap_or_default();
    let schema = params.get("requestedSchema").unwrap_or(&Value::Null);
    if asks_for_secret(message) || any_text(schema, &asks_for_secret) {
        return Screened::Declined("it asks for a secret");
    }
    let mut shown = Value::Object(params.clone());
    redaction::apply(&mut shown);
    let Value::Object(mut shown) = shown else { return Screened::Declined("it cannot be shown") };
    shown.insert("message".into(), json!(format!("{} asks: {}", origin.host(), quoted_whole(message))));
    if let Some(address) = address {
        // As it was read here: laxer readers take `https://own.example\\@other.example` for another host.
        shown.insert("url".into(), json!(address.as_str()));
    }
    Screened::Put(shown)
}

/// An address of the server's own host, as encrypted as the server itself.
fn leads_to(url: Option<&Value>, origin: &Origin) -> bool {
    let Some(url) = url.and_then(Value::as_str).and_then(|text| Url::parse(text).ok()) else { return false };
    let own = url.host_str() == Some(origin.host()) && url.username().is_empty() && url.password().is_none();
    own && (url.scheme() == "https" || origin.covers(&url))
}

/// Names of fields and all texts in a schema.
fn any_text(value: &Value, found: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, found)),
        Value::Object(fields) => fields.iter().any(|(name, value)| found(name) || any_text(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn asks_for_secret(text: &str) -> bool {
    let plain: String = text.chars().filter(|letter| !is_hidden(*letter)).map(narrow).collect();
    // `apiKey` is two words.
    let mut words = String::with_capacity(plain.len() + 8);
    let mut before = ' ';
    for letter in plain.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        before = letter;
        words.extend(letter.to_lowercase());
    }
    let squeezed: String = words.chars().filter(|letter| letter.is_alphanumeric()).collect();
    SECRETS.iter().any(|secret| squeezed.contains(secret))
        || words.split(|letter: char| !letter.is_alphanumeric()).any(|word| SECRET_WORDS.contains(&word))
}

/// Letters of full width as the plain ones.
fn narrow(letter: char) -> char {
    match u32::from(letter) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(letter),
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Screened, screen};
    use crate::https::Origin;

    fn screened(params: &Value) -> Screened {
        let Some(params) = params.as_object() else { unreachable!() };
        screen(
            params,
            &Origin::parse("https://billbot.io/api/mcp").unwrap(),
            Some(&json!({"form": {}, "url": {}})),
        )
    }

    #[expect(clippy::needless_pass_by_value, reason = "tests read better")]
    fn form(message: &str, properties: Value) -> Value {
        json!({"message": message, "requestedSchema": {"type": "object", "properties": properties}})
    }

    fn put(params: &Value) -> Map<String, Value> {
        match screened(params) {
            Screened::Put(shown) => shown,
            Screened::Declined(why) => panic!("{why}"),
        }
    }

    #[test]
    fn who_asks_is_said_first_on_one_line() {
        let shown = put(&form("Which\n\nlumabill: say yes \u{202e}", json!({"client": {"type": "string"}})));
        assert_eq!(shown["message"], "billbot.io asks: Which lumabill: say yes \\u{202e}");
        assert_eq!(shown["requestedSchema"]["properties"]["client"]["type"], "string");
    }

    #[test]
    fn questions_for_secrets_are_declined() {
        let secret = Screened::Declined("it asks for a secret");
        for message in [
            "Please enter your password",
            "Ihr Passwort?",
            "your API key, please",
            "Enter the PIN",
            "TAN eingeben",
            "p a s s w o r d",
            "pass\u{200b}word",
            "ｐａｓｓｗｏｒｄ",
            "Give me the access_token",
            "CVV",
        ] {
            assert_eq!(screened(&form(message, json!({}))), secret, "{message}");
        }
        for field in ["apiKey", "api_key", "otp", "userPin", "client_secret"] {
            assert_eq!(screened(&form("Some data", json!({field: {"type": "string"}}))), secret, "{field}");
        }
        let hidden = json!({"x": {"type": "string", "title": "Field", "description": "your bearer token"}});
        assert_eq!(screened(&form("Some data", hidden)), secret);
        let chosen =
            json!({"x": {"type": "string", "oneOf": [{"const": "a", "title": "type your password"}]}});
        assert_eq!(screened(&form("Some data", chosen)), secret);
    }

    #[test]
    fn words_that_only_look_alike_are_put() {
        for message in [
            "Which company in Pinneberg, Tanzania?",
            "Send to the monkey sanctuary?",
            "Due date of the keyboard invoice",
            "Which spin class?",
        ] {
            put(&form(message, json!({"company": {"type": "string"}})));
        }
    }

    #[test]
    fn addresses_lead_to_the_service_only() {
        let url = |url: &str| screened(&json!({"mode": "url", "message": "open this", "url": url}));
        assert!(matches!(url("https://billbot.io/connect?x=1"), Screened::Put(_)));
        let Screened::Put(shown) = url("https://billbot.io\\@evil.example/") else { panic!("declined") };
        assert_eq!(shown["url"], "https://billbot.io/@evil.example/");
        for bad in [
            "https://evil.example/billbot.io",
            "https://billbot.io.evil.example/",
            "http://billbot.io/",
            "https://billbot.io@evil.example/",
            "https://user@billbot.io/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(url(bad), Screened::Declined("it would open an address outside the service"), "{bad}");
        }
        let Value::Object(params) = json!({"mode": "url", "message": "m", "url": "https://billbot.io/"})
        else {
            unreachable!()
        };
        let origin = Origin::parse("https://billbot.io/api/mcp").unwrap();
        let with = |modes: Option<&Value>| screen(&params, &origin, modes);
        assert_eq!(with(Some(&json!({}))), Screened::Declined("this client opens no addresses"));
        assert_eq!(with(None), Screened::Declined("this client puts no questions"));
        assert!(matches!(with(Some(&json!({"url": {}}))), Screened::Put(_)));
    }

    #[test]
    fn what_is_too_large_or_unknown_is_declined() {
        assert_eq!(screened(&form(&"x".repeat(70_000), json!({}))), Screened::Declined("it is too large"));
        let strange = json!({"mode": "hologram", "message": "m"});
        assert_eq!(screened(&strange), Screened::Declined("it is of a kind that this client does not know"));
    }
}
