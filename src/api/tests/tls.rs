//! Whom an encrypted connection trusts, and that a stored key cannot be had with `SSL_CERT_FILE`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{KEY, Store, failure, read, send};
use crate::api::{Client, Reply, Trust};
use crate::credentials::Origin;

const CHILD: &str = "LUMABILL_TEST_TLS_CHILD";

/// An HTTPS server whose certificate is signed by an authority of its own.
struct Server {
    origin: Origin,
    /// The authority's certificate, PEM.
    authority: String,
    /// Requests that were read, that is: handshakes that the client was content with.
    requests: Arc<AtomicU32>,
}

impl Server {
    fn start(name: &str) -> Self {
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = rcgen::CertifiedIssuer::self_signed(authority, authority_key).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![leaf.der().clone()], key)
                .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = Origin::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
        let requests = Arc::new(AtomicU32::new(0));
        let counter = requests.clone();
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serve(stream, config.clone(), &counter);
            }
        });
        Self { origin, authority: authority.pem(), requests }
    }
}

fn serve(mut stream: std::net::TcpStream, config: Arc<rustls::ServerConfig>, requests: &AtomicU32) {
    let mut session = rustls::ServerConnection::new(config).unwrap();
    let mut stream = rustls::Stream::new(&mut session, &mut stream);
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    while !received.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
        }
    }
    requests.fetch_add(1, Ordering::SeqCst);
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"));
    drop(stream.flush());
}

async fn get(origin: &Origin, trust: Trust) -> Result<Reply, super::ApiError> {
    send(&Client::new(origin.clone(), trust, "lumabill"), &read(), &Store::with(origin, KEY)).await
}

fn trust(ca_file: Option<&Path>, environment_roots: bool) -> Trust {
    Trust { ca_file: ca_file.map(Path::to_path_buf), environment_roots }
}

fn file(name: &str, text: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("lumabill-{}-{name}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn a_ca_file_given_at_login_is_trusted_and_nothing_else_is() {
    let server = Server::start("127.0.0.1");
    let ca = file("login.pem", &server.authority);
    for environment_roots in [false, true] {
        let refused = failure(get(&server.origin, trust(None, environment_roots)).await);
        assert_eq!(refused.code, "unreachable");
        assert!(refused.message.contains("certificate is not trusted (signed by an unknown"), "{refused:?}");
        assert!(refused.hint.unwrap().contains("--ca-file"));
        assert_eq!(server.requests.swap(0, Ordering::SeqCst), 0);
        assert!(get(&server.origin, trust(Some(&ca), environment_roots)).await.is_ok());
        assert_eq!(server.requests.swap(0, Ordering::SeqCst), 1);
    }
    let other = Server::start("api.lumabill.ch");
    let ca = file("other.pem", &other.authority);
    let refused = failure(get(&other.origin, trust(Some(&ca), false)).await);
    assert!(refused.message.ends_with("(made for another name)"), "{}", refused.message);

    for (path, text) in [("empty.pem", ""), ("garbage.pem", "-----BEGIN CERTIFICATE-----\n!!\n")] {
        let unreadable = failure(get(&server.origin, trust(Some(&file(path, text)), false)).await);
        assert_eq!(unreadable.code, "no_trust", "{path}");
    }
    let missing = failure(get(&server.origin, trust(Some(Path::new("/no/such.pem")), false)).await);
    assert!(missing.message.contains("`/no/such.pem`"), "{}", missing.message);
}

/// `SSL_CERT_FILE` must stand before the process starts, so the test runs itself once more.
#[tokio::test]
#[cfg(all(unix, not(target_vendor = "apple")))]
#[expect(clippy::disallowed_methods, reason = "the child learns the server's address by a variable")]
async fn ssl_cert_file_counts_for_a_key_from_the_environment_only() {
    if let Ok(origin) = std::env::var(CHILD) {
        let origin = Origin::parse(&origin).unwrap();
        let stored = failure(get(&origin, trust(None, false)).await);
        assert!(stored.message.contains("certificate is not trusted"), "{}", stored.message);
        get(&origin, trust(None, true)).await.unwrap();
        return;
    }
    let server = Server::start("127.0.0.1");
    let ca = file("environment.pem", &server.authority);
    let folder = std::env::temp_dir().join(format!("lumabill-{}-certs", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(&ca, folder.join("0a1b2c3d.0")).unwrap();
    for (variable, value) in [("SSL_CERT_FILE", &ca), ("SSL_CERT_DIR", &folder)] {
        let name = "api::tests::tls::ssl_cert_file_counts_for_a_key_from_the_environment_only";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(CHILD, server.origin.to_string())
            .env(variable, value)
            .output()
            .unwrap();
        assert!(child.status.success(), "{variable}: {}", String::from_utf8_lossy(&child.stdout));
        assert_eq!(server.requests.swap(0, Ordering::SeqCst), 1, "one request with {variable}");
    }
}

#[tokio::test]
async fn what_speaks_no_tls_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = Origin::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"));
        }
    });
    let ca = file("plain.pem", &Server::start("127.0.0.1").authority);
    let failure = failure(get(&origin, trust(Some(&ca), false)).await);
    assert_eq!(failure.code, "unreachable");
    assert!(failure.message.contains("no encrypted connection ("), "{}", failure.message);
}
