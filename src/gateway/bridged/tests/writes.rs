//! Writes happen once, and what became of them is told.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Stage, Step, broken, caller, done, failed, failure, offered, passed, text, words};
use crate::bridge::BridgeError;
use crate::catalogue::Effect;
use crate::failure::Sent;
use crate::gateway::{Action, Answered, Outcome};
use crate::https::Trouble;
use crate::journal::State;

fn greenleaf() -> Value {
    json!({"client_id": "cl_abc123", "due_days": 30, "line_items": [
        {"description": "Website redesign", "quantity": 60, "unit_price": 125.00},
        {"description": "Stock photography", "quantity": 1, "unit_price": 500.00}]})
}

fn created() -> Step {
    Step::Answers(text("{\"id\":\"inv_1\",\"number\":\"INV-2026-0015\",\"total\":8000.00}"))
}

#[tokio::test]
async fn a_read_passes_through_untouched_and_unjournalled() {
    let result = r#"{"content":[],"structuredContent":{"a":1.10},"x":1}"#;
    let stage = Stage::new("read", vec![Step::Answers(serde_json::from_str(result).unwrap())]);
    let list = offered("list_invoices", Effect::Reads, None);
    // A reading tool may have an argument that is called as one of ours.
    let answer = passed(stage.call(&list, json!({"status": "draft", "dry_run": true})).await);
    assert_eq!(answer.to_string(), result);
    assert_eq!(
        stage.sent(),
        [json!({"name": "list_invoices", "arguments": {"status": "draft", "dry_run": true}})]
    );
    assert!(stage.history().await.is_empty());
}

#[tokio::test]
async fn the_same_create_is_made_once() {
    let stage = Stage::new("once", vec![created(), created()]);
    let create = offered("create_invoice", Effect::Creates, None);
    let first = passed(stage.call(&create, greenleaf()).await);
    assert!(first["content"][0]["text"].as_str().unwrap().contains("INV-2026-0015"));
    let mut spelled = greenleaf();
    spelled["line_items"][0]["unit_price"] = json!(125);
    let Outcome::Done(again) = stage.call(&create, spelled).await else { panic!() };
    assert!(again.text.starts_with("NOT CREATED AGAIN: same as INV-2026-0015 of "), "{}", again.text);
    assert_eq!(again.structured["created"], json!(false));
    assert_eq!(again.structured["same_as"]["id"], "inv_1");
    assert_eq!(stage.sent().len(), 1);
    let mut meant = greenleaf();
    meant["allow_duplicate"] = json!(true);
    passed(stage.call(&create, meant).await);
    assert_eq!(stage.sent()[1]["arguments"], greenleaf(), "our own argument is not sent");
    let states: Vec<_> = stage.history().await.iter().map(|intent| intent.state).collect();
    assert_eq!(states, [State::Created, State::Created]);
}

#[tokio::test]
async fn a_refusal_lets_the_same_be_tried_again_and_a_lost_answer_does_not() {
    let stage =
        Stage::new("fates", vec![Step::Answers(failed("client_id is unknown")), Step::Fails(broken())]);
    let create = offered("create_invoice", Effect::Creates, None);
    assert_eq!(passed(stage.call(&create, greenleaf()).await)["isError"], json!(true));
    let lost = failure(stage.call(&create, greenleaf()).await);
    assert_eq!((lost.code, lost.sent), ("outcome_unknown", Sent::Unknown));
    assert!(lost.hint.as_ref().unwrap().contains("history settle 2 --created ID"), "{:?}", lost.hint);
    let again = failure(stage.call(&create, greenleaf()).await);
    assert_eq!(again.code, "outcome_unknown");
    assert!(again.message.contains("was not sent"), "{}", again.message);
    // Nor does asking for another one pass what is open, nor the same in other words.
    let mut meant = greenleaf();
    meant["allow_duplicate"] = json!(true);
    assert_eq!(failure(stage.call(&create, meant).await).code, "outcome_unknown");
    let mut other = greenleaf();
    other["line_items"] = json!([{"description": "All of it", "quantity": 1, "unit_price": "8000"}]);
    assert_eq!(failure(stage.call(&create, other).await).code, "outcome_unknown");
    assert_eq!(stage.sent().len(), 2);
    let states: Vec<_> = stage.history().await.iter().map(|intent| intent.state).collect();
    assert_eq!(states, [State::Unknown, State::Refused]);
    // A person has looked.
    stage.bridged.setup.journal.settle_by_hand(2, None).await.unwrap().unwrap();
    stage.fake.script.lock().unwrap().push_back(created());
    passed(stage.call(&create, greenleaf()).await);
}

#[tokio::test]
async fn what_was_not_sent_is_settled_as_that() {
    let unreachable =
        Trouble::Unreachable { host: "billbot.io".into(), why: crate::https::Unreachable::Refused };
    let stage = Stage::new("unsent", vec![Step::Fails(unreachable.into())]);
    let create = offered("create_client", Effect::Creates, None);
    let failure = failure(stage.call(&create, json!({"name": "GreenLeaf"})).await);
    assert_eq!(failure.sent, Sent::Nothing);
    assert_eq!(stage.history().await[0].state, State::NotSent);
}

