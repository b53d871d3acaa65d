//! Whom an encrypted connection trusts, and that a stored key cannot be had with `SSL_CERT_FILE`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{KEY, Store, failure, read, send};
use crate::api::{Client, Reply, Trust};
use crate::credentials::Origin;

const CHILD: &str = "LUMABILL_TEST_TLS_CHILD";

/// An HTTPS server, or a proxy that reads along, whose certificate is signed by an authority of its own.
struct Server {
    origin: Origin,
    /// The authority's certificate, PEM.
    authority: String,
    /// Requests that were read, that is: handshakes that the client was content with.
    requests: Arc<AtomicU32>,
    /// What a proxy was told before the handshake.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(name: &str, proxy: bool) -> Self {
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
        let heads = Arc::new(Mutex::new(Vec::new()));
        let server = Self { origin, authority: authority.pem(), requests, heads };
        let (counter, kept) = (server.requests.clone(), server.heads.clone());
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let head = if proxy { head(&mut stream) } else { None };
                if let Some(head) = head.filter(|head| head.starts_with("CONNECT ")) {
                    kept.lock().unwrap().push(head);
                    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
                }
                serve(stream, config.clone(), &counter);
            }
        });
        server
    }
}

fn serve(mut stream: std::net::TcpStream, config: Arc<rustls::ServerConfig>, requests: &AtomicU32) {
    let mut session = rustls::ServerConnection::new(config).unwrap();
    let mut stream = rustls::Stream::new(&mut session, &mut stream);
    if head(&mut stream).is_none() {
        return;
    }
    requests.fetch_add(1, Ordering::SeqCst);
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"));
    drop(stream.flush());
}

/// Reads a byte at a time up to the empty line.
fn head(stream: &mut impl Read) -> Option<String> {
    let mut received = Vec::new();
    let mut byte = [0];
    while !received.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        received.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&received).into_owned())
}

async fn get(origin: &Origin, trust: Trust) -> Result<Reply, super::ApiError> {
    send(&Client::new(origin.clone(), trust, "lumabill"), &read(), &Store::with(origin, KEY)).await
}

fn trust(ca_file: Option<&Path>, environment_roots: bool) -> Trust {
    Trust { ca_file: ca_file.map(Path::to_path_buf), environment_roots }
}

/// A folder with one file, gone at the end of its test.
struct Folder(PathBuf);

impl Folder {
    fn with(name: &str, text: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("lumabill-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
        Self(folder.join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(self.0.parent().unwrap()));
    }
}

fn file(text: &str) -> Folder {
    Folder::with("0a1b2c3d.0", text)
}

#[tokio::test]
async fn a_ca_file_given_at_login_is_trusted_and_nothing_else_is() {
    let server = Server::start("127.0.0.1", false);
    let ca = file(&server.authority);
    for environment_roots in [false, true] {
        let refused = failure(get(&server.origin, trust(None, environment_roots)).await);
        assert_eq!(refused.code, "unreachable");
        assert!(refused.message.contains("certificate is not trusted (signed by an unknown"), "{refused:?}");
        assert!(refused.hint.unwrap().contains("--ca-file"));
        assert_eq!(server.requests.swap(0, Ordering::SeqCst), 0);
        assert!(get(&server.origin, trust(Some(&ca.0), environment_roots)).await.is_ok());
        assert_eq!(server.requests.swap(0, Ordering::SeqCst), 1);
    }
    let other = Server::start("api.lumabill.ch", false);
    let ca = file(&other.authority);
    let refused = failure(get(&other.origin, trust(Some(&ca.0), false)).await);
    assert!(refused.message.ends_with("(made for another name)"), "{}", refused.message);

    for text in ["", "-----BEGIN CERTIFICATE-----\n!!\n"] {
        let unreadable = failure(get(&server.origin, trust(Some(&file(text).0), false)).await);
        assert_eq!(unreadable.code, "no_trust", "{text}");
    }
    let missing = failure(get(&server.origin, trust(Some(Path::new("/no/such.pem")), false)).await);
    assert!(missing.message.contains("`/no/such.pem`"), "{}", missing.message);
}

/// Runs one test of this file once more, in a process with these variables.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn again(test: &str, origin: &str, variables: &[(&str, &Path)]) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("api::tests::tls::{test}")])
        .env(CHILD, origin)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains(" 1 passed;"), "{variables:?}: {said}");
}

