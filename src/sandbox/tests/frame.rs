//! Routing, keys, profiles, limits, bodies, and the data file.

use serde_json::json;

use super::{options, start};
use crate::sandbox::spec::{Spec, resolve};
use crate::sandbox::{Data, Options, Sandbox, StartError, dispatch, keys};

const NIL: &str = "00000000-0000-0000-0000-000000000000";

#[test]
fn every_operation_of_the_file_has_a_handler() {
    let spec = Spec::built_in().unwrap();
    let missing: Vec<&str> = spec
        .operations()
        .map(|operation| operation.id.as_str())
        .filter(|id| dispatch::handler(id).is_none())
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert_eq!(spec.operations().count(), 62);
}

#[test]
fn every_read_of_both_profiles_answers_as_the_file_says() {
    let mut client = start(options());
    for profile in [keys::MAIN_PROFILE_ID, keys::SECOND_PROFILE_ID] {
        client.profile = Some(profile);
        for operation in Spec::built_in().unwrap().operations().filter(|operation| operation.method == "GET")
        {
            let list = operation.path.trim_end_matches("/{id}");
            let path = if list == operation.path {
                list.to_owned()
            } else {
                let first = client.send("GET", list, None).json()["data"][0]["id"].clone();
                format!("{list}/{}", first.as_str().unwrap_or(NIL))
            };
            let status = client.send("GET", &path, None).status;
            assert!([200, 404, 409].contains(&status), "{path}: {status}");
            if profile == keys::MAIN_PROFILE_ID {
                assert_eq!(status, 200, "{path}");
            }
        }
    }
}

#[test]
fn every_example_of_a_body_is_taken() {
    let client = start(options());
    let document = &Spec::built_in().unwrap().document;
    let mut taken = 0;
    for operation in Spec::built_in().unwrap().operations().filter(|operation| operation.method == "POST") {
        let (media, schema) = &operation.bodies[0];
        for example in resolve(document, schema)["examples"].as_array().into_iter().flatten() {
            assert_eq!(media, "application/json");
            client.create(&operation.path, example);
            taken += 1;
        }
    }
    assert!(taken >= 2, "{taken}");
}

#[test]
fn the_description_is_served_without_a_key() {
    let mut client = start(options());
    client.key = "";
    let served = client.send("GET", "/openapi.json", None);
    assert_eq!(served.json()["openapi"], "3.1.0");
    assert_eq!(served.json()["info"]["version"], Spec::built_in().unwrap().document["info"]["version"]);
}

#[test]
fn keys_are_judged_before_anything_else() {
    let mut client = start(options());
    for (key, refusal) in [
        ("", (401, "unauthorized")),
        ("lmb_unknown", (401, "unauthorized")),
        (keys::REVOKED_KEY, (401, "unauthorized")),
        (keys::LAPSED_KEY, (403, "plan_lapsed")),
    ] {
        client.key = key;
        let reply = client.send("GET", "/v1/invoices?limit=0", None);
        assert_eq!(reply.refusal(), (refusal.0, refusal.1.to_owned()), "{key}");
    }
}

#[test]
fn a_read_only_key_is_told_from_others_by_a_write_that_cannot_succeed() {
    let mut client = start(options());
    let probe = format!("/v1/invoices/{NIL}");
    assert_eq!(client.send("DELETE", &probe, None).refusal(), (404, "not_found".into()));
    client.key = keys::READ_ONLY_KEY;
    assert_eq!(client.send("DELETE", &probe, None).refusal(), (403, "read_only_key".into()));
    assert_eq!(client.send("GET", "/v1/invoices", None).status, 200);
}

