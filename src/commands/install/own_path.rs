//! Which path of this program is written into a client's file: one that lasts. A link on PATH that leads to this
//! very executable survives upgrades and comes first; what lies in a build folder, a temporary folder or a
//! package cache is refused, since the client would fail silently once it is gone.

use std::path::{Component, Path, PathBuf};

use crate::failure::{Exit, Explain, Failure};
use crate::settings::{UserFolders, quoted};

/// Why no path of this program can be written into a client's file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotLasting {
    #[error("`{}` is this program's own file, and it was replaced or removed since it was started", .0.display())]
    Gone(PathBuf),
    #[error("`{}` lies in a build folder: the next clean build takes it away", .0.display())]
    Build(PathBuf),
    #[error("`{}` lies in a temporary folder: it does not last", .0.display())]
    Temporary(PathBuf),
    #[error("`{}` lies in the cache of a package manager: it does not last", .0.display())]
    Cache(PathBuf),
    #[error("`{}` is not called `lumabill`, so its entries could not be told from others'", .0.display())]
    Renamed(PathBuf),
    #[error("the path `{}` is not written in UTF-8, which clients' files are", .0.display())]
    NotText(PathBuf),
}

impl Explain for NotLasting {
    fn code(&self) -> &'static str {
        "path_does_not_last"
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn hint(&self) -> Option<String> {
        let copy = |file: &Path| {
            if cfg!(windows) {
                "copy it to a folder of yours that is on PATH, and run it from there".to_owned()
            } else {
                format!(
                    "copy it to where it stays, and run it from there: mkdir -p ~/.local/bin && cp {} \
                     ~/.local/bin/lumabill && ~/.local/bin/lumabill install",
                    quoted(&file.display().to_string())
                )
            }
        };
        Some(match self {
            Self::Gone(_) => "run the command again".to_owned(),
            Self::Build(file) => {
                format!("run `cargo install --path .` in the project's folder; or {}", copy(file))
            }
            Self::Temporary(file) | Self::Cache(file) => copy(file),
            Self::Renamed(_) => {
                format!("rename it to `lumabill{}`, and run the command again", std::env::consts::EXE_SUFFIX)
            }
            Self::NotText(_) => {
                "move the program to a folder whose name is UTF-8, and run it there".to_owned()
            }
        })
    }
}

/// The path by which clients are to start this program.
pub fn own_path(folders: &UserFolders) -> Result<String, Failure> {
    let this = std::env::current_exe().map_err(|error| {
        Failure::new("path_unknown", Exit::Refused, "the system does not say where this program's file is")
            .because(error.to_string())
    })?;
    Ok(as_text(lasting(&this, folders)?)?)
}

/// Why a program in somebody's entry will not stay where it is, in words that go on after its path; `None` where nothing
/// says so. Build folders are a developer's own affair.
pub fn fleeting(file: &Path, folders: &UserFolders) -> Option<&'static str> {
    match check(file, folders) {
        Err(NotLasting::Temporary(_)) => Some("in a temporary folder, which does not last"),
        Err(NotLasting::Cache(_)) => Some("in the cache of a package manager, which does not last"),
        Err(_) => None,
        // Only where `install` knows a better one.
        Ok(()) => (is_of_one_version(file) && own_path(folders).is_ok_and(|own| Path::new(&own) != file))
            .then_some("in the folder of one version, which goes with the next"),
    }
}

