//! What is not believed, not followed and not waited for.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use super::authority::{Answer, Authority, go, metadata, parameters, usual};
use super::{OAuthError, Origin, Trust, found, honest, sign_in};

#[tokio::test]
async fn an_answer_of_another_issuer_is_not_used() {
    for (advertised, iss, good) in [
        (true, None, false),
        (true, Some("https://evil.example"), false),
        (false, Some("https://evil.example"), false),
        (false, None, true),
    ] {
        let authority = Authority::usual(move |document, _| {
            document["authorization_response_iss_parameter_supported"] = json!(advertised);
        })
        .await;
        let found = found(&authority.base, None).await.unwrap();
        let (signed_in, page) = sign_in(&found, |asked| {
            iss.map_or_else(|| honest(asked), |iss| format!("{}&iss={iss}", honest(asked)))
        })
        .await;
        assert_eq!(signed_in.is_ok(), good, "{advertised} {iss:?}");
        assert_eq!(authority.asked("/token").len(), usize::from(good), "the code is not spent");
        if let Err(error) = signed_in {
            assert!(
                matches!(error, OAuthError::WrongIssuer { .. }) && page.contains("another issuer"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_with_another_state_is_refused_and_the_person_is_told() {
    let authority = Authority::usual(|_, _| ()).await;
    let found = found(&authority.base, None).await.unwrap();
    for wrong in ["code=x&state=wrong", "code=x", "code=x&state=", "error=access_denied&state=no"] {
        let (signed_in, page) = sign_in(&found, |_| wrong.to_owned()).await;
        assert!(matches!(signed_in, Err(OAuthError::WrongState)), "{wrong}");
        assert!(page.contains("does not belong to this sign-in"), "{page}");
    }
    // Twice the same name is none that can be relied on.
    let twice = sign_in(&found, |asked| format!("{0}&state={1}", honest(asked), asked["state"])).await.0;
    assert!(matches!(twice, Err(OAuthError::WrongState)));
    assert_eq!(authority.asked("/token").len(), 0);
}

#[tokio::test]
async fn strangers_at_the_listener_are_told_nothing_and_end_nothing() {
    let authority = Authority::usual(|_, _| ()).await;
    let found = found(&authority.base, None).await.unwrap();
    let (tell, told) = mpsc::channel();
    let mut open = |address: &str| {
        let asked = parameters(address);
        let tell = tell.clone();
        tokio::spawn(async move {
            let redirect = &asked["redirect_uri"];
            let (root, _) = redirect.rsplit_once('/').unwrap();
            // Browsers open connections ahead that say nothing.
            let silent = tokio::net::TcpStream::connect(root.strip_prefix("http://").unwrap()).await.unwrap();
            for stranger in
                [format!("{root}/favicon.ico"), format!("{root}/?{}", honest(&asked)), format!("{redirect}x")]
            {
                let page = go(&stranger).await;
                assert!(page.starts_with("HTTP/1.1 404"), "{page}");
            }
            tell.send(go(&format!("{redirect}?{}", honest(&asked))).await).unwrap();
            drop(silent);
            // It was the one answer.
            let address = root.strip_prefix("http://").unwrap().to_owned();
            assert!(tokio::net::TcpStream::connect(address).await.is_err());
        });
    };
    found.sign_in(&mut open, Duration::from_secs(20)).await.unwrap();
    assert!(told.recv().unwrap().contains("You are signed in"));
}

#[tokio::test]
async fn words_of_a_refusal_are_shown_without_what_hides_in_them() {
    let authority = Authority::usual(|_, _| ()).await;
    let found = found(&authority.base, None).await.unwrap();
    let (refused, page) = sign_in(&found, |asked| {
        format!(
            "error=access_denied&error_description=no%1b[2J%0a<script>x</script>&state={}",
            asked["state"]
        )
    })
    .await;
    let shown = refused.unwrap_err().to_string();
    assert!(shown.contains("`access_denied` (no\\u{1b}[2J <script>"), "{shown}");
    assert!(
        page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains('\u{1b}'),
        "{page}"
    );
}

#[tokio::test]
async fn metadata_that_is_not_safe_is_not_used() {
    type Change = fn(&mut serde_json::Value, &str);
    let cases: [(Change, &str); 7] = [
        (|document, _| document["code_challenge_methods_supported"] = json!(["plain"]), "S256"),
        (
            |document, _| drop(document.as_object_mut().unwrap().remove("code_challenge_methods_supported")),
            "S256",
        ),
        (|document, _| document["response_types_supported"] = json!(["token"]), "`code`"),
        (|document, _| document["issuer"] = json!("https://evil.example"), "https://evil.example"),
        (|document, base| document["issuer"] = json!(format!("{base}/other")), "/other"),
        (|document, _| document["token_endpoint"] = json!("http://evil.example/token"), "token_endpoint"),
        (
            |document, _| document["authorization_endpoint"] = json!("javascript:alert(1)"),
            "authorization_endpoint",
        ),
    ];
    for (change, told) in cases {
        let authority = Authority::usual(change).await;
        let error = found(&format!("{}/mcp", authority.base), None).await.err().unwrap();
        assert!(matches!(&error, OAuthError::Metadata { .. }), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn whatever_is_on_another_host_is_told_and_not_the_issuer_alone() {
    for endpoint in ["authorization_endpoint", "token_endpoint", "registration_endpoint", "none"] {
        let authority = Authority::usual(move |document, _| {
            document[endpoint] = json!("http://127.0.0.2:1/x");
        })
        .await;
        let told = found(&authority.base, None).await.unwrap().elsewhere;
        let expected: &[&str] = if endpoint == "none" { &[] } else { &["http://127.0.0.2:1"] };
        assert_eq!(told, expected, "{endpoint}");
    }
}

#[test]
fn a_service_on_the_web_leads_to_no_spelling_of_this_machine() {
    let server = Origin::parse("https://mcp.example/mcp").unwrap();
    let http = super::super::http::Http::new(&server, &Trust::default(), "lumabill/test");
    for here in [
        "https://127.0.0.1/x",
        "https://127.1/x",
        "https://0.0.0.0/x",
        "https://localhost/x",
        "https://localhost./x",
        "https://a.localhost./x",
        "https://[::1]/x",
        "https://[::]/x",
        "https://[::ffff:127.0.0.1]/x",
        "http://mcp.example/x",
        "https://user@mcp.example/x",
        "https://mcp.example/\u{1b}[2J",
        "https://mcp.example/\n/x",
        " https://mcp.example/x",
    ] {
        assert!(http.endpoint(here).is_none(), "{here:?}");
    }
    assert!(http.endpoint("https://auth.example/x?y=1").is_some());
}

#[tokio::test]
async fn an_issuer_has_to_say_of_itself_what_it_was_asked_as() {
    let place = "/.well-known/oauth-authorization-server/tenant";
    let authority = Authority::start(move |request, base| usual(request, &metadata(base, base), place)).await;
    for (resource, issuer, told) in [
        ("", format!("{}/tenant", authority.base), "was asked as"),
        ("", "http://evil.example".to_owned(), "no https address"),
        ("/elsewhere", authority.base.clone(), "it is about"),
    ] {
        let (base, about) = (authority.base.clone(), "/.well-known/oauth-protected-resource/mcp");
        let server = Authority::start(move |request, own| {
            let resource = format!("{own}{resource}");
            if request.path == about {
                return Answer::Json(200, json!({"resource": resource, "authorization_servers": [issuer]}));
            }
            // Once an issuer is named, what the server itself says is no way round it.
            usual(request, &metadata(&base, own), "/.well-known/oauth-authorization-server")
        })
        .await;
        let error = found(&format!("{}/mcp", server.base), None).await.err().unwrap();
        assert!(matches!(error, OAuthError::Metadata { .. }) && error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn a_challenge_leads_to_no_other_host() {
    let elsewhere = Authority::usual(|_, _| ()).await;
    let server = Authority::usual(|_, _| ()).await;
    let challenge = format!("Bearer resource_metadata=\"{}/meta\"", elsewhere.base);
    found(&server.base, Some(&challenge)).await.unwrap();
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn redirects_are_not_followed_and_endless_answers_not_read() {
    let elsewhere = Authority::usual(|_, _| ()).await;
    let target = elsewhere.base.clone();
    let redirecting = Authority::start(move |_, _| {
        Answer::Raw(format!("HTTP/1.1 302 X\r\nLocation: {target}/\r\nContent-Length: 0\r\n\r\n"))
    })
    .await;
    let error = found(&redirecting.base, None).await.err().unwrap();
    assert!(matches!(error, OAuthError::NotFound { .. }), "{error}");
    assert_eq!(elsewhere.requests().len(), 0);

    let huge =
        Authority::start(|_, _| Answer::Raw(format!("HTTP/1.1 200 X\r\n\r\n{}", "x".repeat(300 * 1024))))
            .await;
    let error = found(&huge.base, None).await.err().unwrap();
    assert!(matches!(error, OAuthError::TooLarge { .. }), "{error}");

    let page =
        Authority::start(|_, _| Answer::Raw("HTTP/1.1 200 X\r\nContent-Length: 6\r\n\r\n<html>".to_owned()))
            .await;
    assert!(matches!(found(&page.base, None).await.err().unwrap(), OAuthError::NotFound { .. }));
    let broken = Authority::start(|_, _| Answer::Json(503, json!({}))).await;
    let error = found(&broken.base, None).await.err().unwrap();
    assert!(error.passes() && error.to_string().contains("503"), "{error}");
}

#[tokio::test]
async fn a_registration_or_token_that_is_none_is_told_as_that() {
    for (path, status, body, told) in [
        (
            "/register",
            400,
            json!({"error": "invalid_redirect_uri", "error_description": "no"}),
            "invalid_redirect_uri: no",
        ),
        ("/register", 201, json!({}), "client_id"),
        (
            "/register",
            201,
            json!({"client_id": "c", "token_endpoint_auth_method": "private_key_jwt"}),
            "another proof",
        ),
        ("/token", 400, json!({"error": "invalid_grant"}), "invalid_grant"),
        ("/token", 200, json!({"token_type": "bearer"}), "access_token"),
        ("/token", 200, json!({"access_token": "a\nb"}), "cannot be sent"),
        ("/token", 200, json!({"access_token": "a", "token_type": "DPoP"}), "another type"),
        ("/token", 502, json!(null), "HTTP 502"),
    ] {
        let authority = Authority::start(move |request, base| {
            if request.path == path {
                return Answer::Json(status, body.clone());
            }
            usual(request, &metadata(base, base), "/.well-known/oauth-authorization-server")
        })
        .await;
        let found = found(&authority.base, None).await.unwrap();
        let error = sign_in(&found, honest).await.0.unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_patience_lasts() {
    let authority = Authority::usual(|_, _| ()).await;
    let found = found(&authority.base, None).await.unwrap();
    let nobody = found.sign_in(&mut |_| (), Duration::from_millis(50)).await;
    assert!(matches!(nobody, Err(OAuthError::NobodyCame(_))));
}
