//! Whether git tracks a file: then its history holds the file's keys too.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::super::foreign::{Leftovers, Streams, run};
use crate::settings::UserFolders;

/// A repository on a drive that sleeps is not waited for.
const LIMIT: Duration = Duration::from_secs(2);

/// Variables by which git would look at another repository than the file's.
const OTHERS: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"];

/// True where git says that it tracks `file`; false where there is no git, no repository or no answer in time.
/// Starts nothing that the repository names: no hook, no file monitor, no pager, no remote.
pub fn is_tracked(file: &Path, folders: &UserFolders) -> bool {
    let (Some(git), Some(folder), Some(name)) = (folders.program("git"), file.parent(), file.file_name())
    else {
        return false;
    };
    // Without a repository around it there is nothing to ask.
    if !folder.ancestors().any(|folder| folder.join(".git").exists()) {
        return false;
    }
    let mut command = Command::new(git);
    command.args(["--no-pager", "--no-optional-locks", "--literal-pathspecs"]);
    command.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C"]).arg(folder);
    command.args(["ls-files", "--error-unmatch", "--"]).arg(name);
    for name in OTHERS {
        command.env_remove(name);
    }
    // A repository that lacks objects would have them fetched, by a program that its own configuration names.
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none").env("GIT_TERMINAL_PROMPT", "0");
    run(command, Streams::Stdout, LIMIT, Leftovers::Ended).is_ok_and(|ran| ran.succeeded())
}
