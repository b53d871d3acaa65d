//! `server.json`, the entry in the MCP registry: as its JSON schema and the registry's further rules want it, and of
//! this version; the script that fills in the hashes of a release.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::output_schemas::validated;
use crate::support::Home;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn a_release_makes_bundles_and_entry_of_dists_archives() {
    let home = Home::new();
    let (archives, out) = (home.path().join("archives"), home.path().join("out"));
    for (target, program, begins) in [
        ("aarch64-apple-darwin", "lumabill", &b"\xcf\xfa\xed\xfe"[..]),
        ("x86_64-apple-darwin", "lumabill", b"\xcf\xfa\xed\xfe"),
        ("x86_64-pc-windows-msvc", "lumabill.exe", b"MZ"),
        ("x86_64-unknown-linux-musl", "lumabill", b"\x7fELF"),
        ("aarch64-unknown-linux-musl", "lumabill", b"\x7fELF"),
    ] {
        // As dist packs them: in a folder of their own, but for the zip of Windows.
        let folder = archives.join(format!("lumabill-{target}"));
        fs::create_dir_all(folder.join("completions/lumabill")).unwrap();
        fs::write(folder.join(program), begins).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let mut packer = Command::new("python3");
        packer.args(["-m", if program.ends_with("exe") { "zipfile" } else { "tarfile" }, "-c"]);
        if program.ends_with("exe") {
            packer.current_dir(&folder).args([&format!("../{name}.zip"), program]);
        } else {
            packer.current_dir(&archives).args([&format!("{name}.tar.gz"), name]);
        }
        assert!(packer.status().unwrap().success());
    }
    let script = root().join("mcpb/release.py");
    let made = Command::new("python3").arg(script).arg(&archives).arg(&out).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = read(&out.join("server.json"));
    obeys_the_registry(&server);
    for package in server["packages"].as_array().unwrap() {
        let name = package["identifier"].as_str().unwrap().rsplit('/').next().unwrap();
        let beside = fs::read_to_string(out.join(format!("{name}.sha256"))).unwrap();
        assert_eq!(beside, format!("{} *{name}\n", package["fileSha256"].as_str().unwrap()));
    }
}

/// The schema that the entry names, as a validator from `PyPI` carries it.
fn schema() -> Value {
    let folder = root().join(".cache/skillsaw/skillsaw/schemas/mcp_registry/v2025_12_11");
    read(&folder.join("server.schema.json"))
}

/// What the registry asks beyond its schema.
fn obeys_the_registry(server: &Value) {
    let schema = schema();
    assert_eq!(server["$schema"], schema["$id"]);
    validated(&[json!({ "tool": "server.json", "schema": schema, "value": server })]);
    assert_eq!(server["name"], "io.github.lumabill/lumabill");
    assert_eq!(server["version"], env!("CARGO_PKG_VERSION"));
    assert!(server["description"].as_str().unwrap().chars().count() <= 100);
    for package in server["packages"].as_array().unwrap() {
        assert_eq!(package["version"], env!("CARGO_PKG_VERSION"), "{package}");
        assert_eq!(package["transport"], json!({ "type": "stdio" }));
        let identifier = package["identifier"].as_str().unwrap();
        if package["registryType"] == "mcpb" {
            let begins =
                concat!(env!("CARGO_PKG_REPOSITORY"), "/releases/download/v", env!("CARGO_PKG_VERSION"), "/");
            assert!(
                identifier.starts_with(begins) && identifier.strip_suffix(".mcpb").is_some(),
                "{identifier}"
            );
            // The manifest in the bundle says how it is started.
            assert!(package.get("packageArguments").is_none(), "{package}");
        } else {
            assert_eq!(package["packageArguments"], json!([{ "type": "positional", "value": "serve" }]));
        }
        // A key is never asked for: it is in the keyring.
        assert!(package.get("environmentVariables").is_none(), "{package}");
    }
}

#[test]
fn the_entry_is_as_the_registry_wants_it() {
    obeys_the_registry(&read(&root().join("server.json")));
}

fn filled(folder: &Path, more: &[&str]) -> Output {
    let out = folder.join("server.json");
    let mut command = Command::new("python3");
    command.arg(root().join("mcpb/registry.py")).arg(folder).arg("--out").arg(out).args(more);
    command.output().unwrap()
}

#[test]
fn a_release_fills_in_the_hashes() {
    let home = Home::new();
    let folder = home.path().join("out");
    fs::create_dir_all(&folder).unwrap();
    let missing = filled(&folder, &[]);
    assert!(!missing.status.success() && !folder.join("server.json").exists());
    let told = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(told.contains("lumabill-desktop.mcpb: No such file"), "{told}");

    for name in ["desktop", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"] {
        fs::write(folder.join(format!("lumabill-{name}.mcpb")), "abc").unwrap();
    }
    let made = filled(&folder, &[]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = read(&folder.join("server.json"));
    obeys_the_registry(&server);
    let packages = server["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 3, "the package of npm names no server yet");
    for package in packages {
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(package["fileSha256"], hash);
    }

    // npm's package, without and with the name of the server.
    fs::create_dir_all(folder.join("package")).unwrap();
    let mut npm = json!({ "name": "@lumabill/lumabill", "version": env!("CARGO_PKG_VERSION") });
    for named in [false, true] {
        if named {
            npm["mcpName"] = json!("io.github.lumabill/lumabill");
        }
        fs::write(folder.join("package/package.json"), npm.to_string()).unwrap();
        let packed =
            Command::new("tar").args(["-czf", "npm.tgz", "package"]).current_dir(&folder).status().unwrap();
        assert!(packed.success());
        let made = filled(&folder, &["--npm", folder.join("npm.tgz").to_str().unwrap()]);
        assert_eq!(made.status.success(), named, "{}", String::from_utf8_lossy(&made.stderr));
    }
    let server = read(&folder.join("server.json"));
    obeys_the_registry(&server);
    assert_eq!(server["packages"].as_array().unwrap().len(), 4);
}
