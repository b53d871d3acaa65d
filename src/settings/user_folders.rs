//! [`UserFolders`]: where a person's other programs keep their configuration on this system.

use std::ffi::OsString;
use std::path::PathBuf;

/// The folders that the configuration of MCP clients lies in; none has to exist.
#[derive(Clone, Debug)]
pub struct UserFolders {
    pub home: PathBuf,
    /// `$XDG_CONFIG_HOME` or `~/.config`; `~/Library/Application Support` on macOS; `%APPDATA%` on Windows.
    pub config: PathBuf,
    /// `$XDG_CONFIG_HOME` or `~/.config` on every system: some programs use it everywhere.
    pub dot_config: PathBuf,
    /// `%LOCALAPPDATA%` on Windows.
    pub local_app_data: Option<PathBuf>,
    /// `CLAUDE_CONFIG_DIR`
    pub claude_config: Option<PathBuf>,
    /// `CODEX_HOME`
    pub codex_home: Option<PathBuf>,
    /// `COPILOT_HOME`
    pub copilot_home: Option<PathBuf>,
    /// The folders of `PATH`.
    pub path: Vec<PathBuf>,
    /// Folders whose contents do not last: `TMPDIR` and the like.
    pub temporary: Vec<PathBuf>,
}

impl UserFolders {
    /// As they are in this process; `None` where there is no home folder.
    #[expect(clippy::disallowed_methods, reason = "`settings` is the one reader of the environment")]
    pub fn read() -> Option<Self> {
        let home = directories::BaseDirs::new()?.home_dir().to_owned();
        Some(Self::from(home, |name| std::env::var_os(name)))
    }

    fn from(home: PathBuf, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let folder = |name: &str| set(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
        let dot_config = folder("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        let config = if cfg!(target_os = "macos") {
            home.join("Library/Application Support")
        } else if cfg!(windows) {
            folder("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming"))
        } else {
            dot_config.clone()
        };
        let mut temporary = vec![std::env::temp_dir()];
        if cfg!(unix) {
            temporary.extend(["/tmp", "/var/tmp", "/private/tmp", "/private/var/folders"].map(PathBuf::from));
        }
        Self {
            config,
            dot_config,
            local_app_data: folder("LOCALAPPDATA"),
            claude_config: folder("CLAUDE_CONFIG_DIR"),
            codex_home: folder("CODEX_HOME"),
            copilot_home: folder("COPILOT_HOME"),
            path: set("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default(),
            temporary,
            home,
        }
    }

    /// The first program of this name on `PATH`.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.path.iter().map(|folder| folder.join(&name)).find(|file| file.is_file())
    }
}
