//! Sign-ins against authorization servers that are written down here, the honest and the others.

pub mod authority;
mod refusing;

use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use self::authority::{Answer, Authority, go, metadata, parameters, usual};
use super::tokens::Tokens;
use super::{Found, OAuthError, discover, random};
use crate::credentials::{Origin, Secret};
use crate::https::Trust;

const PATIENCE: Duration = Duration::from_secs(20);

async fn found(server: &str, challenge: Option<&str>) -> Result<Found, OAuthError> {
    discover(&Origin::parse(server).unwrap(), &Trust::default(), "lumabill/test", challenge).await
}

/// Signs in; `answer` makes the query that the browser brings back of the one that it was sent with.
async fn sign_in(
    found: &Found,
    answer: impl Fn(&std::collections::BTreeMap<String, String>) -> String + Send,
) -> (Result<Secret, OAuthError>, String) {
    let (tell, told) = mpsc::channel();
    let mut open = move |address: &str| {
        let asked = parameters(address);
        let back = format!("{}?{}", asked["redirect_uri"], answer(&asked));
        let tell = tell.clone();
        tokio::spawn(async move { tell.send(go(&back).await) });
    };
    let signed_in = found.sign_in(&mut open, PATIENCE).await;
    drop(open);
    let page = tokio::task::spawn_blocking(move || told.recv_timeout(PATIENCE).unwrap_or_default());
    (signed_in, page.await.unwrap())
}

fn honest(asked: &std::collections::BTreeMap<String, String>) -> String {
    format!("code=code-1&state={}", asked["state"])
}

/// A server at `/mcp`, which names an issuer at `/tenant`.
async fn tenant() -> Authority {
    let about = "/.well-known/oauth-protected-resource/mcp";
    Authority::start(move |request, base| {
        let issuer = format!("{base}/tenant");
        if request.path == about {
            return Answer::Json(
                200,
                json!({"resource": format!("{base}/mcp"), "authorization_servers": [issuer],
                    "scopes_supported": ["invoices", "clients"]}),
            );
        }
        let mut document = metadata(base, &issuer);
        document["authorization_response_iss_parameter_supported"] = json!(true);
        document["scopes_supported"] = json!(["offline_access"]);
        usual(request, &document, "/.well-known/oauth-authorization-server/tenant")
    })
    .await
}

#[tokio::test]
async fn a_whole_sign_in_asks_for_what_the_server_says_and_keeps_what_renewal_needs() {
    let server = tenant().await;
    let found = found(&format!("{}/mcp", server.base), None).await.unwrap();
    assert_eq!(
        (found.issuer.as_str(), found.elsewhere.len()),
        (format!("{}/tenant", server.base).as_str(), 0)
    );
    let issuer = found.issuer.clone();
    let (asked_with, asked) = mpsc::channel();
    let (secret, page) = sign_in(&found, |asked| {
        asked_with.send(asked.clone()).unwrap();
        format!(
            "{}&iss={}",
            honest(asked),
            url::form_urlencoded::byte_serialize(issuer.as_bytes()).collect::<String>()
        )
    })
    .await;
    let (secret, asked) = (secret.unwrap(), asked.recv().unwrap());
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("You are signed in"), "{page}");
    assert!(
        page.contains("Content-Security-Policy: default-src 'none'") && !page.contains("<script"),
        "{page}"
    );

    let redirect = &asked["redirect_uri"];
    assert!(redirect.starts_with("http://127.0.0.1:") && redirect.len() > 60, "{redirect}");
    let resource = format!("{}/mcp", server.base);
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "client-1"),
        ("code_challenge_method", "S256"),
        ("scope", "invoices clients offline_access"),
        ("prompt", "consent"),
        ("resource", resource.as_str()),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    let registered: Value = serde_json::from_str(&server.asked("/register")[0].body).unwrap();
    assert_eq!(registered["redirect_uris"], json!([redirect]));
    assert_eq!(registered["application_type"], "native");
    assert_eq!(registered["token_endpoint_auth_method"], "none");
    let form = server.asked("/token")[0].form();
    assert_eq!(random::challenge(&form["code_verifier"]), asked["code_challenge"]);
    assert_eq!(
        (&form["grant_type"], &form["code"]),
        (&"authorization_code".to_owned(), &"code-1".to_owned())
    );
    assert_eq!((&form["redirect_uri"], &form["resource"]), (redirect, &resource));
    assert_eq!(form["client_id"], "client-1");

    let tokens = Tokens::from_secret(&secret).unwrap();
    assert_eq!((tokens.server, tokens.issuer, tokens.resource), (resource.clone(), found.issuer, resource));
    assert_eq!(tokens.access.expose(), "access-0123456789-1");
    assert_eq!((tokens.refresh.unwrap().expose(), tokens.expires_in), ("refresh-1", Some(3600)));
    assert!(!secret.expose().contains('\n'));
    let shown = super::signed_in(&secret).unwrap();
    assert!(shown.renewable && shown.expires.is_some() && shown.masked == "…89-1", "{}", shown.masked);
}

