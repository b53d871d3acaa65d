//! `--fix`: what can be mended is mended, one step at a time, each asked for at a terminal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::row::{Fix, Section, rows};
use crate::commands::{install, moving};
use crate::failure::Failure;
use crate::install::clients;
use crate::settings::{Settings, UserFolders};
use crate::terminal;

/// Asks for each step that the rows know, and takes it. True where something was changed.
pub fn mend(sections: &[Section], user: Option<&UserFolders>) -> Result<bool, Failure> {
    let mut steps: Vec<&Fix> = Vec::new();
    for fix in rows(sections).filter_map(|row| row.fix.as_ref()) {
        if !steps.contains(&fix) {
            steps.push(fix);
        }
    }
    let mut changed = false;
    for step in steps {
        changed |= match step {
            Fix::MakePrivate(paths) => make_private(paths),
            Fix::Remove(paths) => remove(paths),
            Fix::Renew { .. } => renew(step, user),
            Fix::MoveKeys => move_keys(user)?,
        };
    }
    Ok(changed)
}

fn make_private(paths: &[PathBuf]) -> bool {
    for path in paths {
        terminal::note(&format!("  {}", path.display()));
    }
    if !terminal::yes("Take the rights of other users away from these?") {
        return false;
    }
    let done = each(paths, "could not be made private", private);
    if let Some(key) = paths.iter().find(|path| path.extension().is_some_and(|end| end == "key")) {
        terminal::note(&format!(
            "others may have read `{}` before: if it holds an API key, make a new one in Lumabill (Settings > API) and \
             log in with that",
            key.display()
        ));
    }
    done
}

#[cfg(unix)]
fn private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let meta = fs::symlink_metadata(path)?;
    let mode = match meta {
        // Rights of a link are those of its target, which may be somebody else's.
        meta if meta.is_symlink() => return Ok(()),
        meta if meta.is_dir() => 0o700,
        _ => 0o600,
    };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "what it stands for elsewhere can fail")]
fn private(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn remove(paths: &[PathBuf]) -> bool {
    for path in paths {
        terminal::note(&format!("  {}", path.display()));
    }
    if !terminal::yes("Remove these drafts of processes that ended?") {
        return false;
    }
    each(paths, "could not be removed", |path| fs::remove_file(path))
}

/// True where one of them worked; says which did not.
fn each(paths: &[PathBuf], failed: &str, work: impl Fn(&Path) -> io::Result<()>) -> bool {
    let mut done = false;
    for path in paths {
        match work(path) {
            Ok(()) => done = true,
            Err(error) => terminal::note(&format!("`{}` {failed}: {error}", path.display())),
        }
    }
    done
}

fn move_keys(user: Option<&UserFolders>) -> Result<bool, Failure> {
    let Some(user) = user else { return Ok(false) };
    let mut settings = Settings::load()?;
    let exposed = moving::look(user);
    let before: usize = exposed.iter().map(|file| file.keys.len()).sum();
    Ok(moving::offer(exposed, &mut settings, user)? < before)
}

/// One that fails is told, and the next step is asked for all the same.
fn renew(step: &Fix, user: Option<&UserFolders>) -> bool {
    let Fix::Renew { client, name, words, project } = step else { return false };
    let (Some(user), Some(client)) = (user, clients::by_id(client)) else { return false };
    if !terminal::yes(&format!("Write the entry `{name}` of {} anew?", client.title)) {
        return false;
    }
    let done = install::renew(client, name, words.clone(), *project, user);
    if let Err(failure) = &done {
        terminal::failure(failure);
    }
    done.is_ok()
}
