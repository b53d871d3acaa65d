//! Homes with keys in odd places: what is looked into, and what is not.

use std::fs;
use std::path::{Path, PathBuf};

use super::{is_backup, look_in};
use crate::settings::UserFolders;

const KEY: &str = "lmb_Zk4Vq8Tn2Xw6Rb9Y";

/// A home of its own, removed when dropped.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("lumabill-moving-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder.canonicalize().unwrap())
    }

    fn folders(&self) -> UserFolders {
        UserFolders {
            home: self.0.clone(),
            config: self.0.join(".config"),
            dot_config: self.0.join(".config"),
            local_app_data: None,
            claude_config: None,
            codex_home: None,
            copilot_home: None,
            path: vec!["/usr/bin".into()],
            temporary: Vec::new(),
        }
    }

    fn put(&self, file: &str, text: &str) -> PathBuf {
        let file = self.0.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    /// File, client, whether it is a backup, and how many keys.
    fn found(&self, project: Option<&Path>) -> Vec<(String, &'static str, bool, usize)> {
        let mut found: Vec<_> = look_in(&self.folders(), project)
            .into_iter()
            .map(|file| {
                let below = file.file.strip_prefix(&self.0).unwrap().display().to_string();
                (below, file.client, file.backup, file.keys.len())
            })
            .collect();
        found.sort();
        found
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn entry() -> String {
    format!(r#"{{"mcpServers":{{"x":{{"url":"https://mcp.lumabill.ch/mcp?key={KEY}"}}}}}}"#)
}

#[test]
fn keys_are_found_in_files_of_clients_projects_and_backups() {
    let home = Home::new();
    for file in [
        ".cursor/mcp.json",
        ".cursor/mcp.json.bak",
        ".cursor/unrelated.json",
        ".claude.json.backup.1763710000000",
        ".claude/backups/whatever",
        ".config/Code/User/settings.json",
        "work/.mcp.json",
        "work/.mcp.json~",
        "work/other.json",
        ".config/Claude/claude_desktop_config.json.old",
    ] {
        home.put(file, &entry());
    }
    home.put(".codex/config.toml", &format!("[mcp_servers.l.env]\nLUMABILL_API_KEY = \"{KEY}\"\n# {KEY}\n"));
    home.put(".gemini/settings.json", "{}");
    let expected: Vec<(String, &str, bool, usize)> = [
        (".claude.json.backup.1763710000000", "claude-code", true, 1),
        (".claude/backups/whatever", "claude-code", true, 1),
        (".codex/config.toml", "codex", false, 2),
        (".config/Claude/claude_desktop_config.json.old", "claude-desktop", true, 1),
        (".config/Code/User/settings.json", "vscode", true, 1),
        (".cursor/mcp.json", "cursor", false, 1),
        (".cursor/mcp.json.bak", "cursor", true, 1),
        ("work/.mcp.json", "claude-code", false, 1),
        ("work/.mcp.json~", "claude-code", true, 1),
    ]
    .map(|(file, client, backup, keys)| (file.to_owned(), client, backup, keys))
    .into();
    assert_eq!(home.found(Some(&home.0.join("work"))), expected);
    assert!(!home.found(None).iter().any(|(file, ..)| file.starts_with("work")));
}

#[test]
fn earlier_texts_in_an_editors_history_are_found() {
    let home = Home::new();
    let list = |file: &str| {
        format!(r#"{{"version":1,"resource":"file:///home/ada/{file}","entries":[{{"id":"a1B2.json"}}]}}"#)
    };
    home.put(".config/Cursor/User/History/-1f2e/entries.json", &list(".cursor/mcp.json"));
    home.put(".config/Cursor/User/History/-1f2e/a1B2.json", &entry());
    home.put(".config/Cursor/User/History/77aa/entries.json", &list("notes/other.json"));
    home.put(".config/Cursor/User/History/77aa/a1B2.json", &entry());
    assert_eq!(
        home.found(None),
        [(".config/Cursor/User/History/-1f2e/a1B2.json".to_owned(), "cursor", true, 1)]
    );
}

#[test]
fn a_large_home_is_searched_in_time() {
    let home = Home::new();
    for number in 0..2000 {
        home.put(&format!("file{number}.txt"), "x");
    }
    let history = format!("{{\"history\":[\"{}\"]}}", "what a person said ".repeat(100_000));
    home.put(".claude.json", &history);
    for number in 0..20 {
        home.put(&format!(".claude/backups/.claude.json.backup.{number}"), &history);
    }
    let began = std::time::Instant::now();
    assert!(home.found(None).is_empty());
    // 0.04 s in an unoptimised build; a scan letter by letter takes 2.6 s.
    assert!(began.elapsed().as_secs() < 1, "{:?}", began.elapsed());
}

#[test]
fn names_of_backups_are_told_from_others() {
    for name in
        ["mcp.json.bak", "mcp.json~", "mcp.json.old", "mcp.json.orig.2", "mcp (copy).json", "mcp.old.json"]
    {
        assert!(is_backup(name, "mcp.json"), "{name}");
    }
    for name in ["mcp.json", "other.json.bak", "mcp.toml", "xmcp.json.bak"] {
        assert!(!is_backup(name, "mcp.json"), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_home_pipes_and_large_backups_are_left_alone() {
    let (home, elsewhere) = (Home::new(), Home::new());
    let far = elsewhere.put("mcp.json", &entry());
    fs::create_dir_all(home.0.join(".cursor")).unwrap();
    std::os::unix::fs::symlink(&far, home.0.join(".cursor/mcp.json")).unwrap();
    // Also where the program is started above the home.
    assert!(home.found(Some(Path::new("/"))).is_empty());
    let dotfiles = home.put("dotfiles/kiro.json", &entry());
    fs::create_dir_all(home.0.join(".kiro/settings")).unwrap();
    std::os::unix::fs::symlink(dotfiles, home.0.join(".kiro/settings/mcp.json")).unwrap();
    fs::create_dir_all(home.0.join(".gemini")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(home.0.join(".gemini/settings.json")).status();
    assert!(made.unwrap().success());
    home.put(".qwen/settings.json.bak", &format!("{}{}", entry(), " ".repeat(6 * 1024 * 1024)));
    home.put(".qwen/settings.json", &format!("{}{}", entry(), " ".repeat(6 * 1024 * 1024)));
    assert_eq!(
        home.found(None),
        [
            (".kiro/settings/mcp.json".to_owned(), "kiro", false, 1),
            (".qwen/settings.json".to_owned(), "qwen", false, 1)
        ]
    );
}

#[test]
fn a_file_that_git_tracks_is_told() {
    let home = Home::new();
    let file = home.put("work/.mcp.json", &entry());
    let work = home.0.join("work");
    let git = |arguments: &[&str]| {
        let git = std::process::Command::new("git").arg("-C").arg(&work).args(arguments).output().unwrap();
        assert!(git.status.success(), "{git:?}");
    };
    git(&["init", "-q"]);
    let tracked = || look_in(&home.folders(), Some(&work)).remove(0).tracked;
    assert!(!tracked());
    git(&["add", file.to_str().unwrap()]);
    assert!(tracked());
    // What the repository names is not started.
    git(&["config", "core.fsmonitor", "touch started; false"]);
    assert!(tracked());
    assert!(!work.join("started").exists());
}
