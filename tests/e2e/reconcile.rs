//! `reconcile_sure_matches`: one yes to exactly one list, carried out as far as limits go, resumed without asking
//! again, and never beyond what was said yes to. Against the sandbox and against scripted books that change.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::scripted_books::{answer, id, profiles, query, run};
use crate::support::{
    Answer, Era, Home, Lumabill, McpSession, PATIENCE, PLANTED_KEY, SandboxProcess, ScriptedServer,
    ToolResult, http,
};

const TOOL: &str = "reconcile_sure_matches";
const SERVE: [&str; 3] = ["serve", "--toolsets", "default,banking"];

/// A QR reference of 27 digits.
fn reference(number: usize) -> String {
    const CARRY: [usize; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];
    let base = format!("{number:026}");
    let carry = base.bytes().fold(0, |carry, digit| CARRY[(carry + usize::from(digit - b'0')) % 10]);
    format!("{base}{}", (10 - carry) % 10)
}

/// Transactions and invoices of the scripted API; the n-th invoice is over n × 100.50 and has a payment.
struct Books {
    transactions: Vec<Value>,
    invoices: Vec<Value>,
    /// Ids of the transactions whose reconciling arrived.
    posts: Vec<String>,
    /// What the n-th reconciling gets instead of an answer.
    instead: Box<dyn Fn(usize) -> Option<Answer> + Send>,
    /// What every read gets once a connection was reset.
    reads_after: Option<u16>,
    /// The total that the list of transactions tells, if not its own.
    total: Option<usize>,
}

fn amount(n: usize) -> Value {
    serde_json::from_str(&format!("{}.50", n * 100)).unwrap()
}

fn payment(n: usize) -> Value {
    json!({
        "id": id(n), "status": "unmatched", "amount": amount(n), "currency": "CHF", "booking_date": "2026-11-20",
        "reference": reference(n), "counterparty_name": format!("Payer {n}\u{202e}"),
    })
}

fn invoice(n: usize) -> Value {
    json!({
        "id": id(1000 + n), "number": format!("IV-{n:03}"), "status": "sent", "amount_due": amount(n), "currency": "CHF",
        "payment_reference": reference(n),
    })
}

impl Books {
    fn with(count: usize) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            transactions: (1..=count).map(payment).collect(),
            invoices: (1..=count).map(invoice).collect(),
            posts: Vec::new(),
            instead: Box::new(|_| None),
            reads_after: None,
            total: None,
        }))
    }

    fn answer(&mut self, method: &str, target: &str, status: Option<&str>) -> Answer {
        let path = target.split('?').next().unwrap().trim_start_matches("/v1/");
        let (list, rest) = path.split_once('/').unwrap_or((path, ""));
        if method == "POST" {
            return self.reconcile(rest.trim_end_matches("/reconcile"));
        }
        if let Some(status) = self.reads_after {
            return answer(status, &json!({ "error": { "message": "no" } }));
        }
        let rows = match list {
            "bank-transactions" => &self.transactions,
            "invoices" => &self.invoices,
            _ => return profiles(),
        };
        if !rest.is_empty() {
            return match rows.iter().find(|row| row["id"] == rest) {
                Some(row) => answer(200, row),
                None => answer(404, &json!({ "error": { "message": "not found" } })),
            };
        }
        let rows: Vec<_> =
            rows.iter().filter(|row| status.is_none_or(|status| row["status"] == status)).collect();
        let total = self.total.unwrap_or(rows.len());
        answer(200, &json!({ "data": rows, "total": total }))
    }

    fn reconcile(&mut self, transaction: &str) -> Answer {
        self.posts.push(transaction.to_owned());
        if let Some(other) = (self.instead)(self.posts.len()) {
            // Nothing can be looked up then.
            self.reads_after = matches!(other, Answer::Reset).then_some(403);
            return other;
        }
        let n = self.transactions.iter().position(|row| row["id"] == transaction).unwrap();
        self.transactions[n]["status"] = json!("matched");
        let reference = self.transactions[n]["reference"].clone();
        let paid = self.invoices.iter_mut().find(|row| row["payment_reference"] == reference).unwrap();
        paid["status"] = json!("paid");
        answer(200, &self.transactions[n])
    }
}