/// True below Homebrew's Cellar, and below a folder that is named by a version of ours: `0.1.0`, `v0.1.0`, `lumabill-0.1.0`.
fn is_of_one_version(file: &Path) -> bool {
    let folders = words(file.parent().unwrap_or(file));
    folders.iter().any(|folder| {
        let version = folder.rsplit(['-', '@', '_']).next().unwrap_or(folder);
        let mut numbers = version.strip_prefix('v').unwrap_or(version).split('.');
        *folder == "Cellar"
            || numbers.clone().count() == 3
                && numbers.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// Where this program is, whether that lasts or not: for what is printed only.
pub fn present_path() -> String {
    std::env::current_exe().map_or_else(|_| "lumabill".to_owned(), |this| this.display().to_string())
}

fn as_text(path: PathBuf) -> Result<String, NotLasting> {
    path.into_os_string().into_string().map_err(|path| NotLasting::NotText(path.into()))
}

fn lasting(this: &Path, folders: &UserFolders) -> Result<PathBuf, NotLasting> {
    let real = this.canonicalize().map_err(|_| NotLasting::Gone(this.to_owned()))?;
    let name = format!("lumabill{}", std::env::consts::EXE_SUFFIX);
    let leads_here = |link: &PathBuf| link.canonicalize().is_ok_and(|target| target == real);
    let on_path = folders.path.iter().filter(|folder| folder.is_absolute()).map(|folder| folder.join(&name));
    let links = on_path.chain(brewed(&real, &name)).filter(leads_here);
    for link in links {
        // Where a person linked a build into a folder of theirs, the link stays when the build is made anew.
        if check(&link, folders).is_ok()
            && !matches!(check(&real, folders), Err(wrong) if !wrong.may_be_linked())
        {
            return Ok(link);
        }
    }
    check(&real, folders)?;
    if real.file_name().is_some_and(|own| own.eq_ignore_ascii_case(&*name)) {
        Ok(plain(real))
    } else {
        Err(NotLasting::Renamed(real))
    }
}

impl NotLasting {
    /// True where a lasting link makes up for it.
    fn may_be_linked(&self) -> bool {
        matches!(self, Self::Build(_) | Self::Cache(_))
    }
}

/// The links that Homebrew keeps for a file in its Cellar, whose path holds the version.
fn brewed(real: &Path, name: &str) -> Vec<PathBuf> {
    let prefix = real.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "Cellar"));
    let prefix = prefix.and_then(Path::parent);
    prefix
        .map(|prefix| [prefix.join("bin").join(name), prefix.join("opt/lumabill/bin").join(name)].into())
        .unwrap_or_default()
}

/// Without the `\\?\` that Windows puts before a canonical path, and that many programs do not know.
fn plain(real: PathBuf) -> PathBuf {
    match real.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(text) if !text.starts_with("UNC") => text.into(),
        _ => real,
    }
}

/// Refuses a file that will not last where it is.
fn check(file: &Path, folders: &UserFolders) -> Result<(), NotLasting> {
    // The folder as it really is, and the link itself as it is.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = file.parent().map(real).unwrap_or_default();
    let home = real(&folders.home);
    let below_temporary = folders.temporary.iter().map(|temporary| real(temporary)).any(|temporary| {
        // A home in a temporary folder lasts no longer than a program there.
        folder.starts_with(&temporary) && !home.starts_with(&temporary)
    });
    if is_build(&folder) {
        Err(NotLasting::Build(file.to_owned()))
    } else if below_temporary {
        Err(NotLasting::Temporary(file.to_owned()))
    } else if is_cache(&folder, &home) {
        Err(NotLasting::Cache(file.to_owned()))
    } else {
        Ok(())
    }
}

/// Folders that cargo makes below its target folder, directly or below the name of a platform.
const PROFILES: [&str; 4] = ["debug", "release", "dist", "deps"];

fn is_build(folder: &Path) -> bool {
    let parts = words(folder);
    parts.iter().enumerate().any(|(at, part)| {
        let below = parts.get(at + 1..).unwrap_or_default();
        *part == "target" && below.iter().take(2).any(|below| PROFILES.contains(below))
    }) || folder.ancestors().any(|above| is_tagged(above) && above.join(".rustc_info.json").exists())
}

/// Names of folders that a package manager clears, or makes anew for each session or version.
const CACHES: [&str; 9] = [
    "_npx",
    "_cacache",
    ".cache",
    "archive-v0",
    ".pnpm",
    ".pnpm-store",
    "fnm_multishells",
    "AppTranslocation",
    "Caches",
];

/// The same, told by two folders one in the other.
const NESTED_CACHES: [[&str; 2]; 7] = [
    [".cargo", "registry"],
    [".cargo", "git"],
    ["pnpm", "store"],
    ["install", "cache"],
    [".yarn", "cache"],
    ["uv", "cache"],
    ["nix", "store"],
];

fn is_cache(folder: &Path, home: &Path) -> bool {
    // What stands above the home folder says nothing about what is in it.
    let below = folder.strip_prefix(home).unwrap_or(folder);
    let parts = words(below);
    let named = parts
        .iter()
        .any(|part| CACHES.contains(part) || ["dlx-", "bunx-"].iter().any(|start| part.starts_with(start)));
    let nested = parts.windows(2).any(|two| NESTED_CACHES.iter().any(|cache| cache.as_slice() == two));
    named || nested || folder.ancestors().any(is_tagged)
}

/// True for a folder that says of itself that it is a cache (<https://bford.info/cachedir/>).
fn is_tagged(folder: &Path) -> bool {
    folder.join("CACHEDIR.TAG").is_file()
}

fn words(path: &Path) -> Vec<&str> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(word) => word.to_str(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