#[test]
fn paths_and_methods_that_do_not_exist_are_told_from_records() {
    let client = start(options());
    assert_eq!(client.send("GET", "/v1/invoice", None).refusal(), (404, "unknown_path".into()));
    assert_eq!(client.send("GET", "/v1/invoices/", None).refusal(), (404, "unknown_path".into()));
    assert_eq!(client.send("GET", "/v1/invoices/7", None).refusal(), (404, "not_found".into()));
    let reply = client.send("PATCH", "/v1/invoices", None);
    assert_eq!(
        (reply.refusal(), reply.header("allow")),
        ((405, "method_not_allowed".into()), Some("GET, POST"))
    );
}

#[test]
fn profiles_are_chosen_by_key_and_header() {
    let mut client = start(options());
    let body = json!({ "name": "Neu AG" });
    client.profile = None;
    assert_eq!(client.send("POST", "/v1/clients", Some(&body)).refusal(), (400, "profile_required".into()));
    let reply = client.send("GET", "/v1/company", None);
    assert_eq!(reply.json()["company_name"], "Muster Consulting GmbH");
    assert_eq!(reply.header("x-profile-id"), Some(keys::MAIN_PROFILE_ID));
    assert_eq!(client.get("/v1/profiles")["data"].as_array().unwrap().len(), 2);
    client.profile = Some(keys::SECOND_PROFILE_ID);
    assert_eq!(client.get("/v1/company")["company_name"], "Beispiel Studio");
    let names = client.get("/v1/profiles")["data"].clone();
    for (at, (id, name)) in keys::PROFILE_NAMES.iter().enumerate() {
        assert_eq!((&names[at]["id"], &names[at]["company_name"]), (&json!(id), &json!(name)), "{names}");
    }
    let id = client.create("/v1/clients", &body)["id"].as_str().unwrap().to_owned();
    client.profile = Some(keys::MAIN_PROFILE_ID);
    assert_eq!(client.send("GET", &format!("/v1/clients/{id}"), None).status, 404);
    client.profile = Some(NIL);
    assert_eq!(client.send("GET", "/v1/company", None).refusal(), (403, "profile_out_of_scope".into()));
    client.profile = Some("mine");
    assert_eq!(client.send("GET", "/v1/company", None).refusal(), (400, "invalid_profile_id".into()));
    client.key = keys::PROFILE_KEY;
    client.profile = None;
    assert_eq!(client.get("/v1/profiles")["data"].as_array().unwrap().len(), 1);
    client.create("/v1/clients", &body);
    client.profile = Some(keys::SECOND_PROFILE_ID);
    assert_eq!(client.send("GET", "/v1/company", None).refusal(), (403, "profile_out_of_scope".into()));
}

#[test]
fn limits_count_reads_and_writes_by_key() {
    let mut client = start(Options { limits: Some((2, 1)), ..options() });
    client.get("/v1/company");
    client.get("/v1/company");
    let reply = client.send("GET", "/v1/company", None);
    assert_eq!(reply.refusal(), (429, "rate_limited".into()));
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    client.create("/v1/clients", &json!({ "name": "A" }));
    assert_eq!(client.send("DELETE", &format!("/v1/clients/{NIL}"), None).status, 429);
    client.key = keys::PROFILE_KEY;
    client.get("/v1/company");
}

#[test]
fn bodies_are_checked_by_size_type_and_shape() {
    let client = start(options());
    let post =
        |media: &str, bytes: &[u8]| client.send_bytes("POST", "/v1/clients", Some((media, bytes))).refusal();
    assert_eq!(post("application/json", b"{\"name\": "), (400, "malformed_json".into()));
    assert_eq!(post("application/json", "[".repeat(1000).as_bytes()), (400, "malformed_json".into()));
    assert_eq!(post("text/plain", b"{}"), (415, "unsupported_media_type".into()));
    assert_eq!(post("application/json", &vec![b' '; 26 * 1024 * 1024]), (413, "body_too_large".into()));
    assert_eq!(client.send("POST", "/v1/clients", None).refusal(), (400, "body_missing".into()));
    let fields = |body| client.send("POST", "/v1/clients", Some(&body)).fields();
    assert_eq!(fields(json!([])), ["body"]);
    assert_eq!(fields(json!({})), ["name"]);
    assert_eq!(
        fields(json!({ "name": "", "type": "club", "email": "x", "address": { "country": "Schweiz" } })),
        ["name", "type", "email", "address.country"]
    );
    let form = b"{\"name\":\"Zwei\"}";
    assert_eq!(
        client.send_bytes("POST", "/v1/clients", Some(("Application/JSON; charset=utf-8", form))).status,
        201
    );
}