fn serve(books: &Arc<Mutex<Books>>) -> ScriptedServer {
    let books = Arc::clone(books);
    ScriptedServer::start(move |request| {
        let status = query(request, "status");
        books.lock().unwrap().answer(&request.method, &request.target, status.as_deref())
    })
}

/// Too many requests, for longer than a call waits.
fn limited() -> Answer {
    let headers = ["retry-after: 60", "content-type: application/json"];
    Answer::Bytes(http(429, &headers, r#"{"error":{"message":"slow down"}}"#))
}

/// Puts the question, changes the books, and says yes.
fn yes_after(
    session: &mut McpSession,
    era: Era,
    arguments: &Value,
    change: impl FnOnce(),
) -> (String, ToolResult) {
    let call = json!({ "name": TOOL, "arguments": arguments });
    if era == Era::Legacy {
        let id = session.request("tools/call", call);
        let question = session.asked_within(PATIENCE);
        change();
        let yes = json!({ "action": "accept", "content": {} });
        session.line(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": yes }).to_string());
        let answer = session.answer(&id);
        return (
            question["params"]["message"].as_str().unwrap().to_owned(),
            ToolResult::from(&answer["result"]),
        );
    }
    let asked = session.ask("tools/call", call.clone());
    let (key, question) = asked["inputRequests"].as_object().unwrap().iter().next().unwrap();
    change();
    let mut again = call;
    again["inputResponses"][key] = json!({ "action": "accept", "content": {} });
    again["requestState"] = asked["requestState"].clone();
    let message = question["params"]["message"].as_str().unwrap().to_owned();
    (message, ToolResult::from(&session.ask("tools/call", again)))
}

fn numbers(rows: &Value) -> Vec<String> {
    let rows = rows.as_array().into_iter().flatten();
    rows.map(|row| row["invoice_number"].as_str().unwrap_or_default().to_owned()).collect()
}

fn posts(books: &Arc<Mutex<Books>>) -> usize {
    books.lock().unwrap().posts.len()
}

/// A statement with a payment for each of these invoices of the sandbox.
fn statement(invoices: &[Value]) -> String {
    let entry = |(n, invoice): (usize, &Value)| {
        format!(
            "<Ntry><Amt Ccy=\"CHF\">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-20</Dt></ValDt><AcctSvcrRef>R{n}</AcctSvcrRef>\
             <NtryDtls><TxDtls><RmtInf><Strd><CdtrRefInf><Ref>{}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>",
            invoice["amount_due"],
            invoice["payment_reference"].as_str().unwrap(),
        )
    };
    let entries: String = invoices.iter().enumerate().map(entry).collect();
    format!(
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-20T18:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id>\
         <Acct><Id><IBAN>CH6930999000000000001</IBAN></Id><Ccy>CHF</Ccy></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

/// A sandbox whose unmatched transactions pay all open invoices in CHF but one; the numbers of those paid.
fn paid_sandbox() -> (SandboxProcess, Vec<String>) {
    let sandbox = SandboxProcess::start(&[]);
    // The seed holds a payment of IV-008 already.
    let open: Vec<_> = sandbox
        .all("/v1/invoices")
        .into_iter()
        .filter(|row| ["sent", "overdue", "partially_paid"].contains(&row["status"].as_str().unwrap()))
        .filter(|row| row["currency"] == "CHF" && row["number"] != "IV-008")
        .collect();
    assert!(open.len() >= 2, "{} open invoices", open.len());
    let accounts = sandbox.all("/v1/bank-accounts");
    let account = accounts.iter().find(|account| account["currency"] == "CHF").unwrap();
    let mut session = McpSession::start(&sandbox.lumabill(&SERVE), Era::Modern);
    let arguments = json!({ "bank_account_id": account["id"], "xml": statement(&open) });
    session.call("import_bank_transactions", arguments).done();
    let mut numbers: Vec<_> = open.iter().map(|row| row["number"].as_str().unwrap().to_owned()).collect();
    numbers.push("IV-008".to_owned());
    numbers.sort();
    (sandbox, numbers)
}

fn assert_paid(sandbox: &SandboxProcess, wanted: &[String]) {
    let invoices = sandbox.all("/v1/invoices");
    for number in wanted {
        let invoice = invoices.iter().find(|row| row["number"] == *number).unwrap();
        assert_eq!(invoice["status"], "paid", "{invoice}");
    }
}

#[test]
fn one_yes_reconciles_the_sure_matches_of_the_sandbox() {
    for era in Era::BOTH {
        let (sandbox, wanted) = paid_sandbox();
        let mut session = McpSession::with_elicitation(&sandbox.lumabill(&SERVE), era);
        let shown = session.call(TOOL, json!({ "dry_run": true })).done().structured;
        let mut found = numbers(&shown["items"]);
        found.sort();
        assert_eq!(found, wanted);
        assert!(shown["sums"]["CHF"]["amount"].is_number(), "{shown}");
        assert!(shown["left_out"].as_object().is_some_and(|left| !left.is_empty()), "{shown}");
        let (question, done) = session.call_and_answer(TOOL, json!({}), "accept");
        let message = question["message"].as_str().unwrap();
        assert!(wanted.iter().all(|number| message.contains(number)), "{message}");
        assert!(message.contains("Muster Consulting GmbH"), "{message}");
        let done = done.done().structured;
        assert_eq!(
            (&done["done"], &done["n"], &done["of"]),
            (&json!(true), &json!(wanted.len()), &json!(wanted.len())),
            "{done}"
        );
        assert!(done.get("resume").is_none() && done.get("left_out").is_none(), "{done}");
        assert_paid(&sandbox, &wanted);
        let nothing = session.call(TOOL, json!({})).done().structured;
        assert_eq!((&nothing["done"], &nothing["n"]), (&json!(false), &json!(0)), "{nothing}");
    }
}

#[test]
fn a_client_that_cannot_ask_repeats_count_and_sum() {
    for era in Era::BOTH {
        let (sandbox, wanted) = paid_sandbox();
        let mut session = McpSession::start(&sandbox.lumabill(&SERVE), era);
        let first = session.call(TOOL, json!({})).refused();
        let error = &first.structured["error"];
        assert_eq!(error["items"].as_array().unwrap().len(), wanted.len(), "{error}");
        let number = error["confirm_number"].as_str().unwrap();
        assert!(number.starts_with(&format!("{} transactions, CHF ", wanted.len())), "{number}");
        assert!(first.text.contains(number), "{}", first.text);
        for wrong in ["1 transaction", "yes", &number[1..]] {
            session.call(TOOL, json!({ "confirm_number": wrong })).refused();
        }
        session.call(TOOL, json!({ "confirm_number": number })).done();
        assert_paid(&sandbox, &wanted);
    }
}

type Change = fn(&mut Books);

/// Ways in which a list becomes another one.
fn changes() -> [(&'static str, Change); 4] {
    [
        ("one more", |books| {
            books.transactions.push(payment(9));
            books.invoices.push(invoice(9));
        }),
        ("one gone", |books| books.transactions[0]["status"] = json!("matched")),
        ("another amount", |books| {
            books.transactions[1]["amount"] = json!(7);
            books.invoices[1]["amount_due"] = json!(7);
        }),
        ("another invoice", |books| books.invoices[2]["id"] = json!(id(77))),
    ]
}

#[test]
fn a_yes_holds_for_exactly_the_list_that_was_shown() {
    for era in Era::BOTH {
        for (what, change) in changes() {
            let books = Books::with(3);
            let server = serve(&books);
            let mut session = McpSession::with_elicitation(&run(&server, &SERVE), era);
            let (_, result) = yes_after(&mut session, era, &json!({}), || change(&mut books.lock().unwrap()));
            let refused = result.refused();
            assert!(refused.text.contains("changed since"), "{what}: {}", refused.text);
            assert_eq!(posts(&books), 0, "{era:?} {what}");
            // Asked anew about the new list.
            let (message, result) = yes_after(&mut session, era, &json!({}), || {});
            assert_eq!(message.contains("IV-009"), what == "one more", "{message}");
            result.done();
        }
    }
}

#[test]
fn a_repeated_number_holds_for_exactly_the_list_that_was_shown() {
    for (what, change) in changes() {
        let books = Books::with(3);
        let server = serve(&books);
        let mut session = McpSession::start(&run(&server, &SERVE), Era::Modern);
        let first = session.call(TOOL, json!({})).refused();
        let number = first.structured["error"]["confirm_number"].clone();
        change(&mut books.lock().unwrap());
        let again = session.call(TOOL, json!({ "confirm_number": number })).refused();
        assert_eq!(posts(&books), 0, "{what}");
        assert!(again.structured["error"]["items"].is_array(), "{what}: {}", again.text);
        let shown = session.call(TOOL, json!({})).refused();
        let number = shown.structured["error"]["confirm_number"].clone();
        session.call(TOOL, json!({ "confirm_number": number })).done();
    }
}

#[test]
fn the_question_quotes_who_paid_and_shows_hidden_characters() {
    let books = Books::with(25);
    let server = serve(&books);
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    let (question, _) = session.call_and_answer(TOOL, json!({ "max": 24 }), "decline");
    let message = question["message"].as_str().unwrap();
    assert!(message.starts_with("Reconcile 24 transactions, CHF 30012.00"), "{message}");
    assert!(message.contains("from \"Payer 1\\u{202e}\"") && message.contains("and 4 more"), "{message}");
    assert_eq!(posts(&books), 0);
}

#[test]
fn what_a_limit_cut_off_is_resumed_without_asking_again_and_nothing_beside_it() {
    for era in Era::BOTH {
        let books = Books::with(6);
        books.lock().unwrap().instead = Box::new(|n| (n == 3).then(limited));
        let server = serve(&books);
        let home = Arc::new(Home::new());
        let start = || {
            let serve = Lumabill::at(&home, &SERVE).with_api(&server.url(), PLANTED_KEY);
            McpSession::with_elicitation(&serve, era)
        };
        let mut session = start();
        let (_, cut) = session.call_and_answer(TOOL, json!({}), "accept");
        let cut = cut.done().structured;
        assert_eq!(numbers(&cut["items"]), ["IV-001", "IV-002"], "{cut}");
        assert_eq!(numbers(&cut["remaining"]), ["IV-003", "IV-004", "IV-005", "IV-006"], "{cut}");
        assert_eq!((&cut["done"], &cut["n"], &cut["of"]), (&json!(false), &json!(2), &json!(6)), "{cut}");
        assert_eq!(cut["stopped"]["code"], "rate_limited", "{cut}");
        let resume = json!({ "resume": cut["resume"] });
        {
            let mut books = books.lock().unwrap();
            // A new match, one whose amounts changed, one that somebody else has matched.
            books.transactions.push(payment(9));
            books.invoices.push(invoice(9));
            books.transactions[3]["amount"] = json!(7);
            books.invoices[3]["amount_due"] = json!(7);
            books.transactions[4]["status"] = json!("matched");
        }
        // Another process of the same user goes on; another user's does not.
        McpSession::start(&run(&server, &SERVE), era).call(TOOL, resume.clone()).refused();
        let done = start().call(TOOL, resume.clone()).done().structured;
        assert_eq!(numbers(&done["items"]), ["IV-003", "IV-006"], "{done}");
        assert_eq!((&done["n"], &done["of"]), (&json!(2), &json!(4)), "{done}");
        assert_eq!(done["left_out"][0]["transaction_id"], id(4), "{done}");
        assert_eq!(done["left_out"][1]["transactions"], 1, "{done}");
        assert_eq!(posts(&books), 5, "the third was sent twice, the first time refused");
        let used = session.call(TOOL, resume).refused();
        assert_eq!(used.structured["error"]["code"], "confirmation_void", "{}", used.text);
        assert_eq!(posts(&books), 5);
        // What came later needs a yes of its own.
        let (message, _) = yes_after(&mut session, era, &json!({}), || {});
        assert!(message.contains("IV-009") && message.contains("IV-004"), "{message}");
    }
}

#[test]
fn a_lost_answer_stops_and_says_which_one_is_unknown() {
    let books = Books::with(3);
    books.lock().unwrap().instead = Box::new(|n| (n == 2).then_some(Answer::Reset));
    let server = serve(&books);
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    let (_, result) = session.call_and_answer(TOOL, json!({}), "accept");
    let facts = result.done().structured;
    assert_eq!(numbers(&facts["items"]), ["IV-001"], "{facts}");
    assert_eq!(facts["unknown"]["invoice_number"], "IV-002", "{facts}");
    assert_eq!(numbers(&facts["remaining"]), ["IV-003"], "{facts}");
    assert_eq!(posts(&books), 2);
    books.lock().unwrap().reads_after = None;
    let done = session.call(TOOL, json!({ "resume": facts["resume"] })).done().structured;
    assert_eq!(numbers(&done["items"]), ["IV-003"], "{done}");
}

#[test]
fn the_shared_write_limit_is_kept_and_the_yes_outlives_it() {
    let books = Books::with(5);
    let server = serve(&books);
    let serve = run(&server, &SERVE).env("LUMABILL_RATE_LIMIT", "200/3");
    let mut session = McpSession::with_elicitation(&serve, Era::Modern);
    let (_, result) = session.call_and_answer(TOOL, json!({}), "accept");
    let cut = result.done().structured;
    assert_eq!((&cut["n"], &cut["of"]), (&json!(3), &json!(5)), "{cut}");
    assert!(cut["stopped"]["retry_after_s"].is_number(), "{cut}");
    // Too early: nothing is done, and the yes is kept.
    let early = session.call(TOOL, json!({ "resume": cut["resume"] })).refused();
    let error = &early.structured["error"];
    assert_eq!(error["resume"], cut["resume"], "{}", early.text);
    assert_eq!(numbers(&error["remaining"]), ["IV-004", "IV-005"], "{error}");
    assert_eq!(posts(&books), 3);
}

#[test]
fn what_was_written_is_listed_with_how_it_was_allowed() {
    for era in Era::BOTH {
        let books = Books::with(3);
        books.lock().unwrap().instead = Box::new(|n| {
            (n == 2).then(|| answer(409, &json!({ "error": { "message": "matched already" } })))
        });
        let server = serve(&books);
        let run = run(&server, &SERVE);
        let mut session = McpSession::with_elicitation(&run, era);
        let nothing = session.call("list_recent_changes", json!({})).done().structured;
        assert_eq!((&nothing["n"], &nothing["complete"]), (&json!(0), &json!(true)), "{nothing}");
        session.call_and_answer(TOOL, json!({}), "accept").1.done();
        let reads = server.requests().len();
        let list = session.call("list_recent_changes", json!({ "since": "today" })).done().structured;
        let rows = list["items"].as_array().unwrap();
        let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["done", "refused", "done"], "{list}");
        for row in rows {
            assert_eq!(
                (&row["tool"], &row["client"]),
                (&json!("reconcile_transaction"), &json!("e2e")),
                "{row}"
            );
            assert_eq!(row["confirmed"], "person", "{row}");
        }
        assert_eq!(rows[0]["record"]["id"], id(3), "newest first: {list}");
        let part = session.call("list_recent_changes", json!({ "limit": 2 })).done().structured;
        assert_eq!(
            (&part["n"], &part["of"], &part["complete"]),
            (&json!(2), &Value::Null, &json!(false)),
            "{part}"
        );
        assert!(part["go_on"].as_str().unwrap().contains("limit"), "{part}");
        session.call("list_recent_changes", json!({ "since": "some day" })).refused();
        let elsewhere = session.call("list_recent_changes", json!({ "profile_id": id(5) }));
        assert!(elsewhere.failed || elsewhere.structured["n"] == 0, "{}", elsewhere.text);
        assert_eq!(server.requests().len(), reads, "it asks the API nothing");
        // Every one was told of in the answer, which is written down after it: at the latest when the server ends.
        session.close_input();
        session.gone_within(PATIENCE);
        let list = McpSession::start(&run, era).call("list_recent_changes", json!({})).done().structured;
        let rows = list["items"].as_array().unwrap();
        assert!(rows.iter().all(|row| row["answered"] == true || row["outcome"] == "refused"), "{list}");
    }
}

#[test]
fn a_refusal_of_one_leaves_the_others() {
    let books = Books::with(3);
    let taken = || answer(409, &json!({ "error": { "message": "matched already" } }));
    books.lock().unwrap().instead = Box::new(move |n| (n == 2).then(taken));
    let server = serve(&books);
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    let (_, result) = session.call_and_answer(TOOL, json!({}), "accept");
    let facts = result.done().structured;
    assert_eq!(numbers(&facts["items"]), ["IV-001", "IV-003"], "{facts}");
    assert_eq!(facts["left_out"][0]["invoice_number"], "IV-002", "{facts}");
    assert!(facts["left_out"][0]["why"].as_str().unwrap().contains("matched already"), "{facts}");
}

#[test]
fn of_a_part_of_a_list_nothing_is_sure() {
    let books = Books::with(2);
    books.lock().unwrap().total = Some(500);
    let server = serve(&books);
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    for arguments in [json!({}), json!({ "dry_run": true })] {
        let refused = session.call(TOOL, arguments).refused();
        assert_eq!(refused.structured["error"]["code"], "list_incomplete", "{}", refused.text);
    }
    assert_eq!(posts(&books), 0);
}

#[test]
fn a_no_and_a_preview_send_nothing() {
    for era in Era::BOTH {
        let books = Books::with(2);
        let server = serve(&books);
        let mut session = McpSession::with_elicitation(&run(&server, &SERVE), era);
        session.call_and_answer(TOOL, json!({}), "decline").1.refused();
        session.call(TOOL, json!({ "dry_run": true })).done();
        session.call(TOOL, json!({ "resume": "0011223344556677-6740f2a0" })).refused();
        assert_eq!(posts(&books), 0);
    }
}

#[test]
fn a_server_that_only_reads_lists_the_changes_and_not_the_reconciling() {
    let sandbox = SandboxProcess::start(&[]);
    let reads = [&SERVE[..], &["--read-only"]].concat();
    let mut session = McpSession::start(&sandbox.lumabill(&reads), Era::Modern);
    let listed = session.ask("tools/list", json!({}));
    let tools = listed["tools"].as_array().unwrap();
    let row = |name: &str| tools.iter().find(|tool| tool["name"] == name);
    assert!(row(TOOL).is_none());
    assert_eq!(row("list_recent_changes").unwrap()["annotations"]["readOnlyHint"], true);
    assert_eq!(session.call(TOOL, json!({})).refused().structured["error"]["code"], "read_only");
    let mut all = McpSession::start(&sandbox.lumabill(&SERVE), Era::Modern);
    let listed = all.ask("tools/list", json!({}));
    let tools = listed["tools"].as_array().unwrap();
    let hints = &tools.iter().find(|tool| tool["name"] == TOOL).unwrap()["annotations"];
    // What people wrote into payments stands in its answers; it acts, and not twice the same.
    assert_eq!(hints, &json!({ "readOnlyHint": false }));
}
