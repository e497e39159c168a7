//! Middleware: how many bytes one person, and one address, is sent within a minute. What is asked for beyond is
//! refused until the minute is over, and event streams end; an answer under way is not cut.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};

use super::authenticate::CurrentUser;
use crate::http::response;
use crate::http::state::AppState;
use crate::rate_limit::network;

/// The most bytes of a person in a minute (`docs/limits.md#connections-of-clients`).
const MOST_OF_A_PERSON: u64 = 1 << 30;
/// The most bytes of an address, from which several may look.
const MOST_OF_AN_ADDRESS: u64 = 4 << 30;
const WINDOW: Duration = Duration::from_secs(60);
/// Meters kept in memory; those at rest are dropped beyond.
const MAX_METERS: usize = 10_000;

/// What was sent to whom.
pub struct Traffic {
    most_of_a_person: u64,
    most_of_an_address: u64,
    meters: Mutex<HashMap<String, Arc<Meter>>>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self::with(MOST_OF_A_PERSON, MOST_OF_AN_ADDRESS)
    }
}

impl Traffic {
    /// With other limits.
    pub fn with(most_of_a_person: u64, most_of_an_address: u64) -> Self {
        Self { most_of_a_person, most_of_an_address, meters: Mutex::default() }
    }

    /// Those that a request counts on. Loopback is no address of its own: behind a reverse proxy everybody comes
    /// from there.
    fn meters(&self, person: Option<&str>, address: IpAddr) -> Vec<Arc<Meter>> {
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        if meters.len() >= MAX_METERS {
            let now = Instant::now();
            meters.retain(|_, meter| Arc::strong_count(meter) > 1 || meter.sent(now) > 0);
        }
        let mut one = |key: String, most| {
            Arc::clone(meters.entry(key).or_insert_with(|| Arc::new(Meter::new(most))))
        };
        let person = person.map(|name| one(format!("person {name}"), self.most_of_a_person));
        let address = (!address.is_loopback())
            .then(|| one(format!("address {}", network(address)), self.most_of_an_address));
        person.into_iter().chain(address).collect()
    }
}

/// Bytes within the present minute.
struct Meter {
    most: u64,
    /// When the minute began, and what was sent since.
    sent: Mutex<(Instant, u64)>,
}

impl Meter {
    fn new(most: u64) -> Self {
        Self { most, sent: Mutex::new((Instant::now(), 0)) }
    }

    fn sent(&self, now: Instant) -> u64 {
        self.add(0, now)
    }

    /// Adds bytes; what was sent in this minute then.
    fn add(&self, bytes: u64, now: Instant) -> u64 {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(sent.0) >= WINDOW {
            *sent = (now, 0);
        }
        sent.1 = sent.1.saturating_add(bytes);
        sent.1
    }

    fn is_spent(&self, now: Instant) -> bool {
        self.sent(now) >= self.most
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_and_an_address_have_a_meter_each_and_a_minute_passes() {
        let traffic = Traffic::with(10, 25);
        let now = Instant::now();
        let far = IpAddr::from([192, 0, 2, 1]);
        for (person, sent) in [("ann", 10), ("bob", 5)] {
            for meter in traffic.meters(Some(person), far) {
                meter.add(sent, now);
            }
        }
        let spent = |person, address, at| {
            traffic.meters(person, address).iter().any(|meter| meter.is_spent(at))
        };
        assert!(spent(Some("ann"), far, now) && spent(Some("ann"), [127, 0, 0, 1].into(), now));
        assert!(!spent(Some("bob"), far, now) && !spent(None, far, now));
        traffic.meters(None, far)[0].add(10, now);
        assert!(spent(Some("bob"), far, now) && spent(None, far, now), "25 from one address");
        assert!(traffic.meters(None, [127, 0, 0, 1].into()).is_empty());
        assert!(!spent(Some("ann"), far, now + WINDOW));
    }

    #[test]
    fn meters_at_rest_make_room() {
        let traffic = Traffic::with(10, 10);
        for person in 0..MAX_METERS + 5 {
            traffic.meters(Some(&person.to_string()), [127, 0, 0, 1].into());
        }
        assert!(traffic.meters.lock().unwrap().len() <= 6);
    }
}
