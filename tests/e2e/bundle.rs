//! The MCPB bundle as a host uses it: packed and unpacked by the packer's own program, its server started as the
//! packer's own library says, from a folder with a space and an umlaut, with an empty PATH and a fresh home.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Era, Home, McpSession, ToolResult};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The packer's program; its last words are its result.
fn packer(words: &[&str]) -> String {
    let program = root().join(".cache/mcpb/node_modules/.bin/mcpb");
    said(Command::new(program).args(words).stdin(Stdio::null()))
}

fn pack(words: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.arg(root().join("mcpb/pack.py")).args(words);
    command
}

#[track_caller]
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "run tests/install-tools.sh first, or read: {out}{err}");
    out
}

/// An unpacked bundle where a desktop app would keep it, made without packing: the built program is a link.
fn installed(home: &Home) -> PathBuf {
    let folder = extensions(home);
    fs::create_dir_all(folder.join("server")).unwrap();
    fs::copy(root().join("mcpb/manifest.json"), folder.join("manifest.json")).unwrap();
    link(&folder.join("server/lumabill"));
    folder
}

fn extensions(home: &Home) -> PathBuf {
    home.path().join("home/Claude Extensions für Ada/local.mcpb.lumabill")
}

/// The built program under another name, as its own file where the disk is another one.
pub fn link(to: &Path) {
    let built = env!("CARGO_BIN_EXE_lumabill");
    if fs::hard_link(built, to).is_err() {
        fs::copy(built, to).unwrap();
    }
}

