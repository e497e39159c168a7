//! Markup in an address: whatever page it leads to, it comes back as text only.

use model::Role;
use server::http::routes;

use crate::client::{FORM, PASSWORD, UNREACHABLE, cookie, with_token};
use crate::in_process::InProcess;

/// What closes a title and opens an element of its own; browsers send it percent-encoded.
const MARKUP: &str = "</title><meta http-equiv=refresh content=0;url=/about>";
const ENCODED: &str =
    "%3C%2Ftitle%3E%3Cmeta%20http-equiv%3Drefresh%20content%3D0%3Burl%3D%2Fabout%3E";

/// Every address with the markup in each of its steps and in its query.
fn hostile(path: &str) -> Vec<String> {
    let plain = path.replace("{server}", "shop").replace(":server", "shop").replace("{*", "");
    let plain = plain.replace('}', "");
    let steps: Vec<&str> = plain.split('/').skip(1).filter(|step| !step.is_empty()).collect();
    let mut all: Vec<String> = (0..=steps.len())
        .map(|at| {
            let mut changed: Vec<&str> = steps.clone();
            if at < changed.len() {
                changed[at] = ENCODED
            } else {
                changed.push(ENCODED)
            }
            format!("/{}", changed.join("/"))
        })
        .collect();
    all.push(format!("{plain}?{ENCODED}={ENCODED}&q={ENCODED}&next={ENCODED}&error={ENCODED}"));
    all
}

fn faults_of(html: &str, place: &str) -> Option<String> {
    let titles = html.matches("</title>").count();
    let head = html.split("</head>").next().unwrap_or_default();
    let is_page = html.contains("<html");
    let reflected = html.contains(MARKUP) || head.contains("http-equiv");
    (is_page && (reflected || titles != 1)).then(|| format!("{place}: {titles} titles: {head}"))
}

#[tokio::test]
async fn markup_in_an_address_is_text_on_every_page() {
    let pgdeck = InProcess::start(&[("operator", &[Role::Operator], &[])]).await;
    let cookie = cookie(&pgdeck.sign_in("operator", PASSWORD).await);
    let mut paths: Vec<String> = routes::all().into_iter().map(|(_, path, _)| path).collect();
    paths.retain(|path| path != "/logout" && path != "/live");
    paths.dedup();
    let mut faults = Vec::new();
    let mut pages = 0;
    for place in paths.iter().flat_map(|path| hostile(path)) {
        for method in ["GET", "POST"] {
            let request = match method {
                "GET" => pgdeck.get(&place),
                _ => pgdeck
                    .post_as(&place, FORM)
                    .body(with_token(&cookie, format!("plan={ENCODED}&step={ENCODED}"))),
            };
            let answer = request.header("cookie", &cookie).send().await.unwrap();
            let html = answer.text().await.unwrap();
            pages += usize::from(html.contains("<html"));
            faults.extend(faults_of(&html, &format!("{method} {place}")));
        }
    }
    assert!(faults.is_empty(), "{} of {pages} pages:\n{}", faults.len(), faults.join("\n"));
    assert!(pages > 40, "{pages} pages: the test no longer sees them");
}

#[tokio::test]
async fn an_address_of_no_server_is_not_found_and_titled_so() {
    let pgdeck = InProcess::start(&[("operator", &[Role::Operator], &[])]).await;
    let cookie = cookie(&pgdeck.sign_in("operator", PASSWORD).await);
    let title = |html: &str| {
        html.split("<title>").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned()
    };
    for path in ["", "activity", "locks", "replication", "statements", "act"] {
        for name in ["Sign%20in%20again%20at%20evil.example", "nothing", ENCODED] {
            let place = format!("/s/{name}/{path}");
            let answer = pgdeck.get(&place).header("cookie", &cookie).send().await.unwrap();
            assert_eq!(answer.status(), 404, "{place}");
            assert_eq!(title(&answer.text().await.unwrap()), "Not found · pgdeck", "{place}");
        }
        let place = format!("/s/shop/{path}");
        let answer = pgdeck.get(&place).header("cookie", &cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{place} of {UNREACHABLE}");
        assert!(title(&answer.text().await.unwrap()).contains("shop"), "{place}");
    }
}

#[tokio::test]
async fn names_as_people_type_them_work_in_addresses() {
    let dsns = ["postgres://reader@127.0.0.1:1/DB1.example.com".to_owned()];
    let pgdeck = InProcess::watching(&dsns, &[]).await;
    let cookie = pgdeck.sign_in_by_link().await;
    for path in ["/s/DB1.example.com/", "/s/DB1.example.com/locks", "/s/DB1.example.com/act"] {
        let answer = pgdeck.get(path).header("cookie", &cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let html = answer.text().await.unwrap();
        assert!(html.contains("DB1.example.com · pgdeck</title>"), "{path}: {html}");
    }
    for (path, wanted) in [
        ("/live?server=DB1.example.com&area=activity", 200),
        ("/live?server=db1.example.com&area=activity", 404),
        ("/s/db1.example.com/", 404),
    ] {
        let answer = pgdeck.get(path).header("cookie", &cookie).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), wanted, "{path}");
    }
}

#[tokio::test]
async fn nothing_can_be_pressed_where_nothing_can_be_done() {
    let dsns = ["postgres://reader@127.0.0.1:1/shop".to_owned()];
    let pgdeck = InProcess::watching(&dsns, &[]).await;
    let cookie = pgdeck.sign_in_by_link().await;
    let answer = pgdeck.get("/s/shop/act").header("cookie", &cookie).send().await.unwrap();
    let html = answer.text().await.unwrap();
    assert!(html.contains("has no operate DSN"), "{html}");
    for action in ["analyze", "vacuum"] {
        let value = format!("value=\"{action}\"");
        let tags = html.split("<button").filter_map(|rest| rest.split('>').next());
        let buttons: Vec<&str> = tags.filter(|tag| tag.contains(&value)).collect();
        assert!(matches!(buttons[..], [tag] if tag.contains("disabled")), "{action}: {buttons:?}");
    }
}

#[tokio::test]
async fn a_page_that_answers_a_form_keeps_the_theme() {
    let pgdeck = InProcess::start(&[("operator", &[Role::Operator], &[])]).await;
    let cookie = cookie(&pgdeck.sign_in("operator", PASSWORD).await);
    for (path, body) in [("/plan", "plan=none"), ("/s/local/act", "step=none")] {
        for theme in ["light", "dark"] {
            let request = pgdeck.post_as(path, FORM).body(with_token(&cookie, body));
            let both = format!("{cookie}; theme={theme}");
            let html = request.header("cookie", both).send().await.unwrap().text().await.unwrap();
            assert!(html.contains(&format!("data-theme=\"{theme}\"")), "{path}: {theme}");
        }
    }
}
