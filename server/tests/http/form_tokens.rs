//! Forms that are not of a page made for the browser's session: same-origin, with the session's cookie, as markup
//! that was smuggled into a page would send them. Whatever they ask for, nothing is done.

use model::Role;
use server::http::middleware::form_token;
use server::http::routes;

use crate::client::{FORM, PASSWORD, cookie, location, with_token};
use crate::in_process::InProcess;

const FIELDS: &str = "step=run&run=00112233445566778899aabbccddeeff&server=shop&mode=analyze&dml=on&functions=on&statement=update+t+set+a=1&action=terminate&target=1%401&relation=t&method=tuples&ask=suggest&detail=summary&name=eve&password=correct+horse+battery";
/// What browsers accept for what a form brings (Fetch standard, "Request destination: document").
const OF_A_FORM: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn two_people() -> (InProcess, String, String) {
    let users: [(&str, &[Role], &[&str]); 2] =
        [("eve", &[Role::Operator], &[]), ("bob", &[Role::Operator], &[])];
    let pgdeck = InProcess::start(&users).await;
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    let bob = cookie(&pgdeck.sign_in("bob", PASSWORD).await);
    (pgdeck, eve, bob)
}

/// The routes that take forms, and one that does not exist.
fn forms() -> Vec<String> {
    let of_forms = |(method, path, _): &(String, String, _)| {
        method == "POST" && !path.starts_with("/api/") && path != "/mark"
    };
    let place = |(_, path, _): (String, String, _)| {
        path.replace("{server}", "shop").replace("{queryid}", "1")
    };
    let mut all: Vec<String> = routes::all().into_iter().filter(of_forms).map(place).collect();
    all.push("/s/shop/anything".into());
    all
}

#[tokio::test]
async fn a_form_without_the_token_of_its_session_does_nothing() {
    let (pgdeck, eve, bob) = two_people().await;
    let own = with_token(&eve, "");
    let paths = forms();
    assert!(paths.len() >= 8, "{paths:?}: the list no longer sees them");
    for path in &paths {
        let others = with_token(&bob, FIELDS);
        let without = format!("{}=&{FIELDS}", form_token::FIELD);
        let in_address = format!("{path}?{own}");
        for (place, body) in
            [(path, FIELDS), (path, &others), (path, &without), (&in_address, FIELDS)]
        {
            let request = pgdeck.post(place).header("cookie", &eve).body(body.to_owned());
            let answer = request.send().await.unwrap();
            match path.as_str() {
                "/login" => {
                    assert!(location(&answer).starts_with("/sign-in?error=form"), "{body}");
                    assert!(answer.headers().get("set-cookie").is_none(), "{body}");
                }
                _ => assert_eq!(answer.status(), 403, "{place} {body}"),
            }
        }
    }
    let in_parts = format!(
        "--x\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\n{}\r\n--x--",
        form_token::of(eve.split_once('=').unwrap().1)
    );
    let request = pgdeck.post_as("/plan", "multipart/form-data; boundary=x").body(in_parts);
    assert_eq!(request.header("cookie", &eve).send().await.unwrap().status(), 403);
    let about = pgdeck.get("/about").header("cookie", &eve).send().await.unwrap();
    assert_eq!(about.status(), 200, "still signed in");
    let plan = pgdeck.form("/plan", &eve, "plan=").send().await.unwrap();
    assert_eq!(plan.status(), 200, "the page's own form is answered");
}

#[tokio::test]
async fn no_form_calls_a_server_function() {
    let (pgdeck, eve, _) = two_people().await;
    let mut called = 0;
    for (method, path, _) in routes::all() {
        if method != "POST" || !path.starts_with("/api/") || path.contains('{') {
            continue;
        }
        for accept in [Some(OF_A_FORM), Some("*/*"), None] {
            let mut request = pgdeck.post_without_origin(&path).header("cookie", &eve);
            request = request.header("sec-fetch-site", "same-origin");
            request = request.header("referer", "https://evil.example/");
            if let Some(accept) = accept {
                request = request.header("accept", accept);
            }
            let answer = request.body(with_token(&eve, FIELDS)).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path} {accept:?}");
            assert_eq!(location(&answer), "", "{path} leads nowhere");
        }
        called += 1;
    }
    assert!(called > 30, "{called} functions: the list no longer sees them");
    let asked = pgdeck.post_as("/api/navigation", FORM).header("cookie", &eve);
    assert_eq!(asked.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn every_form_of_a_page_has_the_token_of_its_session() {
    let (pgdeck, eve, _) = two_people().await;
    let token = form_token::of(eve.split_once('=').unwrap().1);
    let field = format!("name=\"{}\" value=\"{token}\"", form_token::FIELD);
    let mut seen = 0;
    for page in app::routes::PAGES.iter().filter(|page| page.name != "sign_in") {
        let place = page.path.replace(":server", "shop").replace(":queryid", "1");
        let html = pgdeck.get(&place).header("cookie", &eve).send().await.unwrap();
        let html = html.text().await.unwrap();
        for form in html.split("<form").skip(1) {
            let (head, _) = form.split_once('>').unwrap();
            let body = form.split("</form>").next().unwrap();
            if head.contains("method=\"post\"") {
                assert!(body.contains(&field), "{place}: {form:.300}");
                seen += 1;
            } else {
                assert!(!body.contains(&token), "{place}: an address would hold it");
            }
        }
    }
    assert!(seen > 20, "{seen} forms: the test no longer sees them");
    let page = pgdeck.get("/sign-in").send().await.unwrap();
    let cookie = cookie(&page);
    let field = with_token(&cookie, "").replace('=', "\" value=\"").replace('&', "\"");
    assert!(page.text().await.unwrap().contains(&field), "{field}");
}