/// The command that the host starts with these settings of the user on this platform.
fn config(folder: &Path, platform: &str, settings: &Value) -> Value {
    let script = root().join("tests/tools/bundle.mjs");
    let shown = said(Command::new("node").arg(script).arg(folder).args([platform, &settings.to_string()]));
    serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

/// That command in a home of its own: nothing else is in the environment, and PATH is empty.
fn started(folder: &Path, settings: &Value, home: &Home) -> Command {
    let config = config(folder, "linux", settings);
    let mut command = Command::new(config["command"].as_str().unwrap());
    let words = config["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    let variables =
        config["env"].as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap()));
    command
        .args(words)
        .env_clear()
        .env("HOME", home.path().join("home"))
        .env("PATH", "")
        .envs(variables)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn names(session: &mut McpSession) -> Vec<String> {
    let listed = session.ask("tools/list", json!({}));
    let tools = listed["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// The refused call's hint hands out this command of the bundle's own program.
#[track_caller]
fn hands_out(refused: &ToolResult, folder: &Path, words: &str) {
    assert!(refused.failed, "{}", refused.text);
    let hint = refused.structured["error"]["hint"].as_str().unwrap();
    let command = format!("`'{}' {words}", folder.join("server/lumabill").display());
    assert!(hint.contains(&command), "{hint}");
}

#[test]
fn a_packed_bundle_works_where_a_desktop_app_unpacks_it() {
    let home = Home::new();
    let (out, folder) = (home.path().join("out"), extensions(&home));
    let target = "x86_64-unknown-linux-gnu";
    let wanted = format!("{target}={}", env!("CARGO_BIN_EXE_lumabill"));
    let bundle = said(&mut pack(&[&wanted, "--out", out.to_str().unwrap()]));
    assert_eq!(Path::new(bundle.trim()), out.join(format!("lumabill-{target}.mcpb")));
    packer(&["unpack", bundle.trim(), folder.to_str().unwrap()]);
    // Checked with the icon that lies beside it.
    let checked = packer(&["validate", folder.join("manifest.json").to_str().unwrap()]);
    assert!(checked.contains("Manifest schema validation passes"), "{checked}");
    for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "icon.png"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["compatibility"]["platforms"], json!(["linux"]));

    // Nobody is logged in: tools are listed all the same, and the way to log in works in a shell.
    let mut session = McpSession::opened(started(&folder, &json!({}), &home), Era::Legacy);
    assert!(names(&mut session).contains(&"list_invoices".to_owned()));
    let refused = session.call("list_invoices", json!({}));
    hands_out(&refused, &folder, "login");

    let mut session = McpSession::opened(started(&folder, &json!({ "practice": true }), &home), Era::Modern);
    let listed = session.call("list_invoices", json!({ "limit": 2 })).done();
    assert_eq!(listed.structured["items"].as_array().unwrap().len(), 2);
}

#[test]
fn a_desktop_app_starts_the_server_twice_at_once() {
    let home = Home::new();
    let folder = installed(&home);
    for settings in [json!({ "practice": true }), json!({})] {
        let both = [Era::Legacy, Era::Modern].map(|era| (started(&folder, &settings, &home), era));
        // Both processes are there before either is spoken to.
        let mut sessions = both.map(|(command, era)| (McpSession::spawned(command, era), era));
        for (session, _) in &mut sessions {
            session.open();
        }
        let calls = sessions.each_mut().map(|(session, era)| {
            let client = json!({ "name": format!("Twice {era:?} AG") });
            (session.send_call("create_client", client), session.send_call("list_profiles", json!({})))
        });
        for ((session, _), (create, list)) in sessions.iter_mut().zip(calls) {
            let answers = [create, list].map(|id| session.answer(&id)["result"].clone());
            for answer in answers {
                let failed = answer["isError"] == true;
                assert_eq!(failed, settings.get("practice").is_none(), "{answer}");
            }
            session.lives();
        }
        if settings.get("practice").is_some() {
            for (session, _) in &mut sessions {
                let found = session.call("list_clients", json!({ "search": "Twice" })).done();
                assert_eq!(found.structured["items"].as_array().unwrap().len(), 2, "{}", found.text);
            }
        }
    }
}

#[test]
fn the_settings_of_a_bundle_are_those_of_the_server() {
    let home = Home::new();
    let folder = installed(&home);
    let open = |settings: Value| McpSession::opened(started(&folder, &settings, &home), Era::Modern);

    let reading = names(&mut open(json!({ "practice": true, "read_only": true, "toolsets": "all" })));
    assert!(reading.contains(&"list_accounts".to_owned()) && !reading.contains(&"create_client".to_owned()));
    let banking = names(&mut open(json!({ "practice": true, "toolsets": "banking" })));
    assert!(
        banking.contains(&"list_bank_transactions".to_owned())
            && !banking.contains(&"list_invoices".to_owned())
    );

    let mut careful = open(json!({ "practice": true, "confirm": "writes" }));
    let asked = careful.call("create_client", json!({ "name": "Muster AG" }));
    assert_eq!(asked.structured["error"]["code"], "confirmation_required", "{}", asked.text);

    // A folder for files, and practice in the place of a named account.
    let statements = home.path().join("home/Kontoauszüge 2026");
    fs::create_dir_all(&statements).unwrap();
    fs::copy(root().join("tests/data/statement-08.xml"), statements.join("a.xml")).unwrap();
    let settings = json!({ "practice": true, "account": "acme", "toolsets": "all", "files": statements });
    let shown = open(settings).call("preview_camt_file", json!({ "file": statements.join("a.xml") }));
    assert!(!shown.failed, "{}", shown.text);

    let mut named = open(json!({ "account": "acme" }));
    let refused = named.call("list_invoices", json!({}));
    hands_out(&refused, &folder, "login");
}

/// What a host on each platform starts, for each kind of bundle.
#[test]
fn a_bundle_names_the_program_of_each_platform() {
    let home = Arc::new(Home::new());
    let fake = |name: &str, magic: &[u8]| {
        let file = home.path().join(name);
        fs::write(&file, [magic, name.as_bytes()].concat()).unwrap();
        file.display().to_string()
    };
    let windows = format!("x86_64-pc-windows-msvc={}", fake("exe", b"MZ"));
    let intel = format!("x86_64-apple-darwin={}", fake("intel", b"\xcf\xfa\xed\xfe"));
    let silicon = format!("aarch64-apple-darwin={}", fake("silicon", b"\xcf\xfa\xed\xfe"));
    let linux = format!("x86_64-unknown-linux-musl={}", fake("elf", b"\x7fELF"));
    let out = home.path().join("out");
    let bundled = |name: &str, words: &[&str]| {
        let words = [words, &["--name", name, "--out", out.to_str().unwrap()]].concat();
        let bundle = said(&mut pack(&words));
        let folder = home.path().join(name);
        packer(&["unpack", bundle.trim(), folder.to_str().unwrap()]);
        folder
    };
    let command = |folder: &Path, platform: &str| {
        let config = config(folder, platform, &json!({}));
        config["command"].as_str().unwrap().strip_prefix(folder.to_str().unwrap()).unwrap().to_owned()
    };

    let desktop = bundled("desktop", &[&windows, &intel, &silicon]);
    assert_eq!(command(&desktop, "darwin"), "/server/lumabill");
    assert_eq!(command(&desktop, "win32"), "/server/lumabill.exe");
    assert_eq!(fs::read(desktop.join("server/lumabill.exe")).unwrap(), b"MZexe");
    // Both processors in one file, which begins as such files do; each part lies where the head says.
    let joined = fs::read(desktop.join("server/lumabill")).unwrap();
    assert_eq!(joined[..8], [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2]);
    let word = |at: usize| u32::from_be_bytes(joined[at..at + 4].try_into().unwrap()) as usize;
    for (head, name) in [(8, "silicon"), (28, "intel")] {
        let part = &joined[word(head + 8)..word(head + 8) + word(head + 12)];
        assert_eq!(part, [b"\xcf\xfa\xed\xfe", name.as_bytes()].concat());
    }

    let exe = bundled("exe only", &[&windows]);
    assert_eq!(command(&exe, "win32"), "/server/lumabill.exe");
    assert_eq!(command(&bundled("elf only", &[&linux]), "linux"), "/server/lumabill");

    for (words, why) in [
        (vec![&*linux, &*intel, "--name", "x"], "macOS and Linux take the same place"),
        (vec!["x86_64-pc-windows-msvc=Cargo.toml"], "is no binary for"),
        (vec!["riscv64-unknown-none=Cargo.toml"], "no platform is known"),
    ] {
        let refused = pack(&words).current_dir(root()).output().unwrap();
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && told.contains(why), "{told}");
    }
}

/// The tools in the manifest are those that are served by default, in the words of the list; `just golden` writes them.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads what it is told by `just golden`")]
fn golden_manifest_names_the_tools_and_the_version() {
    let file = root().join("mcpb/manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let home = Arc::new(Home::new());
    let run = crate::support::Lumabill::at(&home, &["serve", "--sandbox"]);
    let mut session = McpSession::start(&run, Era::Modern);
    let listed = session.ask("tools/list", json!({}));
    let tools = listed["tools"].as_array().unwrap().iter().map(|tool| {
        let about = tool["description"].as_str().unwrap();
        let first = about.split_once(". ").map_or(about, |(first, _)| first);
        json!({ "name": tool["name"], "description": first.trim_end_matches('.') })
    });
    let tools = Value::Array(tools.collect());
    if std::env::var_os("UPDATE_GOLDEN").is_some() && manifest["tools"] != tools {
        manifest["tools"] = tools.clone();
        fs::write(&file, serde_json::to_string_pretty(&manifest).unwrap() + "\n").unwrap();
    }
    assert!(manifest["tools"] == tools, "mcpb/manifest.json is stale: run `just golden`");
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    // No setting takes a secret: the key is kept in the keyring.
    for (name, setting) in manifest["user_config"].as_object().unwrap() {
        assert!(setting.get("sensitive").is_none() && !name.contains("key"), "{name}");
        assert!(
            setting.get("default").is_some(),
            "{name}: an open one would be passed on as `${{user_config.{name}}}`"
        );
    }
}
