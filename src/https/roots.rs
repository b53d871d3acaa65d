//! Whom a connection trusts: the platform's roots and the CA file given at login. `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` count only where the key comes from the environment as well: whoever can set variables
//! for us must not be able to read a stored key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::ClientBuilder;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Whom to trust.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// PEM certificates that are trusted besides the platform's.
    pub ca_file: Option<PathBuf>,
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` count (Linux and BSD; other systems do not know them).
    pub environment_roots: bool,
}

/// Roots of trust as they were read once.
#[derive(Clone)]
pub enum Roots {
    /// Those that this program read itself.
    Read(Box<rustls::ClientConfig>),
    /// The system's own verifier, asked at each handshake, and further roots.
    System(Vec<reqwest::Certificate>),
}

impl Roots {
    /// Sets the roots of a client.
    pub fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        match self {
            Self::Read(config) => builder.tls_backend_preconfigured(rustls::ClientConfig::clone(config)),
            Self::System(extra) => builder.tls_certs_merge(extra.iter().cloned()),
        }
    }
}

/// Reads the roots of trust; the error says in words why there are none.
pub fn read(trust: &Trust) -> Result<Roots, String> {
    let extra = match &trust.ca_file {
        Some(file) => read_file(file)
            .filter(|certificates| !certificates.is_empty())
            .ok_or_else(|| format!("no certificate can be read from `{}`", file.display()))?,
        None => Vec::new(),
    };
    if IN_FILES && !trust.environment_roots {
        let mut roots = platform();
        roots.extend(extra);
        return Ok(Roots::Read(Box::new(config(roots)?)));
    }
    // The system's own verifier, asked at each handshake (macOS, Windows); on Linux, what the variables
    // name. It takes the provider of the process; a second call changes nothing.
    drop(rustls::crypto::ring::default_provider().install_default());
    let extra = extra.iter().map(|certificate| reqwest::Certificate::from_der(certificate));
    let extra = extra.collect::<Result<Vec<_>, _>>().map_err(|error| error.without_url().to_string())?;
    Ok(Roots::System(extra))
}

/// For connections without encryption: reads nothing, trusts nobody.
pub fn none(builder: ClientBuilder) -> Result<ClientBuilder, String> {
    Ok(builder.tls_backend_preconfigured(client_config(rustls::RootCertStore::empty())?))
}

fn config(roots: Vec<CertificateDer<'static>>) -> Result<rustls::ClientConfig, String> {
    let mut store = rustls::RootCertStore::empty();
    store.add_parsable_certificates(roots);
    if store.is_empty() {
        return Err("this system has no certificate authorities (package `ca-certificates`)".to_owned());
    }
    client_config(store)
}

fn client_config(store: rustls::RootCertStore) -> Result<rustls::ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read_file(path: &Path) -> Option<Vec<CertificateDer<'static>>> {
    Some(CertificateDer::pem_file_iter(path).ok()?.filter_map(Result::ok).collect())
}

/// The system keeps its roots in files; elsewhere its own verifier is asked.
const IN_FILES: bool = cfg!(all(unix, not(target_vendor = "apple"), not(target_os = "android")));

#[cfg(not(all(unix, not(target_vendor = "apple"), not(target_os = "android"))))]
fn platform() -> Vec<CertificateDer<'static>> {
    Vec::new()
}

/// Read here and not by `rustls-native-certs`, which lets the variables replace the platform's places.
#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
fn platform() -> Vec<CertificateDer<'static>> {
    use std::os::unix::fs::MetadataExt;

    /// The first of these that exists, as in Go's `crypto/x509` and `openssl-probe`.
    const BUNDLES: &[&str] = &[
        "/etc/ssl/certs/ca-certificates.crt", // Debian, Arch, Gentoo, NixOS
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
        "/etc/pki/tls/certs/ca-bundle.crt",   // older RHEL
        "/etc/ssl/ca-bundle.pem",             // openSUSE
        "/etc/pki/tls/cacert.pem",            // OpenELEC
        "/etc/ssl/cert.pem",                  // Alpine, OpenBSD
        "/usr/local/etc/ssl/cert.pem",        // FreeBSD
        "/usr/local/share/certs/ca-root-nss.crt", // DragonFly
        "/opt/etc/ssl/certs/ca-certificates.crt", // Entware
    ];
    const FOLDERS: &[&str] =
        &["/etc/ssl/certs", "/etc/pki/tls/certs", "/usr/local/share/certs", "/etc/openssl/certs"];
    let mut seen = std::collections::HashSet::new();
    let mut roots = Vec::new();
    let bundle = BUNDLES.iter().map(Path::new).find(|path| path.exists());
    let entries = FOLDERS.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let in_folders = entries.filter_map(Result::ok).map(|entry| entry.path());
    for path in bundle.map(Path::to_path_buf).into_iter().chain(in_folders) {
        // Folders hold each certificate under several links, often beside the bundle itself.
        let Ok(file) = std::fs::metadata(&path) else { continue };
        if file.is_file() && seen.insert((file.dev(), file.ino())) {
            roots.extend(read_file(&path).unwrap_or_default());
        }
    }
    roots.sort_unstable_by(|one, other| one.as_ref().cmp(other.as_ref()));
    roots.dedup();
    roots
}
