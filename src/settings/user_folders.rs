//! [`UserFolders`]: where a person's other programs keep their configuration on this system.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

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

    /// The first program of this name on `PATH`: on Windows also the `.cmd` files that npm makes.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.programs(name).next()
    }

    /// Every program of this name on `PATH`, in order.
    pub fn programs(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };
        // A relative folder of PATH would lead elsewhere in every working directory.
        let folders = self.path.iter().filter(|folder| folder.is_absolute());
        folders
            .flat_map(move |folder| endings.iter().map(move |ending| folder.join(format!("{name}{ending}"))))
            .filter(|file| is_program(file))
    }
}

/// True for a file that can be started.
fn is_program(file: &Path) -> bool {
    let Ok(metadata) = file.metadata() else { return false };
    #[cfg(unix)]
    let startable = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let startable = true;
    metadata.is_file() && startable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> UserFolders {
        UserFolders::from(PathBuf::from("/home/anna"), |name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn the_configuration_folder_follows_its_variable_unless_it_is_relative_or_empty() {
        assert_eq!(read(&[]).config, Path::new("/home/anna/.config"));
        assert_eq!(read(&[("XDG_CONFIG_HOME", "/etc/anna")]).config, Path::new("/etc/anna"));
        assert_eq!(read(&[("XDG_CONFIG_HOME", "/etc/anna")]).dot_config, Path::new("/etc/anna"));
        assert_eq!(read(&[("XDG_CONFIG_HOME", "")]).config, Path::new("/home/anna/.config"));
        assert_eq!(read(&[("XDG_CONFIG_HOME", "etc")]).config, Path::new("/home/anna/.config"));
    }

    #[cfg(unix)]
    #[test]
    fn clients_that_were_moved_are_found_where_they_are() {
        let folders = read(&[("CLAUDE_CONFIG_DIR", "/a"), ("CODEX_HOME", "/b"), ("COPILOT_HOME", "c")]);
        assert_eq!(folders.claude_config.as_deref(), Some(Path::new("/a")));
        assert_eq!(folders.codex_home.as_deref(), Some(Path::new("/b")));
        assert_eq!(folders.copilot_home, None, "a relative folder is none");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_looked_for_in_absolute_folders_in_order() {
        let folders = read(&[("PATH", ".:/nowhere:/bin:/usr/bin")]);
        assert_eq!(folders.program("sh").as_deref(), Some(Path::new("/bin/sh")));
        assert_eq!(folders.program("no-such-program"), None);
        assert_eq!(read(&[("PATH", "/")]).program("bin"), None, "a folder is no program");
        assert_eq!(read(&[]).program("sh"), None);
    }
}
