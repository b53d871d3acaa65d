//! `lumabill spec` over real files and real addresses: what is read, what is fetched and with what, what is kept and shown.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::doctor::Checks;
use crate::support::{
    Answer, Ended, Home, Lumabill, PLANTED_KEY, Recorded, SandboxProcess, ScriptedServer, html, http,
    json as json_answer,
};

/// The description that the catalogue was made from.
fn ours() -> Value {
    let text = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/openapi.yaml"));
    serde_saphyr::from_str(&text.unwrap()).unwrap()
}

fn yaml() -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/openapi.yaml")).unwrap()
}

/// A home with a key for an address of this machine in the environment, and files beside it.
struct Desk {
    home: Arc<Home>,
    url: String,
}

impl Desk {
    fn at(url: &str) -> Self {
        Self { home: Arc::new(Home::new()), url: url.to_owned() }
    }

    /// Nobody listens there: nothing is to be sent.
    fn offline() -> Self {
        Self::at(&ScriptedServer::refusing())
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    fn spec(&self, arguments: &[&str]) -> Lumabill {
        let arguments = [&["spec"], arguments].concat();
        Lumabill::at(&self.home, &arguments).with_api(&self.url, PLANTED_KEY)
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let ended = self.spec(arguments).run();
        for text in [&ended.stdout, &ended.stderr] {
            assert!(!text.contains(PLANTED_KEY) && !text.contains('\u{1b}'), "{text}");
        }
        ended
    }

    fn kept(&self, account: &str) -> PathBuf {
        self.home.path().join(format!("config/spec/{account}.json"))
    }

    fn copy(&self, account: &str) -> PathBuf {
        self.home.path().join(format!("config/spec/{account}.openapi.json"))
    }

    /// Nothing is in use.
    #[track_caller]
    fn is_untouched(&self) {
        assert!(!self.kept("lumabill").exists() && !self.copy("lumabill").exists());
    }
}

/// The run was refused with these words.
#[track_caller]
fn refused(ended: Ended, code: i32, words: &[&str]) {
    let ended = ended.exits(code);
    for word in words {
        assert!(ended.stderr.contains(word), "no `{word}` in\n{}", ended.stderr);
    }
    assert!(ended.stderr.contains("error: ") && ended.stderr.contains("hint: "), "{}", ended.stderr);
}

/// No request carried anything of the account.
#[track_caller]
fn went_without_a_key(requests: &[Recorded]) {
    for request in requests {
        assert_eq!(request.method, "GET");
        for header in ["authorization", "x-profile-id", "x-api-key", "cookie", "referer", "idempotency-key"] {
            assert_eq!(request.header(header), None, "{}", request.head);
        }
        assert!(!request.head.contains(PLANTED_KEY), "{}", request.head);
    }
}

#[test]
fn files_are_read_by_what_is_in_them() {
    let desk = Desk::offline();
    let mut seen = Vec::new();
    for (name, bytes) in [
        ("a.yaml", yaml().into_bytes()),
        ("b.json", yaml().into_bytes()),
        ("c.txt", ours().to_string().into_bytes()),
        ("d", format!("\u{feff}{:#}", ours()).into_bytes()),
    ] {
        let file = desk.put(name, bytes);
        let said = desk.run(&["check", &file, "--json"]).exits(0).json();
        assert_eq!((said["all_found"].as_bool(), said["source"].as_str()), (Some(true), Some(file.as_str())));
        assert_eq!(said["origin"], desk.url.as_str());
        seen.push((said["operations"].clone(), said["rows"].clone(), said["new"].clone()));
        let text = desk.run(&["check", &file]).exits(0).stdout;
        assert!(text.contains("Lumabill REST API") && text.contains(&format!("spec use {file}\n")), "{text}");
        assert!(
            text.contains("servers that are ignored") && text.contains("  https://api.lumabill.ch\n"),
            "{text}"
        );
    }
    assert!(seen.iter().all(|one| *one == seen[0]) && seen[0].0.as_u64() > Some(40), "{seen:?}");
    let input = desk.spec(&["check", "-", "--json"]).input(ours().to_string()).run().exits(0).json();
    assert_eq!(input["source"], "standard input");
    desk.is_untouched();
}

#[test]
fn what_is_no_description_is_refused_and_changes_nothing() {
    let desk = Desk::offline();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(yaml().encode_utf16().take(500).flat_map(u16::to_le_bytes)).collect();
    for (name, bytes, words) in [
        ("s.json", br#"{"swagger": "2.0", "paths": {}}"#.to_vec(), &["Swagger 2.0", "swagger2openapi"][..]),
        ("p.html", b"<!DOCTYPE html><html></html>".to_vec(), &["web page", "openapi.json"]),
        ("u.json", utf16, &["UTF-16", "iconv"]),
        ("e.json", Vec::new(), &["empty"]),
        ("z.gz", b"\x1f\x8b\x08\0rest".to_vec(), &["compressed", "unpack"]),
        ("k.yaml", b"openapi: 3.0.0\npaths: {}\npaths: {}\n".to_vec(), &["`paths` is there twice"]),
        ("n.json", br#"{"openapi": "3.0.0", "paths": {}}"#.to_vec(), &["no operation"]),
        ("big.json", vec![b' '; 10_000_001], &["larger than 10 MB"]),
    ] {
        let file = desk.put(name, bytes);
        refused(desk.run(&["use", &file]), 1, words);
        refused(desk.run(&["check", &file]), 1, &["nothing was changed"]);
    }
    let gone = desk.run(&["use", "nowhere.json"]).exits(1);
    assert!(gone.stderr.contains("nowhere.json` cannot be read"), "{}", gone.stderr);
    refused(desk.run(&["check", "api.example.com/openapi.json"]), 1, &["an address begins with `https://`"]);
    refused(desk.run(&["check", "http://api.example.com/openapi.json"]), 2, &["not encrypted"]);
    refused(desk.run(&["check", "https://u:secret@h.invalid/x"]), 2, &["user name"]);
    desk.run(&["check"]).exits(2);
    desk.run(&["use", "x.json", "--discover"]).exits(2);
    desk.is_untouched();
}

#[test]
fn a_description_is_used_shown_and_removed() {
    let desk = Desk::offline();
    let none = desk.run(&["show"]).exits(0).stdout;
    assert!(none.contains("no API description in use") && none.contains("spec check FILE|URL"), "{none}");
    assert!(desk.run(&["show", "--json"]).exits(0).json()["in_use"].is_null());

    let file = desk.put("openapi.yaml", yaml());
    let used = desk.run(&["use", &file]).exits(0).stdout;
    for word in ["in use from now on for account `lumabill`", "restart your AI clients", "spec reset"] {
        assert!(used.contains(word), "no `{word}` in\n{used}");
    }
    for path in [desk.kept("lumabill"), desk.copy("lumabill")] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    let folder = desk.home.path().join("config/spec");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no draft is left");
    assert_eq!(fs::read(desk.copy("lumabill")).unwrap(), yaml().as_bytes(), "byte for byte");

    let shown = desk.run(&["show", "--json"]).exits(0).json();
    let in_use = &shown["in_use"];
    assert_eq!((in_use["counts"].as_bool(), in_use["copy_state"].as_str()), (Some(true), Some("unchanged")));
    assert_eq!(in_use["made_for"], desk.url.as_str());
    assert_eq!(in_use["sha256"].as_str().unwrap().len(), 64);
    let text = desk.run(&["show"]).exits(0).stdout;
    assert!(text.contains("Lumabill REST API") && text.contains(&file), "{text}");

    // The copy is the user's to look at; a change in it has no effect until it is taken over.
    fs::write(desk.copy("lumabill"), yaml() + "\n# mine\n").unwrap();
    assert_eq!(desk.run(&["show", "--json"]).json()["in_use"]["copy_state"], "changed");
    let again = desk.run(&["use", desk.copy("lumabill").to_str().unwrap(), "--json"]).exits(0).json();
    assert_eq!(again["changes"], json!([]), "compared with what was in use");
    assert_eq!(desk.run(&["show", "--json"]).json()["in_use"]["copy_state"], "unchanged");
    fs::remove_file(desk.copy("lumabill")).unwrap();
    assert_eq!(desk.run(&["show", "--json"]).json()["in_use"]["copy_state"], "gone");

    assert!(desk.run(&["reset"]).exits(0).stdout.contains("removed the API description"));
    desk.is_untouched();
    assert!(desk.run(&["reset"]).exits(0).stdout.contains("nothing was changed"));
}

#[test]
fn a_kept_file_that_cannot_be_used_says_what_to_do() {
    let desk = Desk::offline();
    let file = desk.put("openapi.yaml", yaml());
    desk.run(&["use", &file]).exits(0);
    for bytes in ["{", r#"{"version": 1}"#, "[]", r#"{"version": 99}"#] {
        fs::write(desk.kept("lumabill"), bytes).unwrap();
        refused(desk.run(&["show"]), 1, &["cannot be used", "spec use", "spec reset"]);
    }
    // The way out is not barred by what is wrong.
    desk.run(&["use", &file]).exits(0);
    desk.run(&["show"]).exits(0);
}

#[test]
fn an_address_is_fetched_without_the_key() {
    let document = ours().to_string();
    let body = document.clone();
    let server = ScriptedServer::start(move |request| {
        Answer::Bytes(match request.target.as_str() {
            "/docs/openapi.json?version=2" => http(200, &["content-type: text/plain"], &body),
            "/moved" => http(301, &["location: /moved/again"], ""),
            "/moved/again" => http(307, &["location: ../docs/openapi.json?version=2"], ""),
            "/round" => http(302, &["location: /round"], ""),
            "/login" => http(302, &["location: https://login.example/?back=secret"], "no"),
            "/closed" => json_answer(401, "{}"),
            "/page" => http(200, &["content-type: application/json"], "<html><a href='/docs/openapi.json'>"),
            "/empty-page" => html(200),
            "/down" => json_answer(503, "{}"),
            _ => json_answer(404, "{}"),
        })
    });
    let desk = Desk::at(&server.url());
    let at = |path: &str| format!("{}{path}", server.url());
    let said = desk.run(&["check", &at("/docs/openapi.json?version=2#top"), "--json"]).exits(0).json();
    assert_eq!(said["source"], at("/docs/openapi.json"), "without its query, which may be secret");
    desk.run(&["check", &at("/moved")]).exits(0);
    refused(desk.run(&["use", &at("/round")]), 1, &["again and again"]);
    refused(desk.run(&["use", &at("/login")]), 1, &["`https://login.example/`, which is not followed"]);
    refused(desk.run(&["use", &at("/closed")]), 1, &["HTTP 401", "without your key"]);
    refused(desk.run(&["use", &at("/page")]), 1, &["web page", "/docs/openapi.json`"]);
    refused(desk.run(&["use", &at("/empty-page")]), 1, &["web page", "`/v1/openapi.json`"]);
    refused(desk.run(&["use", &at("/nowhere")]), 1, &["HTTP 404", "--discover"]);
    refused(desk.run(&["use", &at("/down")]), 4, &["HTTP 503"]);
    let asked = server.requests().len();
    assert_eq!(asked, 1 + 3 + 4 + 6, "{asked}");
    desk.is_untouched();
    desk.run(&["use", &at("/docs/openapi.json?version=2")]).exits(0);
    assert_eq!(fs::read_to_string(desk.copy("lumabill")).unwrap(), document);
    desk.run(&["show"]).exits(0);
    assert_eq!(server.requests().len(), asked + 1, "`show` asks nobody");
    went_without_a_key(&server.requests());
}

#[test]
fn another_host_is_never_asked_and_nothing_is_read_without_end() {
    let other = ScriptedServer::always(json_answer(200, &ours().to_string()));
    let to = format!("location: {}/openapi.json", other.url());
    let server = ScriptedServer::start(move |request| match request.target.as_str() {
        "/elsewhere" => Answer::Bytes(http(302, &[&to], "")),
        "/large" => {
            Answer::Last([b"HTTP/1.1 200 OK\r\n\r\n{\"x\":\"".to_vec(), vec![b'a'; 10_100_000]].concat())
        }
        "/endless" => Answer::Endless,
        "/reset" => Answer::Reset,
        _ => Answer::Silence,
    });
    let desk = Desk::at(&server.url());
    let at = |path: &str| format!("{}{path}", server.url());
    refused(desk.run(&["use", &at("/elsewhere")]), 1, &["which is not followed", &other.url()]);
    assert_eq!(other.requests().len(), 0);
    refused(desk.run(&["use", &at("/large")]), 1, &["larger than 10 MB"]);
    refused(desk.run(&["use", &at("/endless")]), 1, &["larger than 10 MB"]);
    refused(desk.run(&["use", &at("/reset")]), 4, &["broke"]);
    refused(desk.run(&["use", &format!("{}/x", ScriptedServer::refusing())]), 4, &["refused"]);
    desk.is_untouched();
    went_without_a_key(&server.requests());
}

#[test]
fn the_usual_places_are_looked_at_below_the_own_address() {
    let sandbox = SandboxProcess::start(&[]);
    let home = Arc::new(Home::new());
    let used =
        Lumabill::at(&home, &["spec", "use", "--discover"]).with_api(&sandbox.url, &sandbox.key()).run();
    let used = used.exits(0);
    assert!(used.stderr.contains("/openapi.json: here it is"), "{}", used.stderr);
    assert!(used.stdout.contains(&format!("from {}/openapi.json", sandbox.url)), "{}", used.stdout);

    let body = ours().to_string();
    let server = ScriptedServer::start(move |request| {
        Answer::Bytes(match request.target.as_str() {
            "/base/v3/api-docs" => json_answer(200, &body),
            "/base/swagger.json" => json_answer(200, r#"{"swagger": "2.0"}"#),
            "/base/openapi.yaml" => html(200),
            "/base/v1/openapi.json" => json_answer(401, "{}"),
            _ => json_answer(404, "{}"),
        })
    });
    let desk = Desk::at(&format!("{}/base", server.url()));
    let ended = desk.run(&["check", "--discover", "--json"]).exits(0);
    let said = ended.json();
    assert_eq!(said["source"], format!("{}/base/v3/api-docs", server.url()));
    let answered = |place: &str| {
        let tried = said["tried"].as_array().unwrap();
        tried.iter().find(|one| one["place"] == place).unwrap()["answer"].as_str().unwrap().to_owned()
    };
    assert!(answered("/base/swagger.json").contains("Swagger 2.0"));
    assert!(answered("/base/openapi.yaml").contains("web page"));
    assert_eq!(answered("/base/v1/openapi.json"), "HTTP 401");
    assert!(ended.stderr.contains("  /base/openapi.json: HTTP 404\n"), "{}", ended.stderr);
    went_without_a_key(&server.requests());
    assert!(server.requests().iter().all(|request| request.target.starts_with("/base/")));

    let empty = ScriptedServer::always(json_answer(404, "{}"));
    let desk = Desk::at(&empty.url());
    refused(desk.run(&["use", "--discover"]), 1, &["no API description was found", "documentation"]);
    assert!(empty.requests().len() > 20);
    desk.is_untouched();
    refused(Desk::offline().run(&["use", "--discover"]), 4, &["refused"]);
    let busy = ScriptedServer::always(json_answer(429, "{}"));
    refused(Desk::at(&busy.url()).run(&["use", "--discover"]), 4, &["429"]);
    assert_eq!(busy.requests().len(), 1);
}

#[test]
fn hostile_references_and_paths_are_told_and_followed_nowhere() {
    let server = ScriptedServer::always(json_answer(200, "{}"));
    let desk = Desk::at(&server.url());
    let mut document = ours();
    let operation = |reference: &str| {
        json!({"responses": {"200": {"description": "", "content": {
            "application/json": {"schema": {"$ref": reference}}}}}})
    };
    document["paths"]["/v1/further"] = json!({
        "get": operation(&format!("{}/schema.json", server.url())),
        "post": operation("file:///etc/passwd"),
        "put": operation("other.yaml#/A"),
    });
    document["paths"]["https://evil.example/v1/x"] = json!({"get": {}});
    document["paths"]["/../x\u{202e}"] = json!({"get": {}});
    document["servers"] = json!([{"url": "https://evil.example/"}, {"url": "/"}]);
    let file = desk.put("openapi.json", document.to_string());
    let ended = desk.run(&["check", &file]);
    let text = &ended.stdout;
    for words in [
        "3 references lead outside the file and were left out",
        "2 paths cannot be put below the account's address and were left out",
        "servers that are ignored",
        "  https://evil.example/\n",
    ] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    assert!(!text.contains('\u{202e}'), "{}", text.escape_debug());
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn each_account_has_its_own() {
    let desk = Desk::offline();
    let file = desk.put("openapi.yaml", yaml());
    let other = "[accounts.acme]\nservice = \"lumabill\"\norigin = \"https://api.acme.example\"\nstored_in = \"file\"\n\
                 [accounts.bot]\nservice = \"billbot\"\norigin = \"https://billbot.io/api/mcp\"\nstored_in = \"file\"\n";
    fs::write(desk.home.path().join("config/config.toml"), other).unwrap();
    let own = |arguments: &[&str]| Lumabill::at(&desk.home, &[&["spec"], arguments].concat()).run();
    own(&["use", &file, "--account", "acme"]).exits(0);
    assert!(desk.kept("acme").exists() && !desk.kept("lumabill").exists());
    desk.run(&["use", &file]).exits(0);
    let kept =
        |account: &str| -> Value { serde_json::from_slice(&fs::read(desk.kept(account)).unwrap()).unwrap() };
    assert_eq!(kept("acme")["origin"], "https://api.acme.example");
    assert_eq!(kept("lumabill")["origin"], desk.url.as_str());
    let named = desk.spec(&["show", "--json"]).env("LUMABILL_ACCOUNT", "mine").run().exits(0).json();
    assert_eq!((named["account"].as_str(), named["in_use"].is_null()), (Some("mine"), true));
    refused(own(&["use", &file, "--account", "bot"]), 2, &["remote MCP server", "--account"]);
    refused(own(&["show", "--account", "nobody"]), 3, &["nobody"]);
    refused(own(&["show"]), 2, &["several accounts"]);
    own(&["reset", "--account", "acme"]).exits(0);
    assert!(!desk.kept("acme").exists() && desk.kept("lumabill").exists());
    // One whose account is gone.
    own(&["reset", "--account", "lumabill"]).exits(0);
    desk.is_untouched();
}

#[test]
fn doctor_says_which_description_is_in_use() {
    let profiles = r#"{"data":[{"id":"a","company_name":"Muster AG"}],"total":1}"#;
    let server = ScriptedServer::always(json_answer(200, profiles));
    let desk = Desk::at(&server.url());
    let doctor =
        |url: &str| Checks::of(Lumabill::at(&desk.home, &["doctor", "--json"]).with_api(url, PLANTED_KEY));
    assert!(!doctor(&server.url()).has("api_description"));
    let file = desk.put("openapi.yaml", yaml());
    desk.run(&["use", &file]).exits(0);
    doctor(&server.url()).is("api_description", "ok", "Lumabill REST API", "");
    let other = ScriptedServer::always(json_answer(200, profiles));
    doctor(&other.url()).is("api_description", "warning", &server.url(), "spec reset");
    let shown = Lumabill::at(&desk.home, &["spec", "show"]).with_api(&other.url(), PLANTED_KEY).run();
    assert!(shown.exits(0).stdout.contains("not used"));
    fs::write(desk.copy("lumabill"), "changed").unwrap();
    doctor(&server.url()).is("api_description", "warning", "was changed since", "spec use");
    fs::remove_file(desk.copy("lumabill")).unwrap();
    doctor(&server.url()).is("api_description", "warning", "gone", "spec use FILE");
    fs::write(desk.kept("lumabill"), "{").unwrap();
    doctor(&server.url()).is("api_description", "failed", "cannot be used", "spec use FILE");
}

#[test]
fn login_takes_a_description_and_logout_removes_it() {
    let sandbox = SandboxProcess::start(&[]);
    let desk = Desk::at(&sandbox.url);
    let file = desk.put("openapi.yaml", yaml());
    let login = |key: &str, spec: &str| {
        let arguments =
            ["login", "--with-token", "--insecure-storage", "--api-url", &sandbox.url, "--spec", spec];
        Lumabill::at(&desk.home, &arguments).input(key.to_owned()).run()
    };
    refused(login(&sandbox.key(), "nowhere.yaml"), 1, &["nowhere.yaml` cannot be read"]);
    login("lmb_sandbox_revoked_e2c5380f", &file).exits(3);
    desk.is_untouched();
    let said = login(&sandbox.key(), &file).exits(0).stdout;
    assert!(said.contains("  API      as Lumabill REST API"), "{said}");
    assert!(desk.kept("lumabill").exists());
    // A login that fails leaves what was in use.
    let before = fs::read(desk.kept("lumabill")).unwrap();
    login("lmb_sandbox_revoked_e2c5380f", &file).exits(3);
    assert_eq!(fs::read(desk.kept("lumabill")).unwrap(), before);
    let remote = ["login", "--with-token", "--service", "billbot", "--spec", &file];
    refused(Lumabill::at(&desk.home, &remote).input("bb_x").run(), 2, &["`--spec` is for"]);
    let out = Lumabill::at(&desk.home, &["logout"]).run().exits(0).stdout;
    assert!(out.contains("removed the API description of account `lumabill`"), "{out}");
    desk.is_untouched();
}
