//! Host and origin checks against DNS rebinding (`Host`) and cross-site request forgery, CSRF
//! (`Sec-Fetch-Site`, `Origin`). Knows headers only; the middleware is `same_origin`.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, Uri, header};
use url::Url;

/// The hosts and origins at which pgdeck is reached.
#[derive(Clone, Debug)]
pub struct Origins {
    listen: SocketAddr,
    public_url: Option<Url>,
}

impl Origins {
    /// The listen address and, where one is configured, `public_url`.
    pub fn new(listen: SocketAddr, public_url: Option<Url>) -> Self {
        Self { listen, public_url }
    }

    /// The listen address.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// The port that browsers use.
    pub fn port(&self) -> u16 {
        let public = self.public_url.as_ref().and_then(Url::port_or_known_default);
        public.unwrap_or_else(|| self.listen.port())
    }

    /// Whether browsers use https.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Whether pgdeck listens on a loopback address.
    pub fn is_loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    /// Whether browsers come through a reverse proxy, under a configured URL.
    pub fn is_public(&self) -> bool {
        self.public_url.is_some()
    }

    /// The URL to open, without a path.
    pub fn url(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// The URL that signs in once with this token.
    pub fn sign_in_link(&self, token: &str) -> String {
        format!("{}/login?token={token}", self.url())
    }

    /// Whether `host` (a `Host` header) is one of pgdeck's. DNS rebinding needs a host name, so IP
    /// addresses are allowed when pgdeck does not listen on loopback.
    pub fn is_allowed_host(&self, host: &str) -> bool {
        let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
        let public = self.public_url.as_ref().and_then(Url::host_str);
        match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || public == Some(name),
            Some(url::Host::Ipv4(address)) => {
                self.is_allowed_address(IpAddr::V4(address)) || public == url.host_str()
            }
            Some(url::Host::Ipv6(address)) => {
                self.is_allowed_address(IpAddr::V6(address)) || public == url.host_str()
            }
            None => false,
        }
    }

    fn is_allowed_address(&self, address: IpAddr) -> bool {
        address.is_loopback() || !self.is_loopback()
    }

    /// Whether an unsafe request is same-origin.
    pub fn is_same_origin(&self, headers: &HeaderMap, host: &str) -> bool {
        let mut sites = headers.get_all("sec-fetch-site").iter();
        match (sites.next(), sites.next()) {
            (Some(site), None) => return site == "same-origin" || site == "none",
            (Some(_), Some(_)) => return false,
            (None, _) => {}
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let (Some(Ok(origin)), None) =
            (origins.next().map(|origin| origin.to_str()), origins.next())
        else {
            return false;
        };
        let public = self.public_url.as_ref().map(|url| url.origin().ascii_serialization());
        let direct = format!("http://{host}");
        public.as_deref() == Some(origin) || (!self.is_https() && origin == direct)
    }
}

/// The host of a request: `Host`, or the authority of HTTP/2.
pub fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let mut named = headers.get_all(header::HOST).iter();
    match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, _) => uri.authority().map(|authority| authority.as_str()),
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(listen: &str, public_url: Option<&str>) -> Origins {
        Origins::new(listen.parse().unwrap(), public_url.map(|url| Url::parse(url).unwrap()))
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn foreign_host_names_are_refused() {
        let local = origins("127.0.0.1:8432", None);
        for host in ["localhost:8432", "127.0.0.1:8432", "127.0.0.1", "[::1]:8432", "LOCALHOST"] {
            assert!(local.is_allowed_host(host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "192.168.0.1",
            "localhost.evil.example",
            "",
            "a b",
        ] {
            assert!(!local.is_allowed_host(host), "{host}");
        }
        let public = origins("0.0.0.0:8432", Some("https://deck.example"));
        assert!(public.is_allowed_host("deck.example") && public.is_allowed_host("10.0.0.5:8432"));
        assert!(!public.is_allowed_host("evil.example"));
    }

    #[test]
    fn unsafe_requests_are_same_origin() {
        let local = origins("127.0.0.1:8432", None);
        let same_origin = |pairs: &[(&'static str, &str)]| {
            local.is_same_origin(&headers(pairs), "127.0.0.1:8432")
        };
        assert!(same_origin(&[("sec-fetch-site", "same-origin")]));
        assert!(same_origin(&[("sec-fetch-site", "none")]));
        assert!(same_origin(&[("origin", "http://127.0.0.1:8432")]));
        for pairs in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "http://evil.example")],
            &[("origin", "http://127.0.0.1:9999")],
            &[("origin", "https://127.0.0.1:8432")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:8432")],
        ] {
            assert!(!same_origin(pairs), "{pairs:?}");
        }
    }

    #[test]
    fn behind_https_an_http_origin_is_refused() {
        let public = origins("127.0.0.1:8432", Some("https://deck.example"));
        let same_origin =
            |origin| public.is_same_origin(&headers(&[("origin", origin)]), "deck.example");
        assert!(same_origin("https://deck.example"));
        assert!(!same_origin("http://deck.example"));
    }
}