#[tokio::test]
async fn metadata_is_found_wherever_servers_put_it() {
    for (server, place, issuer) in [
        ("/api/mcp/sse", "/api/mcp/.well-known/oauth-authorization-server", "/api/mcp"),
        ("/api/mcp/sse", "/api/mcp/.well-known/oauth-authorization-server", ""),
        ("/api/mcp", "/.well-known/oauth-authorization-server/api/mcp", "/api/mcp"),
        ("/mcp", "/.well-known/oauth-authorization-server", ""),
        ("/mcp", "/.well-known/oauth-authorization-server", "/"),
        ("/mcp", "/.well-known/openid-configuration", ""),
        ("", "/.well-known/openid-configuration", ""),
        ("/mcp", "/mcp/.well-known/openid-configuration", "/mcp"),
    ] {
        let authority = Authority::start(move |request, base| {
            usual(request, &metadata(base, &format!("{base}{issuer}")), place)
        })
        .await;
        let address = format!("{}{server}", authority.base);
        let found = found(&address, None).await.unwrap();
        assert_eq!(found.issuer, format!("{}{issuer}", authority.base));
        assert_eq!((found.elsewhere.len(), found.metadata.resource.as_str()), (0, address.as_str()));
        sign_in(&found, honest).await.0.unwrap();
    }
}

#[tokio::test]
async fn an_issuer_of_its_own_is_asked_in_all_its_places() {
    for place in [
        "/.well-known/oauth-authorization-server/t/1",
        "/.well-known/openid-configuration/t/1",
        "/t/1/.well-known/openid-configuration",
        "/t/1/.well-known/oauth-authorization-server",
    ] {
        let authority = Authority::start(move |request, base| {
            usual(request, &metadata(base, &format!("{base}/t/1")), place)
        })
        .await;
        let issuer = format!("{}/t/1", authority.base);
        let server = Authority::start(move |request, base| match request.path.as_str() {
            "/meta" => Answer::Json(200, json!({"resource": base, "authorization_servers": [issuer]})),
            _ => Answer::Json(401, json!({})),
        })
        .await;
        let challenge = format!("Bearer resource_metadata=\"{}/meta\", scope=\"a b\"", server.base);
        let found = found(&format!("{}/mcp", server.base), Some(&challenge)).await.unwrap();
        assert_eq!(found.metadata.scope, "a b");
        assert_eq!(found.metadata.resource, server.base);
        sign_in(&found, honest).await.0.unwrap();
    }
}

#[tokio::test]
async fn a_secret_that_registration_gives_is_kept_and_used_as_the_server_wants_it() {
    for (offered, answered, header) in [
        (json!(["client_secret_post"]), json!(null), false),
        (json!(["client_secret_basic"]), json!(null), true),
        (json!(["none"]), json!("client_secret_basic"), true),
    ] {
        let authority = Authority::start(move |request, base| {
            let mut document = metadata(base, base);
            document["token_endpoint_auth_methods_supported"] = offered.clone();
            if request.path == "/register" {
                let secret = "a secret:with%signs";
                let body = json!({"client_id": "c:1", "client_secret": secret, "token_endpoint_auth_method": answered});
                return Answer::Json(201, body);
            }
            usual(request, &document, "/.well-known/oauth-authorization-server")
        })
        .await;
        let found = found(&authority.base, None).await.unwrap();
        let secret = sign_in(&found, honest).await.0.unwrap();
        let tokens = Tokens::from_secret(&secret).unwrap();
        assert_eq!(tokens.client.secret.unwrap().expose(), "a secret:with%signs");
        let request = &authority.asked("/token")[0];
        if header {
            // c%3A1:a+secret%3Awith%25signs
            assert_eq!(
                request.header("authorization"),
                Some("Basic YyUzQTE6YStzZWNyZXQlM0F3aXRoJTI1c2lnbnM=")
            );
            assert!(!request.body.contains("secret"), "{}", request.body);
        } else {
            assert_eq!(request.form()["client_secret"], "a secret:with%signs");
            assert_eq!(request.form()["client_id"], "c:1");
        }
    }
}

#[tokio::test]
async fn a_server_that_registers_nobody_fetches_our_document_where_it_offers_that() {
    let document = |offered: bool| {
        move |document: &mut Value, _: &str| {
            document.as_object_mut().unwrap().remove("registration_endpoint");
            document["client_id_metadata_document_supported"] = json!(offered);
        }
    };
    let authority = Authority::usual(document(true)).await;
    let known = found(&authority.base, None).await.unwrap();
    let (secret, _) = sign_in(&known, |asked| {
        assert_eq!(asked["client_id"], super::registration::DOCUMENT);
        assert!(asked["redirect_uri"].ends_with("/callback"), "{}", asked["redirect_uri"]);
        honest(asked)
    })
    .await;
    assert_eq!(Tokens::from_secret(&secret.unwrap()).unwrap().client.id, super::registration::DOCUMENT);

    let authority = Authority::usual(document(false)).await;
    let unknown = found(&authority.base, None).await.unwrap();
    let (refused, _) = sign_in(&unknown, |_| panic!("no browser is sent anywhere")).await;
    assert!(matches!(refused, Err(OAuthError::NoRegistration { .. })));
}
