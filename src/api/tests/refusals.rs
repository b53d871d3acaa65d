//! Error bodies as APIs write them, and what is said about them.

use serde_json::json;

use super::server::{Server, json as answer, with};
use super::{KEY, failure, once, read, write};
use crate::api::refusal::{ErrorBody, Forbidden, Refusal};
use crate::api::text::Cleaner;
use crate::credentials::{Key, Origin, Secret};
use crate::failure::{Exit, Failure};

fn refusal(status: u16, body: &str) -> Refusal {
    let key = Key::new(Secret::new(KEY.to_owned()), Origin::parse("https://h.example").unwrap());
    Refusal::read(status, false, body.as_bytes(), &Cleaner::new(&key))
}

/// Code, message and issues in one line.
fn line(body: &str) -> String {
    let refusal = refusal(422, body);
    let issues: Vec<String> = refusal
        .field_issues
        .iter()
        .map(|issue| format!("{}={}", issue.field.as_deref().unwrap_or("-"), issue.issue))
        .collect();
    format!(
        "{}|{}|{}",
        refusal.code.as_deref().unwrap_or("-"),
        refusal.message.as_deref().unwrap_or("-"),
        issues.join(";")
    )
}

#[test]
fn every_shape_of_error_body_is_read() {
    for (body, expected) in [
        (
            r#"{"error":{"code":"validation_error","message":"bad","details":[{"field":"lines[0].price","issue":"missing"}]}}"#,
            "validation_error|bad|lines[0].price=missing",
        ),
        (r#"{"message":"no such client"}"#, "-|no such client|"),
        (r#"{"error":"no such client"}"#, "-|no such client|"),
        (r#"{"error":"invalid_grant","error_description":"expired"}"#, "invalid_grant|expired|"),
        (
            r#"{"statusCode":400,"message":["price must be positive","date is required"],"error":"Bad Request"}"#,
            "Bad Request|-|-=price must be positive;-=date is required",
        ),
        (r#"{"code":"BAD_REQUEST","statusCode":400,"message":"bad"}"#, "BAD_REQUEST|bad|"),
        (
            r#"{"type":"https://api.example/problems/invalid-iban","title":"Invalid","detail":"IBAN is wrong","status":422,"errors":{"iban":["wrong check digit","too short"]}}"#,
            "invalid-iban|IBAN is wrong|iban=wrong check digit;iban=too short",
        ),
        (r#"{"type":"about:blank","title":"Not Found","status":404}"#, "-|Not Found|"),
        (
            r#"{"title":"Invalid","invalid-params":[{"name":"age","reason":"must be positive"}]}"#,
            "-|Invalid|age=must be positive",
        ),
        (
            r#"{"detail":[{"loc":["body","lines",0,"price"],"msg":"field required","type":"missing"}]}"#,
            "-|-|lines[0].price=field required",
        ),
        (
            r#"{"errors":[{"status":"422","source":{"pointer":"/data/attributes/name"},"title":"T","detail":"is blank"}]}"#,
            "-|-|data.attributes.name=is blank",
        ),
        (r#"[{"message":"one"},"two"]"#, "-|-|-=one;-=two"),
        (r#"{"errors":["one","two"]}"#, "-|-|-=one;-=two"),
        (r#"{"errors":{"lines":[{"price":["is missing"]}]}}"#, "-|-|lines[0].price=is missing"),
        (
            r#"{"message":[{"property":"iban","constraints":{"isIban":"iban must be an IBAN"}}]}"#,
            "-|-|iban=iban must be an IBAN",
        ),
        (r#"{"errors":{"name":"is blank"}}"#, "-|-|name=is blank"),
        (r#"{"code":42,"error":{"message":"deep"}}"#, "42|deep|"),
        (r#""just text""#, "-|just text|"),
        ("no such thing", "-|no such thing|"),
        ("<h1>Not found</h1>", "-|-|"),
        ("{}", "-|-|"),
        ("", "-|-|"),
        ("null", "-|-|"),
        (r#"{"message":"a\u0000b\u202ec\u001b[31m"}"#, r"-|a\u{0}b\u{202e}c\u{1b}[31m|"),
    ] {
        assert_eq!(line(body), expected, "{body}");
    }
}

#[test]
fn what_the_api_says_is_cut_and_counted() {
    let long = "x".repeat(5000);
    let many: Vec<_> = (0..500).map(|n| json!({"field": format!("f{n}{long}"), "message": long})).collect();
    let refusal = refusal(422, &json!({"message": long, "code": long, "errors": many}).to_string());
    assert_eq!(refusal.message.unwrap().chars().count(), 600);
    assert_eq!(refusal.code.unwrap().chars().count(), 120);
    assert_eq!(refusal.field_issues.len(), 30);
    assert_eq!(refusal.field_issues[0].issue.chars().count(), 300);
    let deep = format!("{}1{}", r#"{"error":"#.repeat(60), "}".repeat(60));
    assert_eq!(self::refusal(400, &deep).message, None);
}

#[test]
fn a_403_tells_why_as_far_as_it_can() {
    for (body, why) in [
        (r#"{"error":{"code":"read_only_key","message":"no"}}"#, Forbidden::ReadOnlyKey),
        (r#"{"message":"This key is read-only"}"#, Forbidden::ReadOnlyKey),
        (r#"{"message":"API access requires the Pro plan"}"#, Forbidden::Plan),
        (r#"{"message":"Key is not valid for this profile"}"#, Forbidden::Scope),
        (r#"{"message":"Forbidden"}"#, Forbidden::Untold),
        ("", Forbidden::Untold),
    ] {
        assert_eq!(refusal(403, body).forbidden(), why, "{body}");
    }
}

#[test]
fn a_404_of_the_path_is_told_from_one_of_the_record() {
    for (body, path) in [
        (r#"{"error":{"code":"not_found","message":"invoice not found"}}"#, false),
        (r#"{"message":"Not Found"}"#, false),
        (r#"{"message":"Cannot GET /v1/invoices","error":"Not Found","statusCode":404}"#, true),
        (r#"{"error":{"code":"route_not_found","message":"no"}}"#, true),
        ("{}", true),
        ("", true),
        ("404 page not found", true),
        ("<html>", true),
    ] {
        assert_eq!(refusal(404, body).path_unknown(), path, "{body}");
    }
    assert_eq!(refusal(404, " <html>").body, ErrorBody::Page);
}

async fn of(answer: &str) -> Failure {
    failure(once(&Server::say(&[answer]).await.origin, &write()).await)
}

#[tokio::test]
async fn a_refusal_says_everything_in_words_and_in_facts() {
    let body = r#"{"error":{"code":"invalid","message":"check the lines","details":[{"field":"lines[0].price","issue":"must be a number"},{"issue":"no client"}]}}"#;
    let failure = of(&with("x-request-id: r-9\r\n", "422 U", body)).await;
    assert_eq!(
        failure.text(),
        "error: the API refused `create_invoice` (HTTP 422) (check the lines)\n\
         caused by: `lines[0].price`: must be a number\n\
         caused by: no client\n\
         hint: correct what the API names and call again"
    );
    assert_eq!(
        failure.json()["error"],
        json!({
            "code": "invalid",
            "message": "the API refused `create_invoice` (HTTP 422) (check the lines)",
            "caused_by": ["`lines[0].price`: must be a number", "no client"],
            "hint": "correct what the API names and call again",
            "sent": "refused_by_api",
            "http_status": 422,
            "api_code": "invalid",
            "field_issues": [
                {"field": "lines[0].price", "issue": "must be a number"},
                {"field": null, "issue": "no client"},
            ],
            "request_id": "r-9",
            "retryable": false,
        })
    );
}

#[tokio::test]
async fn each_status_has_its_name_and_its_way_on() {
    for (status, body, code, hint) in [
        ("401 U", "{}", "key_refused", "run `lumabill login`"),
        ("402 P", "{}", "plan_lapsed", "Pro or Lifetime"),
        ("403 F", r#"{"message":"upgrade your plan"}"#, "plan_lapsed", "Pro or Lifetime"),
        ("403 F", r#"{"message":"read-only key"}"#, "read_only_key", "read-write key"),
        ("403 F", r#"{"message":"wrong profile"}"#, "out_of_scope", "list_profiles"),
        ("403 F", "", "forbidden", "may be read-only"),
        ("404 N", r#"{"message":"no such invoice"}"#, "not_found", "look the id up"),
        ("404 N", "", "unknown_path", "API's description"),
        ("404 N", "<html>", "unknown_path", "--api-url"),
        ("409 C", "{}", "conflict", "read the record again"),
        ("400 B", "{}", "invalid", "correct"),
        ("422 U", "{}", "invalid", "correct"),
        ("413 L", "{}", "refused", "send less"),
        ("418 T", "{}", "refused", "see what the API says"),
    ] {
        let failure = of(&answer(status, body)).await;
        assert_eq!(failure.code, code, "{status} {body}");
        assert!(failure.hint.as_deref().unwrap().contains(hint), "{status} {body}: {:?}", failure.hint);
        let exit = if status.starts_with("401") { Exit::NotLoggedIn } else { Exit::Refused };
        assert_eq!(failure.exit, exit, "{status}");
    }
    let down = failure(once(&Server::say(&[&answer("500 E", "<html>")]).await.origin, &read()).await);
    assert_eq!(
        down.message,
        "the API is not available: it answered `list_invoices` with HTTP 500 (it sent an HTML page)"
    );
}