#[test]
fn query_parameters_are_checked_and_unknown_ones_ignored() {
    let client = start(options());
    let fields = |query: &str| client.send("GET", &format!("/v1/invoices?{query}"), None).fields();
    assert_eq!(fields("limit=0&page=x"), ["page", "limit"]);
    assert_eq!(fields("limit=101"), ["limit"]);
    assert_eq!(fields("status=unpaid&from=2026-02-30&client_id=7"), ["status", "client_id", "from"]);
    assert_eq!(fields("sort=password"), ["sort"]);
    client.get("/v1/invoices?colour=red");
}

#[test]
fn processes_share_a_file_and_reset_empties_it() {
    let folder = std::env::temp_dir().join(format!("lumabill-sandbox-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("sandbox.db");
    let opened = |reset| start(Options { data: Data::File(file.clone()), reset, ..options() });
    let (one, two) = (opened(false), opened(false));
    let body = |client: &super::Client| json!({ "client_id": client.client("Muster AG"), "lines": [{ "description": "x", "quantity": 1, "price": 1 }] });
    let id = one.create("/v1/invoices", &body(&one))["id"].as_str().unwrap().to_owned();
    assert_eq!(two.get(&format!("/v1/invoices/{id}"))["number"], "IV-010");
    assert_eq!(two.create("/v1/invoices", &body(&two))["number"], "IV-011");
    drop((one, two));
    let three = opened(false);
    assert_eq!(three.get("/v1/company")["next_invoice_number"], "IV-012");
    drop(three);
    let four = opened(true);
    assert_eq!(four.send("GET", &format!("/v1/invoices/{id}"), None).status, 404);
    assert_eq!(four.get("/v1/company")["next_invoice_number"], "IV-010");
    drop(four);
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch("pragma user_version = 0; delete from document;").unwrap();
    drop(old);
    assert_eq!(opened(false).get("/v1/company")["company_name"], "Muster Consulting GmbH");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn sandboxes_on_one_file_never_give_a_number_twice() {
    let folder = std::env::temp_dir().join(format!("lumabill-sandbox-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let opened = || start(Options { data: Data::File(folder.join("sandbox.db")), ..options() });
    let clients: Vec<super::Client> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(opened)).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let line = json!([{ "description": "x", "quantity": 1, "price": 1 }]);
    let draft = |client: &super::Client| client.draft("Muster AG", line.clone())["number"].to_string();
    let work = |client| (0..8).map(|_| draft(client)).collect::<Vec<_>>();
    let mut numbers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter()
            .map(|client| {
                let work = &work;
                scope.spawn(move || work(client))
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    numbers.sort();
    let expected: Vec<String> = (10..34).map(|number| format!("\"IV-0{number}\"")).collect();
    assert_eq!(numbers, expected);
    drop(clients);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    let folder = std::env::temp_dir().join(format!("lumabill-sandbox-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("letters.db");
    rusqlite::Connection::open(&file).unwrap().execute_batch("create table letter (text)").unwrap();
    let error = Sandbox::start(Options { data: Data::File(file), reset: true, ..options() }).unwrap_err();
    assert!(matches!(error, StartError::Data { .. }), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_taken_port_is_named() {
    let client = start(options());
    let port = client.sandbox.url().rsplit(':').next().unwrap().parse().unwrap();
    let error = Sandbox::start(Options { port, ..options() }).unwrap_err();
    assert_eq!(error.to_string(), format!("the sandbox cannot listen on port {port} of 127.0.0.1"));
}
