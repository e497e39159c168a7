//! `pgdeck mark`: sets a mark on the line of events, of the running pgdeck at its control socket, or of one on
//! another machine over HTTP.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use engine::dsn::Environment;
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use serde_json::json;
use url::Url;

use super::Place;
use super::ask::control;
use super::error::Failure;
use super::terminal::plain;
use crate::config;
use crate::control::{MARK, MARKED};
use crate::http::marks;

/// Where the token is, unless a file is named: arguments are seen by everybody on the machine.
const TOKEN: &str = "PGDECK_MARK_TOKEN";
/// The longest that a pgdeck is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read, bytes: a sentence.
const MOST_BYTES: usize = 2_048;

/// `pgdeck mark`.
#[derive(Debug, Args)]
pub struct Mark {
    /// What happened, for example "release 42"
    pub title: String,
    /// Only this server [default: all]
    #[arg(long, value_name = "NAME")]
    pub server: Option<String>,
    /// The pgdeck on another machine; its mark_token is taken from PGDECK_MARK_TOKEN or --token-file
    #[arg(long, value_name = "URL", conflicts_with_all = ["port", "data_dir"])]
    pub url: Option<String>,
    /// A file with the token
    #[arg(long, value_name = "FILE", requires = "url")]
    pub token_file: Option<PathBuf>,
    /// The port of the pgdeck that is meant, where several run on the data directory
    #[arg(long)]
    pub port: Option<u16>,
    /// Where pgdeck's data directory is.
    #[command(flatten)]
    pub place: Place,
}

/// Sets the mark.
pub async fn mark(mark: &Mark, env: &Environment) -> Result<(), Failure> {
    if let Some(url) = &mark.url {
        let url = address(url)?;
        let token = token(mark.token_file.as_deref(), env)?;
        return send(mark, url, &token).await;
    }
    let data_dir = config::data_directory(&mark.place, env)?;
    // As JSON a title is one line, whatever it holds.
    let words =
        json!({ "title": mark.title, "server": mark.server.as_deref().unwrap_or_default() });
    let said = control(&data_dir, mark.port, &format!("{MARK} {words}\n")).await?;
    if said == MARKED { Ok(()) } else { Err(Failure::usage(said)) }
}

/// Where marks are sent to. A URL with a password in it is not repeated.
fn address(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).ok().filter(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && plain && url.query().is_none()
    });
    let mut url = url.ok_or_else(|| {
        Failure::usage("--url takes the address of pgdeck, such as https://pgdeck.example.org.")
    })?;
    let path = format!("{}{}", url.path().trim_end_matches('/'), marks::PATH);
    url.set_path(&path);
    Ok(url)
}

fn token(file: Option<&Path>, env: &Environment) -> Result<String, Failure> {
    let text = match file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| {
            let file = file.display();
            Failure::usage(format!("the token file {file} cannot be read: {error}."))
        })?,
        None => env.vars.get(TOKEN).cloned().unwrap_or_default(),
    };
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::usage(format!(
            "a mark over HTTP needs the mark_token of that pgdeck, one word; put it into {TOKEN} or a file named with --token-file."
        )));
    }
    Ok(token.to_owned())
}

async fn send(mark: &Mark, url: Url, token: &str) -> Result<(), Failure> {
    let place = url.origin().ascii_serialization();
    // The token goes to nobody else.
    let client = reqwest::Client::builder().redirect(Policy::none()).timeout(PATIENCE).build();
    let client = client.map_err(|error| Failure::failed(cause(&error)))?;
    let form = [("title", &*mark.title), ("server", mark.server.as_deref().unwrap_or_default())];
    let answer = client.post(url).bearer_auth(token).form(&form).send().await.map_err(|error| {
        Failure::failed(format!("{place} cannot be reached: {}.", cause(&error)))
    })?;
    let status = answer.status();
    let said = match status {
        StatusCode::CREATED => return Ok(()),
        status if status.is_client_error() || status.is_server_error() => sentence(answer).await,
        _ => None,
    };
    Err(match (status, said) {
        (StatusCode::UNAUTHORIZED, Some(_)) => Failure::usage(format!(
            "{place} refuses the token: it is not the mark_token of its configuration."
        )),
        (_, Some(said)) => Failure::usage(format!("{place} says: {said}")),
        (status, None) => Failure::failed(format!(
            "{place} is no pgdeck that takes marks: it answers {} to POST {}.",
            status.as_u16(),
            marks::PATH
        )),
    })
}

/// What pgdeck says: one sentence of plain text. Anything else is not pgdeck's.
async fn sentence(mut answer: reqwest::Response) -> Option<String> {
    let kind = answer.headers().get("content-type")?.to_str().ok()?.to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_BYTES {
            return None;
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let text = text.trim();
    let is_sentence = kind.starts_with("text/plain") && text.ends_with(['.', '…']);
    (is_sentence && text.lines().count() == 1).then(|| plain(text))
}

/// What went wrong, without the URL around it.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("it did not answer within {} s", PATIENCE.as_secs());
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().replace('\n', " ").trim_end_matches('.').to_owned()
}