#[tokio::test]
async fn protocol_errors_are_passed_or_lost() {
    let rpc =
        |code| Step::Fails(BridgeError::Rpc { code, message: "no".into(), data: Some(json!({"a": 1})) });
    let stage = Stage::new("rpc", vec![rpc(-32602), rpc(-32603)]);
    let create = offered("create_client", Effect::Creates, None);
    let Outcome::Rejected(rejected) = stage.call(&create, json!({"name": "a"})).await else { panic!() };
    assert_eq!((rejected.code, rejected.data), (-32602, Some(json!({"a": 1}))));
    let lost = failure(stage.call(&create, json!({"name": "a"})).await);
    assert_eq!((lost.code, &lost.facts["rpc_code"]), ("outcome_unknown", &json!(-32603)));
}

#[tokio::test]
async fn an_act_asks_first_and_is_not_done_twice() {
    let stage = Stage::new("act", vec![Step::Answers(text("sent"))]);
    let send = offered("send_invoice", Effect::Acts, Some("This sends the invoice by e-mail."));
    let arguments =
        json!({"invoice_id": "inv_1", "to": "billing@greenleaf.example", "message": "Hi \u{202e}"});
    let Outcome::Ask(question) = stage.call_by(&send, arguments.clone(), None, caller(true)).await else {
        panic!()
    };
    assert_eq!(
        question.message,
        "billbot (billbot.io): `send_invoice`. This sends the invoice by e-mail.\n\
         to: \u{201c}billing@greenleaf.example\u{201d}\n\
         invoice_id: \u{201c}inv_1\u{201d}\n\
         message: \u{201c}Hi \\u{202e}\u{201d}"
    );
    assert!(stage.sent().is_empty() && stage.history().await.is_empty());
    let yes = |state| Some(Answered { state, action: Action::Accept, responses: serde_json::Map::new() });
    let mut other = arguments.clone();
    other["to"] = json!("x@evil.example");
    let void = stage.call_by(&send, other, yes(question.state.clone()), caller(true)).await;
    assert_eq!(failure(void).code, "confirmation_void");
    passed(stage.call_by(&send, arguments.clone(), yes(question.state), caller(true)).await);
    // The same again is answered with the first, and nobody is asked in vain.
    let again = done(stage.call_by(&send, arguments.clone(), None, caller(true)).await);
    assert_eq!(again["done"], json!(false));
    assert!(again["message"].as_str().unwrap().starts_with("NOT DONE AGAIN: same as "), "{again}");
    assert_eq!(stage.sent().len(), 1);
    assert_eq!(stage.history().await[0].record_id.as_deref(), Some("inv_1"));
}

#[tokio::test]
async fn a_client_that_cannot_ask_repeats_the_records_id() {
    let stage = Stage::new("number", vec![Step::Answers(text("deleted"))]);
    let delete = offered("delete_invoice", Effect::Deletes, None);
    let with = |number: &str| json!({"id": "inv_9", "confirm_number": number});
    let first = failure(stage.call(&delete, with("inv_9")).await);
    assert_eq!(first.code, "confirmation_required");
    let told = failure(stage.call(&delete, json!({"id": "inv_9"})).await);
    assert_eq!(told.facts["confirm_number"], "inv_9");
    assert_eq!(failure(stage.call(&delete, with("inv_8")).await).code, "confirmation_required");
    passed(stage.call(&delete, with("inv_9")).await);
    assert_eq!(stage.sent(), [json!({"name": "delete_invoice", "arguments": {"id": "inv_9"}})]);
    assert_eq!(stage.history().await[0].state, State::Deleted);
}

#[tokio::test]
async fn a_preview_sends_nothing() {
    let stage = Stage::new("preview", vec![]);
    let create = offered("create_invoice", Effect::Creates, Some("This sends at once."));
    let mut arguments = greenleaf();
    arguments["dry_run"] = json!(true);
    let preview = done(stage.call(&create, arguments).await);
    assert_eq!(preview["request"]["params"], json!({"name": "create_invoice", "arguments": greenleaf()}));
    assert_eq!(preview["totals"]["subtotal"].to_string(), "8000.00");
    let wrong = failure(stage.call(&create, json!({"dry_run": "yes"})).await);
    assert_eq!(wrong.code, "bad_argument");
    assert!(stage.history().await.is_empty());
}

