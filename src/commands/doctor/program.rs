//! This program: where it is, which version, and whether a shell finds it or another one.

use std::path::{Path, PathBuf};

use super::row::Row;
use super::started::{self, Answered};
use crate::settings::UserFolders;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn check(folders: Option<&UserFolders>) -> Vec<Row> {
    let Ok(this) = std::env::current_exe() else {
        return vec![Row::warning(
            "binary",
            "the system does not tell where this program is",
            "start it by its full path",
        )];
    };
    let mut rows = vec![Row::ok("binary", format!("lumabill {VERSION}, `{}`", this.display()))];
    rows.extend(folders.map(|folders| path(&this, &programs(folders))));
    rows
}

/// Every program of our name on PATH, in order, none twice.
fn programs(folders: &UserFolders) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for file in folders.programs("lumabill") {
        if !found.iter().any(|known| started::same(known, &file)) {
            found.push(file);
        }
    }
    found
}

fn path(this: &Path, found: &[PathBuf]) -> Row {
    let ours = found.iter().position(|file| started::same(file, this));
    let others = found.iter().filter(|file| !started::same(file, this)).collect::<Vec<_>>();
    match (ours, others.first()) {
        (Some(0), None) => Row::ok("path", "a shell finds it by its name"),
        (Some(0), Some(other)) => {
            Row::ok("path", format!("a shell finds it by its name, before {}", named(other)))
        }
        (None, None) => {
            Row::ok("path", "no folder of PATH holds it: a shell needs its full path, clients have that")
        }
        (_, Some(other)) => Row::warning(
            "path",
            format!("a shell that is told `lumabill` starts {}", named(other)),
            format!(
                "remove `{}`, or put `{}` before its folder in PATH",
                other.display(),
                this.parent().unwrap_or(this).display()
            ),
        ),
        // Ours is not the first, but there is no other: no such case.
        (Some(_), None) => Row::ok("path", "a shell finds it"),
    }
}

/// Another program of our name, with its version where it tells one.
fn named(other: &Path) -> String {
    if other.is_relative() {
        return format!("`{}` of whatever folder you are in", other.display());
    }
    match started::version(other) {
        Answered::Version(version) => format!("`{}` (version {version})", other.display()),
        Answered::Else => format!("`{}`, which is no lumabill", other.display()),
        Answered::Nothing => format!("`{}`, which does not start", other.display()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::named;

    #[test]
    fn what_lies_in_the_current_folder_is_not_started() {
        assert_eq!(named(Path::new("./lumabill")), "`./lumabill` of whatever folder you are in");
        assert!(named(Path::new("/nowhere/lumabill")).ends_with("which does not start"));
    }
}
