//! HTTP security: authentication, CSRF and host checks (DNS rebinding), and the security headers and CSP of
//! every response.

use model::Role;

use crate::client::{PASSWORD, cookie, location, with_token};
use crate::in_process::InProcess;

const POLICY_PARTS: [&str; 6] = [
    "default-src 'none'",
    "'strict-dynamic' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
];

#[tokio::test]
async fn without_a_session_only_the_sign_in_page_is_served() {
    let pgdeck = InProcess::start(&[]).await;
    for path in ["/", "/s/shop/activity?sort=age", "/about", "/rules", "/nothing"] {
        let answer = pgdeck.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{path}");
        assert!(location(&answer).starts_with("/sign-in?next=%2F"), "{path}");
        assert_eq!(answer.text().await.unwrap(), "", "{path}");
    }
    for path in ["/live?server=shop&area=activity", "/api/navigation"] {
        assert_eq!(pgdeck.get(path).send().await.unwrap().status(), 401, "{path}");
    }
    assert_eq!(pgdeck.post("/api/navigation").send().await.unwrap().status(), 401);
    for path in ["/sign-in", "/healthz", "/readyz"] {
        assert_eq!(pgdeck.get(path).send().await.unwrap().status(), 200, "{path}");
    }
    assert_eq!(pgdeck.get("/pkg/nothing.js").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn every_response_has_every_security_header() {
    let pgdeck = InProcess::start(&[]).await;
    let cookie = pgdeck.sign_in_by_link().await;
    for path in [
        "/", "/s/shop/", "/nothing", "/sign-in", "/healthz", "/metrics", "/pkg/x", "/live",
        "/api/x", "/login",
    ] {
        let answer = pgdeck.get(path).header("cookie", &cookie).send().await.unwrap();
        let headers = answer.headers();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(
                headers.get(name).unwrap_or_else(|| panic!("{path}: {name}")),
                value,
                "{path}"
            );
        }
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"),
            "{path}: {policy}"
        );
    }
}

#[tokio::test]
async fn a_page_runs_only_scripts_with_its_own_nonce() {
    let pgdeck = InProcess::start(&[]).await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let answer = pgdeck.get("/sign-in").send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        for part in POLICY_PARTS {
            assert!(policy.contains(part), "{part} is missing in {policy}");
        }
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let page = answer.text().await.unwrap();
        let scripts = page.matches("<script").count();
        assert!(
            scripts > 0 && page.matches(&format!("nonce=\"{nonce}\"")).count() >= scripts,
            "{page}"
        );
        assert!(!page.contains(" style=\"") && !page.contains(" onclick="), "{page}");
        let places = page.matches(&nonce).count();
        let of_scripts = page
            .split("<script")
            .skip(1)
            .filter(|tag| tag.split('>').next().unwrap().contains(&nonce));
        assert_eq!(places, of_scripts.count(), "elsewhere selectors can read it: {page}");
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn unsafe_requests_must_be_same_origin() {
    let pgdeck = InProcess::start(&[("eve", &[Role::Viewer], &[])]).await;
    let cookie = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    let port = pgdeck.url.rsplit(':').next().unwrap().to_owned();
    let foreign_port = format!("http://127.0.0.1:{}", port.parse::<u16>().unwrap() ^ 1);
    let cases: [&[(&str, &str)]; 8] = [
        &[],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", &foreign_port)],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", &pgdeck.url)],
        &[("content-type", "text/plain")],
    ];
    for path in ["/logout", "/login", "/api/navigation", "/", "/metrics"] {
        for case in cases {
            let mut request = pgdeck.post_without_origin(path).header("cookie", &cookie);
            for (name, value) in case {
                request = request.header(*name, *value);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path} {case:?}");
            assert_eq!(answer.text().await.unwrap().lines().count(), 1);
        }
    }
    assert_eq!(pgdeck.get("/logout").header("cookie", &cookie).send().await.unwrap().status(), 405);
    assert_eq!(
        pgdeck.get("/about").header("cookie", &cookie).send().await.unwrap().status(),
        200,
        "still signed in"
    );
    let from_page = pgdeck
        .post_without_origin("/logout")
        .header("cookie", &cookie)
        .header("origin", &pgdeck.url)
        .body(with_token(&cookie, ""));
    assert_eq!(from_page.send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn a_foreign_host_name_is_refused() {
    let pgdeck = InProcess::start(&[]).await;
    let cookie = pgdeck.sign_in_by_link().await;
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"] {
        for path in ["/", "/metrics", "/sign-in", "/pkg/pgdeck.js"] {
            for (name, value) in [("cookie", cookie.as_str()), ("authorization", "Bearer x")] {
                let request = pgdeck.get(path).header("host", host).header(name, value);
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 421, "{host} {path} with {name}");
            }
        }
    }
    assert_eq!(
        pgdeck.get("/healthz").header("host", "probe.example").send().await.unwrap().status(),
        200
    );
    assert_eq!(
        pgdeck
            .get("/")
            .header("host", "localhost")
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}