#[tokio::test]
async fn a_write_that_left_is_settled_though_its_caller_is_gone() {
    let (go, held) = oneshot::channel();
    let answer = text("{\"id\":\"inv_1\"}");
    let stage = Arc::new(Stage::new("gone", vec![Step::Holds(held, answer)]));
    let create = offered("create_invoice", Effect::Creates, None);
    let (theirs, tool) = (Arc::clone(&stage), Arc::clone(&create));
    let call = tokio::spawn(async move { words(theirs.call(&tool, greenleaf()).await) });
    let mut under_way = stage.bridged.under_way.subscribe();
    under_way.wait_for(|count| *count == 1).await.unwrap();
    call.abort();
    assert!(call.await.is_err());
    go.send(()).unwrap();
    under_way.wait_for(|count| *count == 0).await.unwrap();
    let settled = &stage.history().await[0];
    assert_eq!(
        (settled.state, settled.record_id.as_deref(), settled.answered),
        (State::Created, Some("inv_1"), false)
    );
    // Nobody was told: another one of the same is not made, whatever is asked for.
    let mut meant = greenleaf();
    meant["allow_duplicate"] = json!(true);
    assert_eq!(done(stage.call(&create, meant).await)["created"], json!(false));
}

#[tokio::test]
async fn cancelled_before_it_left_is_not_sent() {
    let stage = Stage::new("cancelled", vec![]);
    let create = offered("create_invoice", Effect::Creates, None);
    let by = caller(false);
    by.cancelled.cancel();
    let outcome = stage.call_by(&create, greenleaf(), None, by).await;
    assert!(failure(outcome).message.contains("was cancelled"));
    assert_eq!(stage.history().await[0].state, State::NotSent);
}

#[tokio::test]
async fn a_cancelled_read_is_stopped_at_the_server() {
    let stage = Stage::new("stopped", vec![Step::Silent]);
    let by = caller(false);
    let cancelled = by.cancelled.clone();
    let list = offered("list_invoices", Effect::Reads, None);
    let (outcome, ()) = tokio::join!(stage.call_by(&list, json!({}), None, by), async { cancelled.cancel() });
    assert!(failure(outcome).message.contains("was cancelled"));
    let mut stopped = stage.fake.stopped.subscribe();
    stopped.wait_for(|stopped| *stopped == 1).await.unwrap();
}

#[tokio::test]
async fn a_feature_that_is_not_enabled_is_said_clearly() {
    let setup = super::setup("faktoora", &super::folder("feature"));
    let refused = Step::Answers(failed("{\"message\":\"Feature PRODUCT_BUNDLE is not enabled\"}"));
    let stage = Stage::with(setup, vec![refused]);
    let create = offered("create_product_bundle", Effect::Creates, None);
    let refusal = failure(stage.call(&create, json!({"name": "x"})).await);
    assert_eq!((refusal.code, refusal.sent), ("feature_not_enabled", Sent::Refused));
    assert_eq!(stage.history().await[0].state, State::Refused);
}

#[tokio::test]
async fn after_a_lost_act_nobody_is_asked_in_vain() {
    let stage = Stage::new("in_vain", vec![Step::Fails(broken())]);
    let send = offered("send_invoice", Effect::Acts, Some("This sends the invoice by e-mail."));
    let arguments = json!({"invoice_id": "inv_1"});
    let question = match stage.call_by(&send, arguments.clone(), None, caller(true)).await {
        Outcome::Ask(question) => question,
        other => panic!("{}", words(other)),
    };
    let yes = Answered { state: question.state, action: Action::Accept, responses: serde_json::Map::new() };
    let lost = failure(stage.call_by(&send, arguments.clone(), Some(yes), caller(true)).await);
    assert_eq!(lost.code, "outcome_unknown");
    for can_ask in [true, false] {
        let again = failure(stage.call_by(&send, arguments.clone(), None, caller(can_ask)).await);
        assert_eq!(again.code, "outcome_unknown", "not asked, and no number wanted");
    }
    let states: Vec<_> = stage.history().await.iter().map(|intent| intent.state).collect();
    assert_eq!(states, [State::Unknown], "looking leaves nothing behind");
    // What is no longer in the way is asked about again.
    stage.bridged.setup.journal.settle_by_hand(1, None).await.unwrap().unwrap();
    let outcome = stage.call_by(&send, arguments, None, caller(true)).await;
    assert!(matches!(outcome, Outcome::Ask(_)), "{}", words(outcome));
}

#[tokio::test]
async fn a_change_that_takes_long_is_not_said_to_be_safe_to_repeat() {
    for (effect, held_back) in [(Effect::Updates, false), (Effect::Creates, true)] {
        let (_never, held) = oneshot::channel();
        let stage = Stage::new(&format!("long_{held_back}"), vec![Step::Holds(held, text("done"))]);
        let tool = offered("save_client", effect, None);
        let mut hurried = caller(true);
        hurried.until = Some(tokio::time::Instant::now() + std::time::Duration::from_millis(2_300));
        let late = failure(stage.call_by(&tool, json!({"id": "cl_1"}), None, hurried).await);
        assert_eq!((late.code, late.sent), ("under_way", Sent::Unknown));
        assert_eq!(late.hint.unwrap().contains("not sent twice"), held_back);
    }
}
