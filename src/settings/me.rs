//! [`me`]: the command that starts this program here, and [`quoted`]: for hints that work when they are pasted.

use std::path::{Path, PathBuf};

/// `lumabill` where PATH finds this very executable by that name, else its absolute path, quoted where a
/// shell would split it.
#[expect(clippy::disallowed_methods, reason = "`settings` is the one reader of the environment")]
pub fn me() -> String {
    let Ok(this) = std::env::current_exe() else { return "lumabill".to_owned() };
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    command_for(&this, &folders)
}

fn command_for(this: &Path, folders: &[PathBuf]) -> String {
    let name = format!("lumabill{}", std::env::consts::EXE_SUFFIX);
    let found = folders.iter().map(|folder| folder.join(&name)).find(|file| file.is_file());
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match found {
        Some(file) if real(&file) == real(this) => "lumabill".to_owned(),
        _ => program(&this.display().to_string(), cfg!(windows)),
    }
}

/// A program's path as shells take it: quoted, and on Windows part for part, since `"C:\a b\c.exe" login` is a command
/// to cmd and an error to PowerShell, and `C:\"a b"\c.exe login` a command to both.
fn program(path: &str, windows: bool) -> String {
    if !windows {
        return quoted(path);
    }
    // What canonical paths begin with means nothing to a shell.
    let path = path.strip_prefix(r"\\?\").filter(|path| !path.starts_with("UNC")).unwrap_or(path);
    let parts: Vec<String> = path.split('\\').map(part_for_windows).collect();
    parts.join("\\")
}

fn part_for_windows(part: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || ":._-+@~".contains(c);
    if part.chars().all(plain) { part.to_owned() } else { format!("\"{part}\"") }
}

/// Wraps `word` in quotes where a shell would split or expand it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\:._-+@%,=~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if cfg!(windows) {
        format!("\"{}\"", word.replace('"', "\\\""))
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{command_for, program, quoted};

    #[test]
    fn a_program_on_windows_is_quoted_part_for_part() {
        let desktop =
            r"C:\Users\Ada\AppData\Roaming\Claude\Claude Extensions\local.mcpb.x\server\lumabill.exe";
        let shown =
            r#"C:\Users\Ada\AppData\Roaming\Claude\"Claude Extensions"\local.mcpb.x\server\lumabill.exe"#;
        assert_eq!(program(desktop, true), shown);
        assert_eq!(program(r"\\?\C:\R&D\lumabill.exe", true), r#"C:\"R&D"\lumabill.exe"#);
        assert_eq!(program(r"C:\bin\lumabill.exe", true), r"C:\bin\lumabill.exe");
        assert_eq!(program("/a b/lumabill", false), "'/a b/lumabill'");
    }

    #[test]
    fn the_short_name_is_used_only_where_path_leads_to_this_executable() {
        let folder = std::env::temp_dir().join(format!("lumabill-me-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("lumabill{}", std::env::consts::EXE_SUFFIX));
        std::fs::write(&file, "").unwrap();
        let elsewhere = PathBuf::from("/opt/other/lumabill");
        let path = [folder.clone()];
        assert_eq!(command_for(&file, &path), "lumabill");
        assert_eq!(command_for(&elsewhere, &path), "/opt/other/lumabill");
        assert_eq!(command_for(&file, &[]), file.display().to_string());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_path_with_spaces_is_quoted() {
        assert_eq!(quoted("/Users/Ada L/bin/lumabill"), "'/Users/Ada L/bin/lumabill'");
        assert_eq!(quoted("/a/it's"), r"'/a/it'\''s'");
        assert_eq!((quoted("").as_str(), quoted("/plain").as_str()), ("''", "/plain"));
    }
}
