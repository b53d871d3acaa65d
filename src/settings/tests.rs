//! Settings as a whole: which account, floors, the file.

use std::ffi::OsString;
use std::path::PathBuf;

use super::policy::RateLimit;
use super::{Account, Confirm, Environment, Flags, Mode, Profile, Settings, StoredIn};
use crate::failure::{Exit, Failure};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("lumabill-settings-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn config(self, text: &str) -> Self {
        std::fs::write(self.0.join("config.toml"), text).unwrap();
        self
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.0.join("config.toml")).unwrap()
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Settings, Failure> {
        let environment = Environment::from(|name| match name {
            "LUMABILL_CONFIG_DIR" | "LUMABILL_STATE_DIR" => Some(self.0.clone().into_os_string()),
            _ => variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)),
        });
        Ok(Settings::of(environment)?)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

const TWO: &str = r#"
version = 1

[accounts.acme]
service = "lumabill"
origin = "https://acme.example"
stored_in = "keyring"
mode = "read_write"
profile = "11111111-1111-4111-8111-111111111111"
profiles = [{ id = "11111111-1111-4111-8111-111111111111", name = "Muster AG" },
            { id = "22222222-2222-4222-8222-222222222222", name = "Meier GmbH" }]

[accounts.lumabill]
service = "lumabill"
origin = "https://api.lumabill.ch"
stored_in = "file"
"#;

#[test]
fn the_account_is_the_flags_then_the_environments_then_the_settings() {
    let none = Folder::new();
    let first = none.load(&[]).unwrap().account(None).unwrap();
    assert_eq!((first.name.as_str(), first.origin.as_str()), ("lumabill", "https://api.lumabill.ch"));

    let two = Folder::new().config(TWO);
    let name = |variables, flag| two.load(variables).unwrap().account(flag).map(|account| account.name);
    assert_eq!(name(&[], None).unwrap(), "lumabill");
    assert_eq!(name(&[("LUMABILL_ACCOUNT", "acme")], None).unwrap(), "acme");
    assert_eq!(name(&[("LUMABILL_ACCOUNT", "acme")], Some("lumabill")).unwrap(), "lumabill");
    assert_eq!(name(&[], Some("other")).unwrap_err().code, "no_such_account");
    assert_eq!(name(&[], Some("Not A Name")).unwrap_err().exit, Exit::Usage);

    let renamed = Folder::new().config(&TWO.replace("accounts.lumabill]", "accounts.second]"));
    let unclear = renamed.load(&[]).unwrap().account(None).unwrap_err();
    assert_eq!(unclear.code, "account_not_chosen");
    assert!(unclear.message.contains("acme, second"), "{}", unclear.message);
}

#[test]
fn a_key_in_the_environment_makes_an_account_of_its_own() {
    let two = Folder::new().config(TWO);
    let key = ("LUMABILL_API_KEY", "lmb_test_0123456789");
    let settings = two.load(&[key, ("LUMABILL_API_URL", "https://other.example/")]).unwrap();
    let account = settings.account(None).unwrap();
    assert_eq!(account.stored_in, StoredIn::Environment);
    assert_eq!(account.origin, "https://other.example");
    assert_eq!(settings.account(Some("acme")).unwrap().stored_in, StoredIn::Keyring);
    assert_eq!(settings.accounts().unwrap().len(), 2);
    assert!(settings.warnings().is_empty());
    assert!(!format!("{settings:?}").contains("0123456789"));

    let address_only = two.load(&[("LUMABILL_API_URL", "https://evil.example")]).unwrap();
    assert_eq!(address_only.account(None).unwrap().origin, "https://api.lumabill.ch");
    assert!(address_only.warnings()[0].contains("LUMABILL_API_URL"));
    assert_eq!(
        two.load(&[("LUMABILL_API_KEY", "")]).unwrap().account(None).unwrap().stored_in,
        StoredIn::File
    );
}

#[test]
fn a_key_of_somebody_else_is_refused_before_anything_is_sent() {
    let folder = Folder::new();
    for (key, url, code) in [
        ("bb_sk_0123456789", "", "unusable_key"),
        ("lmb_sandbox_0123456789", "", "unusable_key"),
        ("lmb_sandbox_0123456789", "http://127.0.0.1:1", ""),
        ("lmb_a b", "", "unusable_key"),
    ] {
        let settings = folder.load(&[("LUMABILL_API_KEY", key), ("LUMABILL_API_URL", url)]).unwrap();
        let failure = settings.account(None).err();
        assert_eq!(failure.as_ref().map_or("", |failure| failure.code), code, "{key}");
        assert!(!failure.map(|failure| failure.text()).unwrap_or_default().contains("0123456789"));
    }
}

