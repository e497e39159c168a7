//! An HTTP client that behaves like a browser on pgdeck's pages: cookies by hand, no redirects followed.

use reqwest::{Client, RequestBuilder, Response, redirect};

/// The client of one pgdeck.
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

    /// A `POST` as a browser sends it from one of our pages.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.bare_post(path).header("sec-fetch-site", "same-origin")
    }

    /// A `POST` from one of our pages that has yet to say what it carries.
    pub fn plain_post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).header("sec-fetch-site", "same-origin")
    }

    /// A `POST` that says nothing of where it comes from.
    pub fn bare_post(&self, path: &str) -> RequestBuilder {
        let form = "application/x-www-form-urlencoded";
        self.client.post(format!("{}{path}", self.url)).header("content-type", form)
    }

    /// Follows the printed link; the cookie as `name=value`.
    pub async fn sign_in_by_link(&self) -> String {
        let path = self.link.strip_prefix(&self.url).unwrap();
        let answer = self.get(path).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
        cookie(&answer)
    }

    /// Sends the sign-in form.
    pub async fn sign_in(&self, name: &str, password: &str) -> Response {
        let body = format!("name={name}&password={}", password.replace(' ', "+"));
        self.post("/login").body(body).send().await.unwrap()
    }
}

/// Where an answer sends the browser.
pub fn location(answer: &Response) -> &str {
    answer.headers().get("location").map_or("", |value| value.to_str().unwrap())
}

/// The cookie an answer sets, as `name=value`.
pub fn cookie(answer: &Response) -> String {
    let set = answer.headers().get("set-cookie").expect("a cookie").to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}
