//! Paths that last and paths that do not, on a disk of their own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::{NotLasting, check, fleeting, is_of_one_version, lasting};
use crate::settings::UserFolders;

/// A disk with a home on it; its own temporary folder is `tmp`.
struct Disk(PathBuf);

impl Disk {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("lumabill-path-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(root.join("home")).unwrap();
        fs::create_dir_all(root.join("tmp")).unwrap();
        Self(root.canonicalize().unwrap())
    }

    fn program(&self, at: &str) -> PathBuf {
        let file = self.0.join(at);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        file
    }

    fn link(&self, at: &str, to: &PathBuf) -> PathBuf {
        let link = self.0.join(at);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(to, &link).unwrap();
        link
    }

    /// A person whose PATH has these folders.
    fn folders(&self, path: &[&str]) -> UserFolders {
        let home = self.0.join("home");
        UserFolders {
            config: home.join(".config"),
            dot_config: home.join(".config"),
            path: path.iter().map(|folder| self.0.join(folder)).collect(),
            temporary: vec![self.0.join("tmp")],
            home,
            ..UserFolders::read().unwrap()
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn a_link_on_path_that_leads_here_comes_first() {
    let disk = Disk::new();
    let program = disk.program("opt/lumabill-0.1/lumabill");
    let other = disk.program("home/other/lumabill");
    let link = disk.link("home/.local/bin/lumabill", &program);
    let folders = disk.folders(&["home/other", "home/.local/bin"]);
    assert_eq!(lasting(&program, &folders), Ok(link));
    assert_eq!(lasting(&other, &folders), Ok(other.clone()), "another program keeps its own path");
    assert_eq!(lasting(&program, &disk.folders(&["home/other"])), Ok(program));
}

#[test]
fn what_is_built_is_refused_unless_a_person_linked_it() {
    let disk = Disk::new();
    for at in [
        "home/work/target/release/lumabill",
        "home/work/target/x86_64-unknown-linux-gnu/debug/lumabill",
        "home/work/target/debug/deps/lumabill",
    ] {
        let built = disk.program(at);
        let bare = disk.folders(&[]);
        assert_eq!(lasting(&built, &bare), Err(NotLasting::Build(built.clone())));
        let own = built.parent().unwrap().strip_prefix(&disk.0).unwrap().to_str().unwrap().to_owned();
        assert_eq!(lasting(&built, &disk.folders(&[&own])), Err(NotLasting::Build(built.clone())));
    }
    let built = disk.0.join("home/work/target/release/lumabill");
    let link = disk.link("home/bin/lumabill", &built);
    assert_eq!(lasting(&built, &disk.folders(&["home/bin"])), Ok(link));
    // A build folder of another name says so itself.
    let built = disk.program("home/out/release/lumabill");
    fs::write(disk.0.join("home/out/CACHEDIR.TAG"), "").unwrap();
    assert_eq!(lasting(&built, &disk.folders(&[])), Err(NotLasting::Cache(built.clone())));
    fs::write(disk.0.join("home/out/.rustc_info.json"), "").unwrap();
    assert_eq!(lasting(&built, &disk.folders(&[])), Err(NotLasting::Build(built)));
}

#[test]
fn a_temporary_folder_is_refused_unless_the_home_is_there_too() {
    let disk = Disk::new();
    let program = disk.program("tmp/x/lumabill");
    let link = disk.link("home/bin/lumabill", &program);
    let folders = disk.folders(&["home/bin"]);
    assert_eq!(lasting(&program, &folders), Err(NotLasting::Temporary(program.clone())), "{link:?}");
    let in_tmp = UserFolders { home: disk.0.join("tmp/home"), ..folders };
    fs::create_dir_all(&in_tmp.home).unwrap();
    assert_eq!(check(&program, &in_tmp), Ok(()));
}

#[test]
fn caches_of_package_managers_are_refused() {
    let disk = Disk::new();
    for at in [
        "home/.npm/_npx/a1b2/node_modules/.bin",
        "home/.cache/uv/archive-v0/x/bin",
        "home/.cargo/registry/src/lumabill-0.1.0",
        "home/.local/share/pnpm/store/v10/x",
        "home/.cache/pnpm/dlx-123/bin",
        "home/Library/Caches/x",
        "nix/store/abc-lumabill-0.1.0/bin",
        "run/fnm_multishells/1_2/bin",
    ] {
        let program = disk.program(&format!("{at}/lumabill"));
        assert_eq!(lasting(&program, &disk.folders(&[at])), Err(NotLasting::Cache(program.clone())));
    }
    for at in
        ["home/.cargo/bin", "home/.local/bin", "usr/local/bin", "home/.local/share/uv/tools/lumabill/bin"]
    {
        let program = disk.program(&format!("{at}/lumabill"));
        assert_eq!(lasting(&program, &disk.folders(&[])), Ok(program.clone()));
    }
}

#[test]
fn homebrew_and_nix_are_met_by_their_stable_links() {
    let disk = Disk::new();
    let program = disk.program("brew/Cellar/lumabill/0.1.0/bin/lumabill");
    assert_eq!(lasting(&program, &disk.folders(&[])), Ok(program.clone()));
    let stable = disk.link("brew/bin/lumabill", &program);
    assert_eq!(lasting(&program, &disk.folders(&[])), Ok(stable));
    let program = disk.program("nix/store/abc-lumabill-0.1.0/bin/lumabill");
    let stable = disk.link("home/.nix-profile/bin/lumabill", &program);
    assert_eq!(lasting(&program, &disk.folders(&["home/.nix-profile/bin"])), Ok(stable));
}

#[test]
fn a_program_of_another_name_is_refused_unless_a_link_has_ours() {
    let disk = Disk::new();
    let program = disk.program("home/bin/lumabill-x86_64-unknown-linux-gnu");
    assert_eq!(lasting(&program, &disk.folders(&[])), Err(NotLasting::Renamed(program.clone())));
    let link = disk.link("home/.local/bin/lumabill", &program);
    assert_eq!(lasting(&program, &disk.folders(&["home/.local/bin"])), Ok(link));
}

#[test]
fn a_program_that_was_replaced_says_so() {
    let disk = Disk::new();
    let gone = disk.0.join("home/bin/lumabill (deleted)");
    assert_eq!(lasting(&gone, &disk.folders(&[])), Err(NotLasting::Gone(gone)));
}

#[test]
fn what_an_entry_starts_is_told_where_it_will_not_stay() {
    let disk = Disk::new();
    let folders = disk.folders(&[]);
    for (at, word) in [("tmp/x", "temporary"), ("home/.npm/_npx/a1/node_modules/.bin", "cache")] {
        let why = fleeting(&disk.program(&format!("{at}/lumabill")), &folders);
        assert!(why.is_some_and(|why| why.contains(word)), "{at}: {why:?}");
    }
    for at in ["home/.local/bin", "home/work/target/debug", "usr/bin"] {
        assert_eq!(fleeting(&disk.program(&format!("{at}/lumabill")), &folders), None, "{at}");
    }
    for at in ["brew/Cellar/lumabill/0.1.0_1/bin", "apps/lumabill/0.1.0", "x/lumabill-v1.22.333/bin"] {
        assert!(is_of_one_version(&disk.0.join(at).join("lumabill")), "{at}");
    }
    for at in ["brew/bin", "apps/lumabill/current", "lib64/python3.12", "x/1.2", "x/1.2.x"] {
        assert!(!is_of_one_version(&disk.0.join(at).join("lumabill")), "{at}");
    }
}