#[test]
fn flags_and_environment_only_tighten_what_the_settings_say() {
    let two = Folder::new().config(&format!("confirm = \"writes\"\nread_only = true\n{TWO}"));
    let settings = two.load(&[]).unwrap();
    let account = settings.account(Some("acme")).unwrap();
    let loose = Flags { confirm: Some(Confirm::Never), ..Flags::default() };
    let policy = settings.policy(&loose, &account).unwrap();
    assert!(policy.read_only);
    assert_eq!(policy.confirm, Confirm::Writes);
    assert_eq!(policy.profile.as_deref(), Some("11111111-1111-4111-8111-111111111111"));

    let other = Flags { profile: Some("meier gmbh".into()), ..Flags::default() };
    assert_eq!(Failure::from(settings.policy(&other, &account).unwrap_err()).code, "profile_fixed");
    let same = Flags { profile: Some("Muster AG".into()), ..Flags::default() };
    assert!(settings.policy(&same, &account).is_ok());
    let from_environment =
        two.load(&[("LUMABILL_PROFILE_ID", "22222222-2222-4222-8222-222222222222")]).unwrap();
    assert!(from_environment.policy(&Flags::default(), &account).is_err());

    let free = Folder::new().load(&[("LUMABILL_RATE_LIMIT", "600/200")]).unwrap();
    let policy = free.policy(&loose, &Account::unknown("lumabill")).unwrap();
    assert_eq!((policy.confirm, policy.read_only), (Confirm::Never, false));
    assert_eq!(policy.rate_limit, Some(RateLimit::PerMinute { reads: 600, writes: 200 }));
    assert_eq!(policy.duplicate_window.as_secs(), 86_400);
    assert_eq!(
        free.policy(&Flags::default(), &Account::unknown("lumabill")).unwrap().confirm,
        Confirm::Destructive
    );
}

#[test]
fn folders_of_the_flags_lie_inside_those_of_the_settings() {
    let folder = Folder::new();
    let (inside, outside) = (folder.0.join("docs/in"), folder.0.join("docs-out"));
    std::fs::create_dir_all(&inside).unwrap();
    std::fs::create_dir_all(&outside).unwrap();
    let mut settings = folder.load(&[]).unwrap();
    let account = Account::unknown("lumabill");
    let with = |files: Vec<PathBuf>| Flags { files, ..Flags::default() };
    assert!(settings.policy(&with(vec![outside.clone()]), &account).is_ok());
    settings.set("files", folder.0.join("docs").to_str().unwrap(), &account).unwrap();
    assert_eq!(settings.policy(&with(vec![inside]), &account).unwrap().files.len(), 1);
    let refused = settings.policy(&with(vec![outside]), &account).unwrap_err();
    assert_eq!(Failure::from(refused).code, "folder_not_allowed");
}

#[test]
fn a_file_that_cannot_be_understood_is_an_error_with_its_line() {
    for (text, line, word) in [
        ("version = 1\nconfirm = \"sometimes\"\n", "line 2", "sometimes"),
        ("version = 1\n\nread_onyl = true\n", "line 3", "read_onyl"),
        ("version = 1\n[accounts\n", "line 2", ""),
        ("version = 1\nrate_limit = \"fast\"\n", "line 2", "READS/WRITES"),
        ("version = 1\nhistory_days = 0\n", "line 2", "from 1 to 3650"),
        ("version = 0\n", "line 1", "`version` has to be 1"),
        (
            "[accounts.\"Not OK\"]\nservice=\"lumabill\"\norigin=\"https://x\"\nstored_in=\"keyring\"\n",
            "line 1",
            "Not OK",
        ),
    ] {
        let failure = Folder::new().config(text).load(&[]).unwrap_err();
        assert!(failure.message.contains(line), "{}", failure.message);
        assert!(failure.message.contains(word), "{}", failure.message);
        assert_eq!(failure.code, "config_invalid");
    }
}

