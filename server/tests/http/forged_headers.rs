//! Forged headers on every route, as each role and without a session: who a request claims to be, where it claims to
//! come from and what host it asks for open nothing that the session does not.

use reqwest::RequestBuilder;
use server::http::routes;

use crate::client::{PASSWORD, cookie, location, with_token};
use crate::in_process::InProcess;
use crate::permissions::{Answer, USERS, answer, body, expected, place};

/// What a proxy would say of a person and their browser; pgdeck is told by nobody.
const CLAIMS: [(&str, &str); 9] = [
    ("x-forwarded-user", "admin"),
    ("x-remote-user", "admin"),
    ("remote-user", "admin"),
    ("authorization", "Basic YWRtaW46YWRtaW4="),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-proto", "https"),
    ("x-original-url", "/sign-in"),
    ("x-http-method-override", "GET"),
    ("forwarded", "for=127.0.0.1;host=localhost;proto=https"),
];

/// A way to forge a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forged {
    /// Another host name, as after DNS rebinding.
    Host,
    /// The same, with pgdeck's own in the header of a proxy.
    HostBehindOwn,
    /// What a proxy would say; by rights all else.
    Claims,
    /// Without `Origin` and `Sec-Fetch-Site`.
    NoOrigin,
    /// `Origin` of a sandboxed frame.
    NullOrigin,
    /// Of another site.
    Origin,
    /// Of another site that is said to be the host in the header of a proxy.
    OriginAsForwarded,
    /// Of another port.
    OriginOfPort,
    /// The browser says that another site asks.
    CrossSite,
    /// A neighbour under the same domain.
    SameSite,
    /// Another site, beside pgdeck's own origin.
    CrossSiteOwnOrigin,
    /// Both said at once.
    TwoSites,
    /// By rights all else, without the token of a page of ours; of a server function, as a form sends it.
    NoToken,
}

use Forged::*;

const OF_GET: [Forged; 3] = [Host, HostBehindOwn, Claims];
const OF_POST: [Forged; 13] = [
    Host,
    HostBehindOwn,
    Claims,
    NoOrigin,
    NullOrigin,
    Origin,
    OriginAsForwarded,
    OriginOfPort,
    CrossSite,
    SameSite,
    CrossSiteOwnOrigin,
    TwoSites,
    NoToken,
];

