//! What a release is made of agrees with itself: the workflow with what dist made it of, the archives with what is
//! committed, the crate with what it should hold. No dist is needed here; `tests/release/check` runs the real one.
#![expect(clippy::unwrap_used, clippy::panic, reason = "functions of a test fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use toml_edit::{DocumentMut, Item};

/// One platform each; `deny.toml` and the README speak of the same ones.
const TARGETS: [&str; 7] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];

/// What the crate holds beside `src`, `man` and `completions`.
const PACKED: [&str; 14] = [
    ".cargo/config.toml",
    ".cargo_vcs_info.json",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "build.rs",
    "docs/oauth-client.json",
    "tests/data/statement-04.xml",
    "tests/data/statement-08.xml",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    // A checkout on Windows may have other ends of lines.
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.replace("\r\n", "\n")
}

fn toml(path: &str) -> DocumentMut {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn strings(list: &Item) -> BTreeSet<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    list.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// Files below a folder that git would not ignore, by their paths from the root.
fn committed(folder: &str) -> BTreeSet<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", folder])
        .current_dir(root())
        .output()
        .unwrap();
    let files = String::from_utf8(output.stdout).unwrap();
    files.lines().filter(|file| root().join(file).exists()).map(ToOwned::to_owned).collect()
}

#[test]
fn the_release_workflow_is_what_dist_made_of_the_files_that_are_here() {
    let noted = read("tests/release/generated.sha256");
    assert_eq!(noted.lines().count(), 3, "{noted}");
    for line in noted.lines() {
        let (digest, path) = line.split_once("  ").unwrap();
        let actual = ring::digest::digest(&ring::digest::SHA256, read(path).as_bytes());
        let actual = actual.as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(actual, digest, "{path} has changed: run `tests/release/generate`");
    }
}

#[test]
fn the_release_workflow_does_what_the_configuration_says() {
    let (file, workflow) = (toml("dist-workspace.toml"), read(".github/workflows/release.yml"));
    let dist = &file["dist"];
    let version = dist["cargo-dist-version"].as_str().unwrap();
    assert!(workflow.contains(&format!("/cargo-dist/releases/download/v{version}/")), "{version}");
    assert!(read("tests/release/tools").contains(&format!("\ncargo-dist {version} dist\n")), "{version}");
    assert_eq!(strings(&dist["targets"]), TARGETS.map(str::to_owned).into());
    assert_eq!(
        strings(&dist["installers"]),
        ["shell", "powershell", "homebrew", "npm"].map(str::to_owned).into()
    );
    for job in strings(&dist["publish-jobs"]) {
        assert!(workflow.contains(&format!("\n  publish-{job}")), "{job}");
    }
    for (key, step) in [
        ("github-attestations", "actions/attest@"),
        ("cargo-auditable", "- name: Install cargo-auditable"),
        ("cargo-cyclonedx", "cargo cyclonedx"),
    ] {
        assert!(dist[key].as_bool() == Some(true) && workflow.contains(step), "{key}");
    }
    let tap = dist["tap"].as_str().unwrap();
    assert!(workflow.contains(&format!("repository: \"{tap}\"")), "{tap}");
    let owner = read("Cargo.toml").split_once("https://github.com/").unwrap().1.to_owned();
    let owner = owner.split('/').next().unwrap();
    assert_eq!(dist["npm-scope"].as_str(), Some(format!("@{owner}").as_str()));
    assert!(tap.starts_with(&format!("{owner}/")), "{tap}");
}

#[test]
fn every_action_of_a_workflow_is_pinned_to_a_commit_that_we_name() {
    let file = toml("dist-workspace.toml");
    let commits = file["dist"]["github-action-commits"].as_table().unwrap();
    let mut seen = BTreeMap::new();
    for path in committed(".github") {
        for line in read(&path).lines() {
            let Some((_, used)) = line.split_once("uses: ") else { continue };
            let (action, commit) = used.split_once('@').unwrap_or_else(|| panic!("{path}: {line}"));
            let commit = commit.split_whitespace().next().unwrap();
            assert_eq!(commits.get(action).and_then(Item::as_str), Some(commit), "{path}: {line}");
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
            *seen.entry(action.to_owned()).or_insert(0) += 1;
        }
    }
    let named: BTreeSet<_> = commits.iter().map(|(action, _)| action.to_owned()).collect();
    assert_eq!(seen.keys().cloned().collect::<BTreeSet<_>>(), named);
}