#[test]
fn a_newer_file_is_refused_whatever_it_holds_and_written_by_nobody() {
    let text = "version = 2\nread_only = \"on weekdays\"\nnew_floor = true\n";
    let folder = Folder::new().config("version = 1\n");
    let mut running = folder.load(&[]).unwrap();
    let folder = folder.config(text);
    let failure = folder.load(&[]).unwrap_err();
    assert_eq!((failure.code, failure.exit), ("config_newer", Exit::Refused));
    for word in ["version 2", "versions up to 1", env!("CARGO_PKG_VERSION"), "nothing was sent"] {
        assert!(failure.message.contains(word), "{}", failure.message);
    }
    // A process of this version that has run since before.
    let refused = Failure::from(running.remove_account("acme").unwrap_err());
    assert_eq!((refused.code, folder.text().as_str()), ("config_newer", text));
}

#[test]
fn writing_keeps_comments_and_order_and_hides_the_file_from_others() {
    let folder = Folder::new().config(&format!("# mine\nread_only = true # since May\n{TWO}"));
    let mut settings = folder.load(&[]).unwrap();
    let account = settings.account(Some("acme")).unwrap();
    settings.set("read_only", "false", &account).unwrap();
    settings.set("rate_limit", "30/10", &account).unwrap();
    settings.set("profile", "Meier GmbH", &account).unwrap();
    settings.remember_mode("acme", Mode::ReadOnly).unwrap();
    let text = folder.text();
    assert!(text.starts_with("# mine\nread_only = false # since May\n"), "{text}");
    let again = folder.load(&[]).unwrap();
    let acme = again.account(Some("acme")).unwrap();
    assert_eq!(acme.profile.as_deref(), Some("22222222-2222-4222-8222-222222222222"));
    assert_eq!((acme.mode, acme.profiles.len()), (Mode::ReadOnly, 2));
    let shown = again.values(&acme);
    let rate = shown.iter().find(|value| value.key == "rate_limit").unwrap();
    assert_eq!((rate.text.as_str(), rate.from), ("30/10", "config"));
    settings.set("rate_limit", "", &account).unwrap();
    assert!(!folder.text().contains("rate_limit"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.0.join("config.toml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let left: Vec<_> =
        std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".new")), "{left:?}");
}

#[test]
fn an_account_survives_the_way_through_the_file() {
    let folder = Folder::new();
    let mut settings = folder.load(&[]).unwrap();
    let account = Account {
        stored_in: StoredIn::File,
        mode: Mode::ReadOnly,
        profile: Some("a".into()),
        profiles: vec![Profile { id: "a".into(), name: "Zürich \"Süd\" AG".into() }],
        ca_file: Some("/etc/ca.pem".into()),
        former_origins: vec!["http://127.0.0.1:8080".into()],
        ..Account::unknown("acme")
    };
    settings.put_account(&account).unwrap();
    settings.set("default_account", "acme", &account).unwrap();
    assert_eq!(folder.load(&[]).unwrap().account(None).unwrap(), account);
    settings.remove_account("acme").unwrap();
    assert_eq!(folder.load(&[]).unwrap().account(None).unwrap(), Account::unknown("lumabill"));
}

#[test]
fn values_are_checked_before_they_are_written() {
    let folder = Folder::new();
    let mut settings = folder.load(&[]).unwrap();
    let account = Account::unknown("lumabill");
    for (key, value) in [
        ("confirm", "always"),
        ("read_only", "yes"),
        ("toolsets", "invoicing,nonsense"),
        ("files", "/does/not/exist"),
        ("rate_limit", "0/0"),
        ("duplicate_window", "10s"),
        ("history_days", "0"),
        ("history_days", "3651"),
        ("history_days", "a year"),
        ("default_account", "nobody"),
        ("profile", "x"),
        ("colour", "red"),
    ] {
        assert!(settings.set(key, value, &account).is_err(), "{key}");
    }
    assert!(!folder.0.join("config.toml").exists());
    assert_eq!(settings.history_kept().as_secs(), 400 * 86_400);
    for (key, value) in [
        ("toolsets", "invoicing, reports"),
        ("duplicate_window", "48h"),
        ("confirm", "never"),
        ("history_days", "30"),
    ] {
        settings.set(key, value, &account).unwrap();
    }
    let policy = settings.policy(&Flags::default(), &account).unwrap();
    assert_eq!(policy.duplicate_window.as_secs(), 2 * 86_400);
    assert_eq!(settings.history_kept().as_secs(), 30 * 86_400);
    assert!(folder.text().contains("history_days = 30\n"), "{}", folder.text());
    assert_eq!(policy.toolsets, Some(vec!["invoicing".to_owned(), "reports".to_owned()]));
}
