//! What `lumabill doctor` says of an API that does not answer as it should, and of a clock that is wrong.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;

use crate::doctor::{Checks, api, doctor, home};
use crate::support::{
    Answer, Era, Home, Lumabill, McpSession, PLANTED_KEY, ScriptedServer, html, http, json as json_answer,
};

/// A profile that nobody has.
const OTHER: &str = "0b7e1a52-93c4-4c39-8a55-1d2f00c0a001";
const PROFILES: &str = r#"{"data":[{"id":"a","company_name":"Muster AG"}],"total":1}"#;

/// One failed row, and what it and its next step say.
#[track_caller]
fn fails(url: &str, id: &str, seen: &str, next: &str) -> Checks {
    let checks = Checks::of(doctor(&home(), url));
    assert_eq!(checks.in_state("failed"), [id], "{:#}", json!(checks.checks));
    checks.is(id, "failed", seen, next);
    assert!(checks.ended.took < Duration::from_secs(9), "{:?}", checks.ended.took);
    checks
}

#[test]
fn an_address_that_is_not_the_api_is_told_from_one_that_is_down() {
    fails(&ScriptedServer::refusing(), "api_reachable", "refused", "LUMABILL_API_URL");
    fails("https://api.lumabill.invalid", "api_reachable", "name is not known", "name servers");
    let elsewhere = json_answer(404, r#"{"message":"no such route"}"#);
    let redirect = http(302, &["location: https://other.example/login"], "");
    for (answer, seen) in [
        (html(200), "HTML page"),
        (html(404), "web page"),
        (html(401), "web page"),
        (redirect, "other.example"),
        (json_answer(200, "hello"), "not JSON"),
        (json_answer(200, r#"{"hello":"world"}"#), "no list of profiles"),
        (elsewhere, "/v1/profiles"),
    ] {
        let server = ScriptedServer::always(answer);
        fails(&server.url(), "api_answer", seen, "LUMABILL_API_URL").is("api_reachable", "ok", "answers", "");
        assert_eq!(server.requests().len(), 1);
    }
    let down = ScriptedServer::always(json_answer(503, r#"{"error":"maintenance"}"#));
    fails(&down.url(), "api_answer", "503", "few minutes");
    let reset = ScriptedServer::start(|_| Answer::Reset);
    fails(&reset.url(), "api_reachable", "broke", "again");
    let silent = ScriptedServer::start(|_| Answer::Silence);
    fails(&silent.url(), "api_reachable", "did not answer within 6 s", "again");
}

#[test]
fn a_refused_key_and_a_lapsed_plan_are_told_apart() {
    for (status, body, seen, next) in [
        (401, r#"{"error":{"message":"invalid api key"}}"#, "revoked or wrong", "Settings > API"),
        (402, r#"{"error":"payment required"}"#, "plan", "Subscription"),
        (403, r#"{"error":{"message":"your plan has lapsed"}}"#, "plan", "Subscription"),
        (403, r#"{"error":{"message":"forbidden"}}"#, "forbids", "Subscription"),
    ] {
        let server = ScriptedServer::always(json_answer(status, body));
        fails(&server.url(), "key_accepted", seen, next);
        // Nothing is tried after that.
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[test]
fn the_key_is_never_shown_though_the_api_says_it() {
    let body = format!(r#"{{"error":{{"message":"unknown key {PLANTED_KEY}"}}}}"#);
    let server = ScriptedServer::always(json_answer(401, &body));
    fails(&server.url(), "key_accepted", "unknown key lmb_…", "login");
}

#[test]
fn a_clock_that_is_wrong_is_told_by_how_much() {
    let answer = |ahead: i64| {
        let time = if ahead < 0 {
            SystemTime::now() - Duration::from_secs(ahead.unsigned_abs())
        } else {
            SystemTime::now() + Duration::from_secs(ahead.unsigned_abs())
        };
        let date = format!("date: {}", httpdate::fmt_http_date(time));
        ScriptedServer::always(http(200, &["content-type: application/json", &date], PROFILES))
    };
    let look = |server: &ScriptedServer| Checks::of(doctor(&home(), &server.url()));
    look(&answer(5)).is("clock", "ok", "agrees", "");
    look(&answer(600)).is("clock", "warning", "min behind", "clock");
    look(&answer(-7200)).is("clock", "failed", "ahead of", "clock");
    // An API that tells no time is no trouble.
    assert!(!look(&api()).has("clock"));
}

#[test]
fn the_limits_are_looked_at_and_kept() {
    let (home, server) = (home(), api());
    let look = || Checks::of(doctor(&home, &server.url()).env("LUMABILL_RATE_LIMIT", "2/1"));
    look().is("rate_budget", "ok", "1 of 2 reads and 0 of 1 writes", "");
    assert_eq!(server.requests().len(), 2);
    // The second one has no write left to ask with, the third no read.
    let second = look();
    second.is("rate_budget", "ok", "0 of 2 reads and 0 of 1 writes", "");
    second.is("key_accepted", "ok", "not known", "");
    assert_eq!(server.requests().len(), 3);
    let third = look();
    third.is("rate_budget", "warning", "was not asked", "wait a minute");
    assert!(!third.has("api_reachable"));
    assert_eq!(server.requests().len(), 3);
    let off = Checks::of(doctor(&home, &server.url()).env("LUMABILL_RATE_LIMIT", "off"));
    off.is("rate_budget", "ok", "`off`", "");
    let busy = ScriptedServer::always(http(429, &["retry-after: 600"], r#"{"error":"rate limit"}"#));
    let checks = Checks::of(doctor(&self::home(), &busy.url()));
    checks.is("api_answer", "warning", "rate limit", "wait a minute");
    assert!(checks.ended.took < Duration::from_secs(5), "{:?}", checks.ended.took);
}

#[test]
fn a_pause_that_the_api_asked_for_is_kept() {
    let home = home();
    let busy = ScriptedServer::always(http(429, &["retry-after: 600"], r#"{"error":"rate limit"}"#));
    let serve = Lumabill::at(&home, &["serve"]).env("LUMABILL_API_KEY", PLANTED_KEY);
    let mut session = McpSession::start(&serve.env("LUMABILL_API_URL", &busy.url()), Era::Modern);
    session.call("list_clients", json!({})).refused();
    let asked = busy.requests().len();
    let checks = Checks::of(doctor(&home, &busy.url()));
    checks.is("rate_budget", "warning", "asked for a pause", "wait");
    assert_eq!(busy.requests().len(), asked);
}

#[test]
fn a_profile_that_the_key_does_not_reach_is_told_whoever_fixed_it() {
    let look = |url: &str, id: &str| Checks::of(doctor(&home(), url).env("LUMABILL_PROFILE_ID", id));
    let api = api();
    look(&api.url(), "a").is("profiles", "ok", "fixed to", "");
    look(&api.url(), "b").is("profiles", "failed", "does not reach", "`LUMABILL_PROFILE_ID`");
    // It may stand on a page that was not asked for.
    let long = ScriptedServer::always(json_answer(200, &PROFILES.replace("\"total\":1", "\"total\":70")));
    look(&long.url(), "b").is("profiles", "ok", "not looked for", "");
    Checks::of(doctor(&home(), &long.url())).is("profiles", "ok", "and more", "");

    let home = home();
    let login = [
        "login",
        "--with-token",
        "--insecure-storage",
        "--no-verify",
        "--api-url",
        &api.url(),
        "--profile-id",
        OTHER,
    ];
    Lumabill::at(&home, &login).input(PLANTED_KEY).run().exits(0);
    let stored = || Checks::of(Lumabill::at(&home, &["doctor", "--json"]));
    stored().is("profiles", "failed", "the settings fix it", "config profile ''");
    Lumabill::at(&home, &["config", "profile", ""]).run().exits(0);
    stored().is("profiles", "ok", "Muster AG", "");
}

#[test]
fn without_an_account_no_network_is_used() {
    let proxy = api();
    let mut run = Lumabill::at(&home(), &["doctor", "--json"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"] {
        run = run.env(name, &proxy.url());
    }
    Checks::of(run).is("accounts", "failed", "no network was used", "login");
    assert!(proxy.requests().is_empty());
}

#[test]
fn a_proxy_in_use_is_named_without_its_password() {
    let proxy = ScriptedServer::always(http(403, &[], "no"));
    let address = proxy.url().replace("http://", "http://anna:pass-word@");
    let run = doctor(&home(), "https://api.lumabill.invalid").env("HTTPS_PROXY", &address);
    let checks = Checks::of(run);
    checks.is(
        "api_reachable",
        "failed",
        &proxy.url().replace("http://", "through the proxy "),
        "HTTPS_PROXY",
    );
    assert!(!checks.ended.stdout.contains("pass-word"), "{}", checks.ended.stdout);
}

/// An HTTPS server on loopback whose authority nobody knows: its address and the authority, PEM.
fn encrypted() -> (String, String) {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority =
        rcgen::CertifiedIssuer::self_signed(authority, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let config = Arc::new(config);
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut session = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::Stream::new(&mut session, &mut stream);
            let mut request = [0; 4096];
            if matches!(stream.read(&mut request), Ok(count) if count > 0) {
                drop(stream.write_all(&json_answer(200, PROFILES)));
                drop(stream.flush());
            }
        }
    });
    (url, authority.pem())
}

#[test]
fn an_authority_that_is_not_trusted_is_told_with_the_way_to_trust_it() {
    let (url, authority) = encrypted();
    fails(&url, "api_reachable", "unknown authority", "SSL_CERT_FILE");
    let home = Arc::new(Home::new());
    let file = home.path().join("authority.pem");
    std::fs::write(&file, authority).unwrap();
    let file = file.display().to_string();
    let trusted = Checks::of(doctor(&home, &url).env("SSL_CERT_FILE", &file));
    trusted.is("api_reachable", "ok", "trusted by `SSL_CERT_FILE`", "");

    // For a stored key the variable does not count, and the way out says what does.
    let login = ["login", "--with-token", "--insecure-storage", "--no-verify", "--api-url", &url];
    Lumabill::at(&home, &login).input(PLANTED_KEY).run().exits(0);
    let look = || Lumabill::at(&home, &["doctor", "--json"]);
    let stored = Checks::of(look().env("SSL_CERT_FILE", &file));
    stored.is("api_reachable", "failed", "unknown authority", &format!("--ca-file {file}"));
    Checks::of(look()).is("api_reachable", "failed", "unknown authority", "--ca-file FILE");
    Lumabill::at(&home, &[&login[..], &["--ca-file", &file]].concat()).input(PLANTED_KEY).run().exits(0);
    Checks::of(look()).is("api_reachable", "ok", "authority.pem", "");
}