#[test]
fn the_manifest_says_what_installers_need() {
    let manifest = toml("Cargo.toml");
    let package = &manifest["package"];
    for field in ["description", "license", "repository", "homepage", "readme", "rust-version"] {
        assert!(package[field].as_str().is_some_and(|value| !value.is_empty()), "{field}");
    }
    assert!(!strings(&package["authors"]).is_empty());
    assert_eq!(package["metadata"]["dist"]["dist"].as_bool(), Some(true), "`publish = false` hides it else");
    let profile = manifest["profile"]["dist"].as_table().unwrap();
    assert_eq!(profile.len(), 1, "a release is tested as `release` builds it");
    assert_eq!(profile["inherits"].as_str(), Some("release"));
}

#[test]
fn cargo_binstall_finds_what_dist_uploads() {
    let (manifest, file) = (toml("Cargo.toml"), toml("dist-workspace.toml"));
    let binstall = &manifest["package"]["metadata"]["binstall"];
    assert_eq!(
        binstall["pkg-url"].as_str(),
        Some("{ repo }/releases/download/v{ version }/{ name }-{ target }{ archive-suffix }")
    );
    assert_eq!(file["dist"]["unix-archive"].as_str(), Some(".tar.gz"));
    assert_eq!(binstall["pkg-fmt"].as_str(), Some("tgz"));
    assert_eq!(binstall["bin-dir"].as_str(), Some("{ name }-{ target }/{ bin }{ binary-ext }"));
    for (target, windows) in binstall["overrides"].as_table().unwrap() {
        assert!(target.contains("windows") && TARGETS.contains(&target), "{target}");
        assert_eq!(windows["pkg-fmt"].as_str(), Some("zip"));
        assert_eq!(windows["bin-dir"].as_str(), Some("{ bin }{ binary-ext }"));
    }
}

#[test]
fn the_folders_of_the_archives_are_committed() {
    let file = toml("dist-workspace.toml");
    let folders = strings(&file["dist"]["include"]);
    assert_eq!(folders, ["./completions/", "./man/"].map(str::to_owned).into());
    for (folder, least) in [("completions", 5), ("man", 15)] {
        let files = committed(folder);
        assert!(files.len() >= least, "{files:?}");
        let on_disk = fs::read_dir(root().join(folder)).unwrap().count();
        assert_eq!(on_disk, files.len(), "{folder} holds what git ignores");
    }
}

#[test]
fn the_crate_holds_its_sources_and_nothing_of_the_workshop() {
    let output = Command::new(env!("CARGO"))
        .args(["package", "--list", "--locked", "--offline", "--allow-dirty"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap().replace('\\', "/");
    let listed: BTreeSet<String> = listed.lines().map(ToOwned::to_owned).collect();
    let folders = ["src", "man", "completions"];
    let mut expected: BTreeSet<String> = folders.iter().flat_map(|folder| committed(folder)).collect();
    expected.extend(PACKED.map(str::to_owned));
    let extra: Vec<_> = listed.difference(&expected).collect();
    let missing: Vec<_> = expected.difference(&listed).collect();
    assert!(extra.is_empty() && missing.is_empty(), "more: {extra:?}, missing: {missing:?}");
    let size: u64 =
        expected.iter().filter_map(|path| fs::metadata(root().join(path)).ok()).map(|file| file.len()).sum();
    assert!(size < 8_000_000, "{size} bytes before compression");
}

/// Runs a script that has to succeed; what it printed.
#[cfg(target_os = "linux")]
fn runs(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output();
    let output =
        output.unwrap_or_else(|error| panic!("{program}: {error}; `tests/install-tools.sh` installs it"));
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    said
}

/// The folder of the built program, and of the completions.
#[cfg(target_os = "linux")]
fn folders() -> (String, String) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_lumabill"));
    let program = program.parent().unwrap();
    (program.display().to_string(), root().join("completions").display().to_string())
}

#[test]
#[cfg(target_os = "linux")]
fn bash_and_zsh_complete_with_the_committed_scripts() {
    assert_eq!(runs("bash", &["-n", "completions/lumabill.bash"]), "");
    assert_eq!(runs("zsh", &["-n", "completions/_lumabill"]), "");
    let (program, completions) = folders();
    let said = runs("zsh", &["-f", "tests/release/complete.zsh", &program, &completions]);
    for line in [
        "bash: lumabill serve",
        "bash: lumabill serve --sandbox",
        "zsh: lumabill serve",
        "zsh: lumabill serve --sandbox",
    ] {
        assert!(said.lines().any(|one| one.trim_end() == line), "no `{line}` in {said}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn man_renders_every_page_without_a_warning() {
    for page in committed("man") {
        // An example longer than the terminal is no mistake of the page.
        let said = runs("groff", &["-ww", "-Wbreak", "-Tutf8", "-P-cbou", "-man", &page]);
        assert!(!said.contains("warning:"), "{page}: {said}");
        assert!(said.contains("SYNOPSIS") && said.len() > 500, "{page}: {said}");
    }
}