impl Forged {
    /// What is forged of a request without `Origin` and `Sec-Fetch-Site`; `own` is pgdeck's host and port.
    fn on(self, request: RequestBuilder, own: &str) -> RequestBuilder {
        let site = |site| ("sec-fetch-site", site);
        let headers: Vec<(&str, &str)> = match self {
            Host => vec![("host", "evil.example"), site("same-origin")],
            HostBehindOwn => {
                vec![("host", "evil.example"), ("x-forwarded-host", own), site("same-origin")]
            }
            Claims => CLAIMS.into_iter().chain([site("same-origin")]).collect(),
            NoOrigin => vec![],
            NullOrigin => vec![("origin", "null")],
            Origin => vec![("origin", "https://evil.example")],
            OriginAsForwarded => {
                vec![("origin", "https://evil.example"), ("x-forwarded-host", "evil.example")]
            }
            OriginOfPort => vec![("origin", "http://127.0.0.1:1")],
            CrossSite => vec![site("cross-site")],
            SameSite => vec![site("same-site")],
            CrossSiteOwnOrigin => {
                let request = request.header("origin", format!("http://{own}"));
                return request.header("sec-fetch-site", "cross-site");
            }
            TwoSites => vec![site("same-origin"), site("cross-site")],
            NoToken => vec![site("same-origin")],
        };
        headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// The status with which everybody is refused; None: what the session is worth decides.
    fn status(self) -> Option<u16> {
        match self {
            Host | HostBehindOwn => Some(421),
            Claims => None,
            _ => Some(403),
        }
    }
}

/// A request of an entry, forged.
fn forged(
    pgdeck: &InProcess,
    (method, path): (&str, &str),
    cookie: Option<&str>,
    by: Forged,
) -> RequestBuilder {
    let own = pgdeck.url.trim_start_matches("http://");
    let place = place(path);
    let mut request = match method {
        "GET" => pgdeck.get(&place),
        _ => {
            let (kind, body) = body(path);
            let is_form = !path.starts_with("/api/");
            let with_token = match cookie.filter(|_| is_form && by != NoToken) {
                Some(cookie) => with_token(cookie, body),
                None => body,
            };
            let accept =
                if is_form || by == NoToken { "text/html,*/*" } else { "application/json" };
            let request = pgdeck.post_without_origin(&place);
            // A header that is set twice is sent twice.
            let headers = [("content-type", kind), ("accept", accept)];
            let headers =
                headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            request.headers(headers.into_iter().collect()).body(with_token)
        }
    };
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    by.on(request, own)
}

/// The routes that this is about; the others are authorised by their handlers, or take any host name.
fn entries() -> Vec<(String, String, String)> {
    let all = routes::all().into_iter().filter_map(|(method, path, access)| {
        Some((method, path, access.map(|access| access.to_string())?))
    });
    let is_one = |(_, path, access): &(String, String, String)| {
        access != "custom" && !path.contains("{*") && !path.starts_with("/favicon")
    };
    let of_probes = |path: &str| ["/healthz", "/readyz"].contains(&path);
    all.filter(is_one).filter(|(_, path, _)| !of_probes(path)).collect()
}

#[tokio::test]
async fn forged_headers_open_nothing() {
    let users = USERS.map(|(name, roles, servers, ..)| (name, roles, servers));
    let pgdeck = InProcess::start(&users).await;
    let mut callers = vec![("nobody", None, None)];
    for (name, _, _, permissions, on_shop) in USERS {
        let cookie = cookie(&pgdeck.sign_in(name, PASSWORD).await);
        callers.push((name, Some((permissions, on_shop)), Some(cookie)));
    }
    let entries = entries();
    let (mut right, mut faults) = (0, Vec::new());
    for (method, path, access) in &entries {
        let ways: &[Forged] = if method == "GET" { &OF_GET } else { &OF_POST };
        for (name, held, cookie) in &callers {
            let by_rights = expected(access, *held);
            for by in ways {
                // What the session may do is not done here, and signing in is limited to ten tries a minute.
                if *by == Claims && method == "POST" && by_rights == Answer::Allowed {
                    continue;
                }
                let request = forged(&pgdeck, (method, path), cookie.as_deref(), *by);
                let response = request.send().await.unwrap();
                let (status, leads_to) =
                    (response.status().as_u16(), location(&response).to_owned());
                let opens = response.headers().contains_key("access-control-allow-origin");
                let is_right = match by.status() {
                    // The sign-in form says so on its page.
                    _ if *by == NoToken && path == "/login" => {
                        leads_to.starts_with("/sign-in?error=form")
                    }
                    // Who is not signed in is told that first.
                    _ if *by == NoToken && by_rights == Answer::SignInRequired => {
                        matches!(answer(response).await, Answer::SignInRequired | Answer::Forbidden)
                    }
                    Some(wanted) => status == wanted,
                    None => answer(response).await == by_rights,
                };
                if is_right && !opens {
                    right += 1;
                } else {
                    faults.push(format!("{method} {path} as {name}, {by:?}: {status} {leads_to}"));
                }
            }
        }
    }
    let posts = entries.iter().filter(|(method, ..)| method == "POST").count();
    println!(
        "{} routes ({posts} of them POST) × {} callers × {} forged headers of a POST, {} of a GET: {right} of {}",
        entries.len(),
        callers.len(),
        OF_POST.len(),
        OF_GET.len(),
        right + faults.len()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(posts > 30 && right > 2_000, "{posts} of {right}: the list no longer sees them");
    // They were refused all the same: the sessions are as they were.
    for (name, held, cookie) in &callers {
        let Some(cookie) = cookie else { continue };
        let about = pgdeck.get("/about").header("cookie", cookie).send().await.unwrap();
        assert_eq!(about.status(), 200, "{name} {held:?} is still signed in");
    }
}
