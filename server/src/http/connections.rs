//! Requests of clients: a body that is sent slowly is cut; one whose answer is under way may take longer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use axum::serve::IncomingStream;
use futures::StreamExt;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

use super::activity::{Idle, UnderWay};
use super::door::{Connection, Door};
use super::response;

/// What is answered to a body that does not come in time.
const TOO_SLOW: &str = "The request did not come within 30 seconds; send it again.";

/// The other end of a connection, as requests know it.
#[derive(Clone)]
pub struct Peer {
    address: SocketAddr,
    idle: Idle,
    patience: Duration,
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        let Connection { idle, patience, .. } = stream.io();
        Self { address: *stream.remote_addr(), idle: Arc::clone(idle), patience: *patience }
    }
}

/// The middleware, outermost of all: a request is under way from its head to the end of its answer, and its
/// body comes in time. Handlers find the address as `ConnectInfo<SocketAddr>`.
pub async fn under_way(
    ConnectInfo(Peer { address, idle, patience }): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let under_way = UnderWay::begin(idle);
    request.extensions_mut().insert(ConnectInfo(address));
    let (head, body) = request.into_parts();
    let late = Arc::new(AtomicBool::new(false));
    let body = if body.is_end_stream() { body } else { in_time(body, patience, Arc::clone(&late)) };
    let answer = next.run(Request::from_parts(head, body)).await;
    let answer = match late.load(Ordering::Relaxed) {
        // Whoever read the body took it for broken.
        true => response::plain_error(StatusCode::REQUEST_TIMEOUT, TOO_SLOW),
        false => answer,
    };
    answer.map(|body| Body::new(Answer { body, _under_way: under_way }))
}

/// A body that ends with an error when it is not whole in time.
fn in_time(body: Body, patience: Duration, late: Arc<AtomicBool>) -> Body {
    let end = Instant::now() + patience;
    let chunks = body.into_data_stream();
    let chunks = chunks.map(|chunk| chunk.map_err(io::Error::other)).take_until(sleep_until(end));
    let after = futures::stream::once(async move {
        match Instant::now() < end {
            true => Ok(Bytes::new()),
            false => {
                late.store(true, Ordering::Relaxed);
                Err(io::Error::from(io::ErrorKind::TimedOut))
            }
        }
    });
    Body::from_stream(chunks.chain(after))
}

/// The body of an answer; when it has ended, so has the request.
struct Answer {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Poll::Ready(ready!(Pin::new(&mut self.body).poll_frame(context)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
