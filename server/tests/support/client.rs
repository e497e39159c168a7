//! An HTTP client that sends the headers of a browser; sets cookies by hand and follows no redirects.

use reqwest::{Client, RequestBuilder, Response, redirect};
use server::http::middleware::form_token;

/// The content type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// The DSN of a server that is down: nothing listens on port 1.
pub const UNREACHABLE: &str = "postgres://reader:hunter2@127.0.0.1:1/shop";
/// The password of all test users.
pub const PASSWORD: &str = "correct horse battery";

/// The client of one pgdeck process.
pub struct Http {
    /// `http://127.0.0.1:port`.
    pub url: String,
    /// The one-time sign-in link.
    pub link: String,
    client: Client,
}

impl Http {
    /// A client of the pgdeck that printed this link.
    pub fn new(link: String) -> Self {
        let url = link.split("/login").next().unwrap().trim_end_matches('/').to_owned();
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { url, link, client }
    }

    /// A `GET` without a cookie.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A same-origin `POST` of a form, as a browser sends it.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.post_as(path, FORM)
    }

    /// A same-origin `POST` with this content type; of a server function as its script sends it.
    pub fn post_as(&self, path: &str, content_type: &str) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.url));
        let accepts = if path.starts_with("/api/") { "application/json" } else { "text/html,*/*" };
        let request = request.header("accept", accepts).header("sec-fetch-site", "same-origin");
        request.header("content-type", content_type)
    }

    /// The form of a page that was opened with this cookie.
    pub fn form(&self, path: &str, cookie: &str, body: impl std::fmt::Display) -> RequestBuilder {
        self.post(path).header("cookie", cookie).body(with_token(cookie, body))
    }

    /// A `POST` of a form without `Sec-Fetch-Site` and `Origin`.
    pub fn post_without_origin(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).header("content-type", FORM)
    }

    /// Redeems the one-time link; the session cookie as `name=value`.
    pub async fn sign_in_by_link(&self) -> String {
        let path = self.link.strip_prefix(&self.url).unwrap();
        let answer = self.get(path).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
        cookie(&answer)
    }

    /// Opens the sign-in page: its cookie as `name=value`.
    pub async fn sign_in_page(&self) -> String {
        cookie(&self.get("/sign-in").send().await.unwrap())
    }

    /// Sends the sign-in form.
    pub async fn sign_in(&self, name: &str, password: &str) -> Response {
        let cookie = self.sign_in_page().await;
        let body = form_body(&[("name", name), ("password", password)]);
        self.form("/login", &cookie, body).send().await.unwrap()
    }
}

/// A form with the token that pages have for whoever sends this cookie.
pub fn with_token(cookie: &str, body: impl std::fmt::Display) -> String {
    match cookie.split(';').next().and_then(|first| first.split_once('=')) {
        Some((_, id)) => format!("{}={}&{body}", form_token::FIELD, form_token::of(id)),
        None => body.to_string(),
    }
}

/// The fields of a form, URL-encoded as browsers do.
pub fn form_body(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The redirect target of a response.
pub fn location(answer: &Response) -> &str {
    answer.headers().get("location").map_or("", |value| value.to_str().unwrap())
}

/// The cookie that a response sets, as `name=value`.
pub fn cookie(answer: &Response) -> String {
    let set = answer.headers().get("set-cookie").expect("a cookie").to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}
