//! Middleware: what is asked for beyond the bytes of a person or an address is refused until the minute is over, and
//! event streams end; an answer under way is not cut.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};

use super::authenticate::CurrentUser;
use crate::http::response;
use crate::http::state::AppState;
use crate::http::traffic::Meter;

/// The middleware; behind `authenticate`.
pub async fn traffic(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let user = request.extensions().get::<CurrentUser>().and_then(|user| user.0.as_ref());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0.ip());
    let meters = state.0.traffic.meters(user.map(|user| user.name.as_str()), address);
    let now = Instant::now();
    if meters.iter().any(|meter| meter.is_spent(now)) {
        let message = "Too much was sent to you within a minute; wait a minute and try again.";
        let mut refused = response::plain_error(StatusCode::TOO_MANY_REQUESTS, message);
        refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        return refused;
    }
    let answer = next.run(request).await;
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let is_stream = kind.is_some_and(|kind| kind.as_bytes() == b"text/event-stream");
    answer.map(|body| Body::new(Metered { body, meters, is_stream }))
}

/// The body of an answer, counted while it is sent.
struct Metered {
    body: Body,
    meters: Vec<Arc<Meter>>,
    is_stream: bool,
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let now = Instant::now();
        if self.is_stream && self.meters.iter().any(|meter| meter.is_spent(now)) {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.meters.iter().for_each(|meter| {
                meter.add(data.len() as u64, now);
            });
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
