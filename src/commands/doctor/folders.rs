//! Our own folders and files: readable, writable, private, with room, and nothing left behind in them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::row::{Fix, Row};
use crate::failure::Failure;
use crate::settings::{Folders, quoted};

/// Files and folders that are looked at.
const MOST: usize = 5_000;
/// How deep below our folders.
const DEPTH: usize = 4;
/// A draft that is older was left by a process that ended.
const LEFT: Duration = Duration::from_secs(60);
/// Below this a journal can hardly grow, in bytes.
#[cfg(unix)]
const ROOM: u64 = 16 * 1024 * 1024;

/// What the shell installer of a release leaves beside our settings, in a folder that it makes open to all. There is
/// no secret in them, and what we put beside them is private by itself.
#[cfg(unix)]
const INSTALLERS: [&str; 3] = [RECEIPT, "env.fish", "env.sh"];
#[cfg(unix)]
const RECEIPT: &str = "lumabill-receipt.json";

/// `damaged` is why the config file could not be read.
pub fn check(folders: &Folders, damaged: Option<&Failure>) -> Vec<Row> {
    let file = folders.config_file();
    let config = Folder { id: "config_folder", what: "settings", variable: "LUMABILL_CONFIG_DIR" };
    let state =
        Folder { id: "state_folder", what: "journal, limits and marks", variable: "LUMABILL_STATE_DIR" };
    let mut rows = vec![config.check(&folders.config)];
    rows.push(match damaged {
        Some(failure) => Row::failure("config_file", failure),
        None if file.exists() => Row::ok("config_file", format!("`{}` can be read", file.display())),
        None => Row::ok("config_file", format!("`{}` does not exist yet: all defaults hold", file.display())),
    });
    rows.push(state.check(&folders.state));
    rows.extend(disk(&folders.state));
    let ours = ours(folders);
    rows.extend(private(&ours));
    rows.extend(leftovers(&ours));
    rows
}

/// What a folder of ours is for, and the variable that puts it elsewhere.
struct Folder {
    id: &'static str,
    what: &'static str,
    variable: &'static str,
}

impl Folder {
    fn check(&self, path: &Path) -> Row {
        let (id, what, shown) = (self.id, self.what, path.display());
        match fs::metadata(path) {
            Ok(meta) if !meta.is_dir() => Row::failed(
                id,
                format!("`{shown}`, which should hold {what}, is no folder"),
                format!("move `{shown}` away"),
            ),
            Ok(_) if fs::read_dir(path).is_err() || !writable(path) => Row::failed(
                id,
                format!("the folder `{shown}`, which holds {what}, cannot be read and written by you"),
                self.way_out(path),
            ),
            Ok(_) => Row::ok(id, format!("{what} in `{shown}`")),
            Err(error) if error.kind() == ErrorKind::NotFound => match existing(path) {
                // Never to be made one's own: it may be the root of the system.
                Some(parent) if !writable(parent) => Row::failed(
                    id,
                    format!("the folder `{shown}` for {what} cannot be made in `{}`", parent.display()),
                    self.elsewhere(),
                ),
                _ => Row::ok(id, format!("{what} in `{shown}`, which is made when it is needed")),
            },
            Err(error) => Row::failed(
                id,
                format!("the folder `{shown}`, which holds {what}, cannot be looked at: {error}"),
                self.elsewhere(),
            ),
        }
    }

    fn way_out(&self, path: &Path) -> String {
        if read_only(path) { self.elsewhere() } else { owner_hint(path).unwrap_or_else(|| self.elsewhere()) }
    }

    fn elsewhere(&self) -> String {
        let home = if cfg!(windows) { "" } else { "see that `HOME` is your home folder, or " };
        format!("{home}name a folder that you can write to in `{}`", self.variable)
    }
}

/// How what is ours is made the user's again. `None` where the name does not say that it is ours: a variable may lead
/// to any folder, and everything below it would change hands.
fn owner_hint(path: &Path) -> Option<String> {
    let shown = path.display().to_string();
    if cfg!(windows) {
        return Some(format!("see that `{shown}` is yours to write"));
    }
    let path = quoted(&shown);
    let ours = Path::new(&shown).iter().any(|part| part == "lumabill");
    ours.then(|| format!("make it yours: `sudo chown -R \"$USER\" {path} && chmod u+rwX {path}`"))
}

/// The nearest folder above that exists.
fn existing(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|folder| folder.exists())
}

/// Asks the system, and writes nothing.
#[cfg(unix)]
fn writable(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// On such a disk no owner helps.
#[cfg(unix)]
fn read_only(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(path, Access::WRITE_OK) == Err(rustix::io::Errno::ROFS)
}

#[cfg(not(unix))]
fn read_only(_path: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn writable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| !meta.permissions().readonly())
}

