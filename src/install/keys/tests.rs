//! Keys of every vendor in every dress, and what only looks like one.

use super::{REMOVED, find, without_keys};
use crate::settings::Service::{self, Billbot, Billstride, Faktoora, Lumabill, LumabillHosted};

const LMB: &str = "lmb_Zk4Vq8Tn2Xw6Rb9Y";
const BB: &str = "bb_sk_a1b2c3d4e5f6a7b8";
const PLAIN: &str = "9f8e7d6c5b4a39281706";

/// The keys as they stand in the text.
fn found(text: &str) -> Vec<(Service, &str, usize)> {
    find(text).into_iter().map(|found| (found.service, &text[found.at], found.line)).collect()
}

#[track_caller]
fn only(service: Service, key: &str, text: &str) {
    let all = found(text);
    assert!(matches!(all.as_slice(), [(of, is, _)] if *of == service && *is == key), "{all:?} in {text}");
    let without = without_keys(text);
    assert!(!without.contains(key) && without.contains(REMOVED), "{without}");
    assert!(found(&without).is_empty(), "{without}");
}

#[track_caller]
fn none(text: &str) {
    assert_eq!(found(text), [], "{text}");
}

#[test]
fn what_the_vendors_tell_people_to_paste_is_found() {
    let hosted = format!("https://mcp.lumabill.ch/mcp?key={LMB}");
    only(LumabillHosted, LMB, &format!(r#"{{"mcpServers":{{"lumabill":{{"url":"{hosted}"}}}}}}"#));
    only(LumabillHosted, LMB, &format!(r#"["-y", "mcp-remote", "{hosted}&x=1"]"#));
    only(LumabillHosted, LMB, &hosted);
    only(
        Billbot,
        BB,
        &format!(
            r#"{{"mcpServers":{{"billbot":{{"url":"https://billbot.io/api/mcp","headers":{{"Authorization":"Bearer {BB}"}}}}}}}}"#
        ),
    );
    only(
        Billbot,
        BB,
        &format!(
            "claude mcp add billbot https://billbot.io/api/mcp \\\n--header \"Authorization: Bearer {BB}\""
        ),
    );
    only(
        Faktoora,
        PLAIN,
        &format!(
            "{{\n\"mcpServers\": {{\n\"faktoora\": {{\n\"url\": \"https://api.faktoora.com/api/v1/mcp\",\n\
             \"headers\": {{\n\"X-API-KEY\": \"{PLAIN}\"\n}}\n}}\n}}\n}}"
        ),
    );
    only(
        Billstride,
        "eyJhbGciOi.J9-_x.sig",
        r#"{"url":"https://billstride.com/api/mcp/sse","headers":{"authorization":"bearer eyJhbGciOi.J9-_x.sig"}}"#,
    );
}

#[test]
fn a_key_is_found_in_every_dress() {
    for text in [
        format!("LUMABILL_API_KEY={LMB}"),
        format!("export LUMABILL_API_KEY='{LMB}' # mine"),
        format!("# old one: {LMB}."),
        format!("// {LMB}, revoked"),
        format!("env:\n  LUMABILL_API_KEY: {LMB}\n"),
        format!("[mcp_servers.x.env]\nLUMABILL_API_KEY = \"{LMB}\""),
        format!(r#"{{"command":"sh","args":["-c","x --token={LMB}"]}}"#),
        format!(r#""{{\"env\":{{\"K\":\"{LMB}\"}}}}""#),
        format!(r#""a\n{LMB}\n""#),
        format!(r#""key\u003d{LMB}""#),
        format!("Authorization%3A%20Bearer%20{LMB}%0A"),
        format!("key%3D{LMB}%26x"),
        format!("<key>{LMB}</key>"),
    ] {
        only(Lumabill, LMB, &text);
    }
    only(LumabillHosted, LMB, &format!("u=https%3A%2F%2Fmcp.lumabill.ch%2Fmcp%3Fkey%3D{LMB}"));
    only(LumabillHosted, LMB, &format!(r#""https:\/\/MCP.lumabill.ch\/mcp?key={LMB}""#));
    only(Lumabill, "lmb_live_a.b~c-d_e", "K=lmb_live_a.b~c-d_e");
    only(Lumabill, "lmb_a_b_c_d_e", "K=lmb_a_b_c_d_e");
}

#[test]
fn several_keys_keep_their_order_and_their_lines() {
    let text = format!("a: {LMB}\n\nb: {BB} {LMB}\r\nc: https://mcp.lumabill.ch/mcp?key={LMB}");
    assert_eq!(
        found(&text),
        [(Lumabill, LMB, 1), (Billbot, BB, 3), (Lumabill, LMB, 3), (LumabillHosted, LMB, 4)]
    );
    assert_eq!(format!("{:?}", find(&text)[0]), "lumabill lmb_…Rb9Y in line 1");
    let without = without_keys(&text);
    assert_eq!(
        without,
        format!("a: {REMOVED}\n\nb: {REMOVED} {REMOVED}\r\nc: https://mcp.lumabill.ch/mcp?key={REMOVED}")
    );
    assert_eq!(without_keys(&without), without);
}

#[test]
fn what_stands_for_a_key_is_none() {
    for text in [
        "https://mcp.lumabill.ch/mcp?key=lmb_your_key_here",
        "https://mcp.lumabill.ch/mcp?key=${LUMABILL_API_KEY}",
        "Authorization: Bearer lmb_your_api_key_here",
        "lmb_YOUR_KEY lmb_YOUR_API_KEY lmb_yourkeyhere0000 lmb_my_api_key_here",
        "lmb_xxx… lmb_xxxxxxxxxxxx lmb_0000000000000000 lmb_live_xxxxxxxx lmb_<your key> lmb_${KEY}",
        "lmb_Zk4Vq8Tn2Xw6… lmb_Zk4Vq8Tn2Xw6... lmb_…cdef lmb_***** lmb_{key}",
        "lmb_sandbox_read_write_5d1f8a3c",
        "lmb_ lmb_short xlmb_Zk4Vq8Tn2Xw6Rb9Y climb_Zk4Vq8Tn2Xw6Rb9Y",
        "Bearer bb_your_api_key_here, Bearer bb_sk_your_key_here, bb_sk_a1b2c3d4e5f6...",
        r#"{"url":"https://billbot.io/api/mcp","headers":{"Authorization":"Bearer ${BB_KEY}"}}"#,
        REMOVED,
        r#"{"url":"https://api.faktoora.com/api/v1/mcp","headers":{"X-API-KEY":"your-api-token"}}"#,
        r#"{"url":"https://api.faktoora.com/api/v1/mcp","headers":{"X-API-KEY":"key-removed-by-lumabill"}}"#,
        r#"{"url":"https://api.faktoora.com/api/v1/mcp","headers":{"X-API-KEY":"${FAKTOORA_KEY}"}}"#,
        r#"{"url":"https://api.faktoora.com/api/v1/mcp","headers":{"X-API-KEY":"{env:FAKTOORA}"}}"#,
        r#"{"url":"https://api.faktoora.com/api/v1/mcp","headers":{"X-API-KEY":"<your key>"}}"#,
        r#"{"url":"https://api.faktoora.com/api/v1/mcp","headers":{"X-API-KEY":""},"x":"abcdefghijkl1"}"#,
        r#"{"args":["https://api.faktoora.com/api/v1/mcp","--header","X-API-KEY:${KEY_OF_MINE}"]}"#,
        r#"{"args":["https://api.faktoora.com/api/v1/mcp","--header","X-API-KEY: $KEY_OF_MINE"]}"#,
        "[mcp_servers.f]\nurl = \"https://api.faktoora.com/x\"\n\
         env_http_headers = { \"X-API-KEY\" = \"FAKTOORA_API_KEY\" }",
        "faktoora.com\nX-API-KEY:\n  something_else1: 12345678",
        "faktoora.com wants the X-API-KEY header12345",
        r#"{"url":"https://billstride.com/api/mcp/sse","headers":{"Authorization":"Basic dXNlcjpwYXNz"}}"#,
        "FAKTOORA_API_KEY=${X} BILLSTRIDE_TOKEN=",
    ] {
        none(text);
    }
}

#[test]
fn words_that_only_begin_like_a_key_raise_no_alarm() {
    for word in [
        "bb_build",
        "bb_build_release_x86_64",
        "bb_number_of_threads_16",
        "BB_ENV_PASSTHROUGH_ADDITIONS",
        "bb_runqemu_2024-11-21_aarch64",
        "abb_a1b2c3d4e5f6a7b8",
        "bb_internationalization_of_everything",
        "lib/bb_tests_12345678/x.py",
        "blmb_Zk4Vq8Tn2Xw6Rb9Y",
    ] {
        none(&format!("PATH={word}\n"));
        none(&format!(r#"{{"command": "{word}"}}"#));
    }
    // A weak shape is enough where something else says whose it is.
    only(Billbot, "bb_sk_abcdefgh", r#"{"headers":{"Authorization":"Bearer bb_sk_abcdefgh"}}"#);
    only(Billbot, "bb_sk_abcdefgh", r#"{"url":"https://billbot.io/api/mcp","env":{"K":"bb_sk_abcdefgh"}}"#);
}

#[test]
fn a_header_is_faktooras_where_the_same_entry_names_its_address() {
    let url = "https://api.faktoora.com/api/v1/mcp";
    for text in [
        format!(r#"{{"args":["mcp-remote","{url}","--header","X-API-KEY: {PLAIN}"]}}"#),
        format!(
            r#"{{"args":["mcp-remote","{url}","--header","x-api-key:{PLAIN}"],"env":{{"A":"http://x"}}}}"#
        ),
        format!(r#"{{"a":{{"headers":{{"X-Api-Key":"{PLAIN}"}},"u":"http://x","url":"{url}"}}}}"#),
        format!(r#"{{"url":"{url}","requestInit":{{"headers":{{"X-API-KEY":"{PLAIN}"}}}}}}"#),
        format!("{{\"url\":\"{url}\",\"headers\":[{{\"name\":\"X-API-KEY\",\n\"value\":\"{PLAIN}\"}}]}}"),
        format!("[mcp_servers.f]\nurl = \"{url}\"\n[mcp_servers.f.http_headers]\nX-API-KEY = \"{PLAIN}\""),
        format!("[mcp_servers.f]\nurl = \"{url}\"\nhttp_headers = {{ \"X-API-KEY\" = \"{PLAIN}\" }}"),
        format!("mcpServers:\n  - name: f\n    url: {url}\n    headers:\n      X-API-KEY: {PLAIN}\n"),
        format!("extensions:\n  f:\n    uri: {url}\n    headers: {{X-API-KEY: '{PLAIN}'}}\n"),
        format!("claude mcp add f {url} -H 'X-API-KEY: {PLAIN}'"),
        format!("FAKTOORA_API_KEY={PLAIN}"),
        format!(r#"{{"env":{{"FAKTOORA_API_TOKEN":"{PLAIN}"}}}}"#),
        format!(r#""{{\"url\":\"{url}\",\"headers\":{{\"X-API-KEY\":\"{PLAIN}\"}}}}""#),
    ] {
        only(Faktoora, PLAIN, &text);
    }
}

#[test]
fn a_header_of_another_server_is_not_faktooras() {
    let (ours, other) = ("https://api.faktoora.com/api/v1/mcp", "https://mcp.example/x");
    for text in [
        format!(
            r#"{{"m":{{"a":{{"url":"{ours}"}},"b":{{"url":"{other}","headers":{{"X-API-KEY":"{PLAIN}"}}}}}}}}"#
        ),
        format!(
            r#"{{"m":{{"b":{{"args":["{other}","--header","X-API-KEY: {PLAIN}"]}},"a":{{"url":"{ours}"}}}}}}"#
        ),
        format!("[m.a]\nurl = \"{ours}\"\n[m.b]\nurl = \"{other}\"\n[m.b.h]\nX-API-KEY = \"{PLAIN}\""),
        format!("m:\n  - url: {ours}\n  - url: {other}\n    headers:\n      X-API-KEY: {PLAIN}\n"),
        format!("X-API-KEY: {PLAIN}"),
    ] {
        none(&text);
    }
}

#[test]
fn a_text_without_its_keys_is_still_of_its_format() {
    let json = format!(r#"{{"url":"https://mcp.lumabill.ch/mcp?key={LMB}","k":["Bearer {BB}"]}}"#);
    assert!(serde_json::from_str::<serde_json::Value>(&without_keys(&json)).is_ok());
    let toml = format!("a = \"{LMB}\"\nb = ['{BB}']\n");
    assert!(without_keys(&toml).parse::<toml_edit::DocumentMut>().is_ok());
    let yaml = format!("a: {LMB}\nb: [Bearer {BB}, '{LMB}']\nc: {{d: {LMB}}}\n");
    assert!(serde_saphyr::from_str::<serde_json::Value>(&without_keys(&yaml)).is_ok());
}

#[test]
fn odd_texts_are_read_to_their_end() {
    for text in
        ["", "lmb_", "bb_", "x-api-key faktoora", "authorization: billstride.com bear", "{\"lmb_", "ä%lmb_ö"]
    {
        none(text);
    }
    let deep = format!("{}{LMB} faktoora.com x-api-key: {PLAIN}", "{".repeat(20_000));
    assert_eq!(found(&deep).len(), 2);
    let long = format!("billbot.io {}", format!("bb_{} ", "a".repeat(600)).repeat(500));
    none(&long);
}