/// The origin that a child is to ask, `None` in the test itself.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[expect(clippy::disallowed_methods, reason = "a child learns its part by a variable")]
fn child() -> Option<Origin> {
    std::env::var(CHILD).ok().map(|origin| Origin::parse(&origin).unwrap())
}

#[cfg(all(unix, not(target_vendor = "apple")))]
async fn trusted_by_a_key_from_the_environment_only(origin: &Origin) {
    let stored = failure(get(origin, trust(None, false)).await);
    assert!(stored.message.contains("certificate is not trusted"), "{}", stored.message);
    get(origin, trust(None, true)).await.unwrap();
}

#[tokio::test]
#[cfg(all(unix, not(target_vendor = "apple")))]
async fn ssl_cert_file_counts_for_a_key_from_the_environment_only() {
    if let Some(origin) = child() {
        return trusted_by_a_key_from_the_environment_only(&origin).await;
    }
    let server = Server::start("127.0.0.1", false);
    let ca = file(&server.authority);
    for variable in [("SSL_CERT_FILE", ca.0.as_path()), ("SSL_CERT_DIR", ca.0.parent().unwrap())] {
        let origin = server.origin.to_string();
        again("ssl_cert_file_counts_for_a_key_from_the_environment_only", &origin, &[variable]);
        assert_eq!(server.requests.swap(0, Ordering::SeqCst), 1, "one request with {variable:?}");
    }
}

#[tokio::test]
#[cfg(all(unix, not(target_vendor = "apple")))]
async fn a_proxy_cannot_read_along_with_a_ca_from_the_environment() {
    if let Some(origin) = child() {
        return trusted_by_a_key_from_the_environment_only(&origin).await;
    }
    let proxy = Server::start("api.lumabill.ch", true);
    let ca = file(&proxy.authority);
    let address = proxy.origin.to_string().replace("https:", "http:");
    again(
        "a_proxy_cannot_read_along_with_a_ca_from_the_environment",
        "https://api.lumabill.ch",
        &[("SSL_CERT_FILE", &ca.0), ("HTTPS_PROXY", Path::new(&address)), ("NO_PROXY", Path::new(""))],
    );
    let heads = proxy.heads.lock().unwrap().join("\n");
    assert_eq!(heads.matches("CONNECT api.lumabill.ch:443 HTTP/1.1\r\n").count(), 2, "{heads}");
    assert!(!heads.contains(KEY) && !heads.to_lowercase().contains("authorization"), "{heads}");
    assert_eq!(proxy.requests.load(Ordering::SeqCst), 1, "one request, with the key from the environment");
}

#[tokio::test]
#[cfg(all(unix, not(target_vendor = "apple")))]
async fn a_proxy_that_refuses_is_named() {
    if let Some(origin) = child() {
        let refused = failure(get(&origin, trust(None, false)).await);
        assert_eq!(refused.message, "api.lumabill.ch cannot be reached: the proxy did not open a way there");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            head(&mut stream).unwrap();
            stream.write_all(b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n").unwrap();
        }
    });
    let proxy = [("HTTPS_PROXY", Path::new(&address)), ("NO_PROXY", Path::new(""))];
    again("a_proxy_that_refuses_is_named", "https://api.lumabill.ch", &proxy);
}

#[tokio::test]
#[cfg(all(unix, not(target_vendor = "apple")))]
async fn loopback_never_goes_through_a_proxy() {
    if let Some(origin) = child() {
        get(&origin, trust(None, false)).await.unwrap();
        return;
    }
    // The child runs while this thread waits for it, so the server has a thread of its own.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head = head(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        head
    });
    let dead = Path::new("http://127.0.0.1:9");
    let proxies = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"].map(|name| (name, dead));
    again("loopback_never_goes_through_a_proxy", &origin, &proxies);
    assert!(server.join().unwrap().starts_with("GET /v1/invoices"));
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
    let ca = file(&Server::start("127.0.0.1", false).authority);
    let failure = failure(get(&origin, trust(Some(&ca.0), false)).await);
    assert_eq!(failure.code, "unreachable");
    assert!(failure.message.contains("no encrypted connection ("), "{}", failure.message);
}