#[cfg(unix)]
fn disk(state: &Path) -> Option<Row> {
    let place = if state.exists() { state } else { existing(state)? };
    let disk = rustix::fs::statvfs(place).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    // Some file systems count no files.
    let no_files = disk.f_files > 0 && disk.f_favail == 0;
    let shown = format!("{} MB are free on the disk of `{}`", free / 1_000_000, place.display());
    let next = format!("make room on the disk of `{}`", place.display());
    Some(match free {
        _ if no_files => {
            Row::failed("disk", format!("the disk of `{}` takes no more files", place.display()), next)
        }
        ..1_000_000 => Row::failed("disk", shown, next),
        1_000_000..ROOM => Row::warning("disk", shown, next),
        _ => Row::ok("disk", shown),
    })
}

#[cfg(not(unix))]
fn disk(_state: &Path) -> Option<Row> {
    None
}

/// All that lies in our folders, the folders themselves first; links are not followed.
fn ours(folders: &Folders) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![(folders.config.clone(), 0)];
    if folders.state != folders.config {
        waiting.push((folders.state.clone(), 0));
    }
    while let Some((path, depth)) = waiting.pop() {
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if meta.is_symlink() || found.len() >= MOST {
            continue;
        }
        if meta.is_dir() && depth < DEPTH {
            let inside = fs::read_dir(&path).into_iter().flatten().flatten();
            waiting.extend(inside.map(|entry| (entry.path(), depth + 1)));
        }
        found.push(path);
    }
    found.sort();
    found
}

#[cfg(unix)]
fn private(ours: &[PathBuf]) -> Option<Row> {
    use std::os::unix::fs::MetadataExt;
    let meta = |path: &&PathBuf| fs::symlink_metadata(path).ok();
    let me = rustix::process::geteuid().as_raw();
    if let Some(foreign) = ours.iter().find(|path| meta(path).is_some_and(|meta| meta.uid() != me)) {
        let next = if me == 0 {
            "run lumabill as the user whose files these are, not as root".to_owned()
        } else {
            owner_hint(foreign).unwrap_or_else(|| {
                "let `LUMABILL_CONFIG_DIR` and `LUMABILL_STATE_DIR` lead to folders of your own".to_owned()
            })
        };
        let seen = format!("`{}` belongs to another user", foreign.display());
        return Some(Row::failed("private_files", seen, next));
    }
    let open = |path: &&PathBuf| meta(path).is_some_and(|meta| meta.mode() & 0o077 != 0);
    // Nobody gets to what lies in a private folder; but a key file is refused unless it is private itself.
    let closed = |path: &&PathBuf| {
        path.extension().is_none_or(|end| end != "key")
            && path
                .ancestors()
                .skip(1)
                .any(|above| ours.iter().any(|ours| ours == above) && !open(&&above.to_owned()))
    };
    let installers = |path: &&PathBuf| INSTALLERS.iter().any(|name| path.ends_with(name));
    let mut open: Vec<PathBuf> =
        ours.iter().filter(open).filter(|path| !closed(path) && !installers(path)).cloned().collect();
    if open.iter().all(|path| path.join(RECEIPT).is_file()) {
        open.clear();
    }
    let Some(first) = open.first() else {
        return (!ours.is_empty())
            .then(|| Row::ok("private_files", "no other user can read what lumabill keeps"));
    };
    let more = match open.len() - 1 {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let seen = format!("other users of this machine may read `{}`{more}", first.display());
    Some(Row::warning("private_files", seen, "run `lumabill doctor --fix`").fix(Fix::MakePrivate(open)))
}

/// On Windows the access list of the user's own folder protects what is below.
#[cfg(not(unix))]
fn private(_ours: &[PathBuf]) -> Option<Row> {
    None
}

/// Drafts that a process left which ended while it wrote. The lock files are no leftovers: the lock is freed with
/// the process, and the file stays.
fn leftovers(ours: &[PathBuf]) -> Option<Row> {
    let old = |path: &&PathBuf| {
        let meta = fs::symlink_metadata(path);
        let age = meta.and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
        age.is_some_and(|age| age > LEFT)
    };
    let left: Vec<PathBuf> = ours
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "new") && path.is_file())
        .filter(old)
        .cloned()
        .collect();
    let first = left.first()?;
    let seen = match left.len() {
        1 => format!("`{}` was left by a process that ended while it wrote", first.display()),
        n => format!(
            "`{}` and {} more were left by processes that ended while they wrote",
            first.display(),
            n - 1
        ),
    };
    Some(Row::warning("leftovers", seen, "run `lumabill doctor --fix`").fix(Fix::Remove(left)))
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::owner_hint;

    #[test]
    fn only_what_is_ours_by_its_name_is_told_to_change_hands_and_in_a_way_that_a_shell_takes() {
        for foreign in ["/", "/home/anna", "/var/lib", "relative"] {
            assert_eq!(owner_hint(Path::new(foreign)), None, "{foreign}");
        }
        let hint =
            owner_hint(Path::new("/Users/anna/Library/Application Support/lumabill/journal.db")).unwrap();
        let path = "'/Users/anna/Library/Application Support/lumabill/journal.db'";
        assert_eq!(hint, format!("make it yours: `sudo chown -R \"$USER\" {path} && chmod u+rwX {path}`"));
    }
}
