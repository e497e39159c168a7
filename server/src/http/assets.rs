//! Static assets (JavaScript, WebAssembly, CSS, fonts), embedded in the binary; development builds read
//! them from `target/site`.
//!
//! A release serves them under a content hash with `Cache-Control: immutable`, so a page of an old release
//! never loads modules of a new one. Other paths are revalidated by ETag. `cargo xtask build` adds the
//! brotli-compressed files.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use super::response;
use hex::encode as hex;

#[derive(RustEmbed)]
#[folder = "$PGDECK_SITE"]
#[allow_missing = true]
struct Files;

/// The URL folder of the client bundle: `pkg/` and, in a release, the hash of all its files. The files
/// of a development build change while it runs, so it has no hash.
pub static PACKAGE: LazyLock<String> = LazyLock::new(|| {
    if cfg!(debug_assertions) {
        return "pkg".into();
    }
    let mut paths: Vec<_> = Files::iter().filter(|path| path.starts_with("pkg/")).collect();
    paths.sort();
    let hashes = paths.iter().filter_map(|path| Files::get(path));
    let all: Vec<u8> = hashes.flat_map(|file| file.metadata.sha256_hash()).collect();
    format!("pkg/{}", first_half(&Sha256::digest(&all)))
});

/// The first half of a hash: enough to distinguish versions.
fn first_half(hash: &[u8]) -> String {
    hex(hash.get(..16).unwrap_or(hash))
}

/// The embedded path of a URL path, and whether its content is immutable.
fn embedded_path<'a>(path: &'a str, package: &str) -> (std::borrow::Cow<'a, str>, bool) {
    match path.strip_prefix(package).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if package != "pkg" => (format!("pkg/{rest}").into(), true),
        _ => (path.into(), false),
    }
}

/// `GET` of an embedded file.
pub async fn file(request: Request) -> Response {
    let (path, immutable) = embedded_path(request.uri().path().trim_start_matches('/'), &PACKAGE);
    let path = path.as_ref();
    let Some(file) = Files::get(path) else {
        return response::plain_error(StatusCode::NOT_FOUND, "There is no such file.");
    };
    let hash = file.metadata.sha256_hash();
    let tag = format!("\"{}\"", first_half(&hash));
    let cache = if immutable { "public, max-age=31536000, immutable" } else { "public, no-cache" };
    let common = [
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))),
    ];
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known
        .is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
    {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let kind = [(header::CONTENT_TYPE, content_type(path))];
    let compressed =
        accepts_brotli(request.headers()).then(|| Files::get(&format!("{path}.br"))).flatten();
    if let Some(compressed) = compressed {
        return (common, kind, [(header::CONTENT_ENCODING, "br")], bytes(compressed))
            .into_response();
    }
    (common, kind, bytes(file)).into_response()
}

fn bytes(file: EmbeddedFile) -> Bytes {
    match file.data {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
    }
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    let accepted =
        headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == "br" && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_sent_only_to_clients_that_accept_it() {
        let takes = |value: &str| {
            accepts_brotli(
                &[(header::ACCEPT_ENCODING, value.parse().unwrap())].into_iter().collect(),
            )
        };
        assert!(takes("gzip, deflate, br") && takes("br;q=1.0"));
        assert!(!takes("gzip") && !takes("br;q=0") && !takes("brotli"));
    }

    #[test]
    fn webassembly_is_streamed_only_under_its_own_type() {
        assert_eq!(content_type("pkg/pgdeck_bg.wasm"), "application/wasm");
        assert_eq!(content_type("pkg/pgdeck.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("no-end"), "application/octet-stream");
    }

    #[test]
    fn files_of_a_release_are_immutable_under_its_hash() {
        assert_eq!(embedded_path("pkg/ab12/pgdeck.js", "pkg/ab12"), ("pkg/pgdeck.js".into(), true));
        assert_eq!(
            embedded_path("pkg/ab11/pgdeck.js", "pkg/ab12"),
            ("pkg/ab11/pgdeck.js".into(), false)
        );
        assert_eq!(embedded_path("pkg/pgdeck.js", "pkg"), ("pkg/pgdeck.js".into(), false));
        assert_eq!(embedded_path("favicon.svg", "pkg/ab12"), ("favicon.svg".into(), false));
    }
}
