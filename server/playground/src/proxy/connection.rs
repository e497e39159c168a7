//! One connection through a proxy, from accept to end; an error of either side ends it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::messages::Messages;
use super::{Fault, FaultPhase, Setting};

/// Queries of both protocols: Query and Parse.
const QUERIES: &[u8] = b"QP";
/// A row: DataRow.
const ROWS: &[u8] = b"D";
/// In how many pieces a second of a narrow line is sent.
const PIECES_PER_S: usize = 8;
/// Bytes of a write of a flood: more than a socket takes at once.
const FLOOD_BYTES: usize = 256 << 10;

/// What to do next.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    Reset,
    Close,
}

/// A client's connection, and what is known of it.
pub(super) struct Connection {
    client: TcpStream,
    settings: watch::Receiver<Setting>,
    setting: Setting,
    begun: watch::Sender<u64>,
    /// Whether the fault has begun here.
    has_begun: bool,
    /// Bytes of the server that were delivered since.
    delivered: usize,
    /// What the client has said and the server has not yet been told.
    held: Vec<u8>,
    asked: Messages,
    answered: Messages,
    random: Random,
}

impl Connection {
    pub(super) fn new(
        client: TcpStream,
        mut settings: watch::Receiver<Setting>,
        begun: watch::Sender<u64>,
    ) -> Connection {
        let setting = *settings.borrow_and_update();
        Connection {
            client,
            settings,
            setting,
            begun,
            has_begun: false,
            delivered: 0,
            held: Vec::new(),
            asked: Messages::of_client(),
            answered: Messages::of_server(),
            random: Random(0x2545_f491),
        }
    }

    /// Carries bytes both ways until one side ends.
    pub(super) async fn carry(mut self, target: SocketAddr) {
        let _ = self.client.set_nodelay(true);
        if self.setting.from.is_none_or(|from| from == FaultPhase::Connect) {
            self.begin();
        }
        let Ok(mut server) = TcpStream::connect(target).await else { return };
        let _ = server.set_nodelay(true);
        if let Fault::Latency(delay) = self.fault()
            && self.pause(delay).await != Next::Go
        {
            return;
        }
        if self.carry_between(&mut server).await == Next::Reset {
            let _ = self.client.set_zero_linger();
        }
    }

    async fn carry_between(&mut self, server: &mut TcpStream) -> Next {
        let (mut asked, mut answered) = ([0_u8; 8192], [0_u8; 8192]);
        loop {
            let mut next = self.at_once().await;
            let silent = matches!(self.fault(), Fault::BlackHole | Fault::Unreachable);
            let stalled = self.is_stalled();
            if next == Next::Go && !silent && !stalled && !self.held.is_empty() {
                let held = std::mem::take(&mut self.held);
                next = self.ask(server, &held).await;
            }
            if next == Next::Go {
                next = tokio::select! {
                    changed = self.settings.changed() => match changed {
                        Ok(()) => self.change(),
                        Err(_) => Next::Close,
                    },
                    read = self.client.read(&mut asked), if !silent => match read {
                        Ok(count) if count > 0 => {
                            let chunk = asked.get(..count).unwrap_or_default();
                            if stalled {
                                self.held.extend(chunk);
                                Next::Go
                            } else {
                                self.ask(server, chunk).await
                            }
                        }
                        _ => Next::Close,
                    },
                    read = server.read(&mut answered), if !silent && !stalled => match read {
                        Ok(count) if count > 0 => {
                            self.answer(answered.get(..count).unwrap_or_default()).await
                        }
                        _ => Next::Close,
                    },
                };
            }
            if next != Next::Go {
                return next;
            }
        }
    }

    /// The fault that is at work here.
    fn fault(&self) -> Fault {
        if self.has_begun { self.setting.fault } else { Fault::Pass }
    }

    fn is_stalled(&self) -> bool {
        matches!(self.fault(), Fault::StallAfter(limit) if self.delivered >= limit)
    }

    fn begin(&mut self) {
        (self.has_begun, self.delivered) = (true, 0);
        self.begun.send_replace(self.setting.number);
    }

    /// Another fault was set, or none.
    fn change(&mut self) -> Next {
        let before = self.fault();
        self.setting = *self.settings.borrow_and_update();
        (self.has_begun, self.delivered) = (false, 0);
        match (before, self.setting.from) {
            // What was dropped is not made up for.
            (Fault::Discard | Fault::Unreachable, _) => Next::Close,
            (_, None) => {
                self.begin();
                Next::Go
            }
            // It is past this: whoever wants to meet the fault connects again.
            (_, Some(FaultPhase::Connect | FaultPhase::Startup)) => Next::Close,
            (_, Some(FaultPhase::Query | FaultPhase::Fetch)) => Next::Go,
        }
    }

    /// What the fault does without waiting for a word of either side.
    async fn at_once(&mut self) -> Next {
        match self.fault() {
            Fault::Refuse => Next::Reset,
            Fault::Down => Next::Close,
            Fault::ResetAfter(limit) if self.delivered >= limit => Next::Reset,
            Fault::CutAfter(limit) if self.delivered >= limit => Next::Close,
            Fault::SlowClose(delay) => {
                self.pause(delay).await;
                Next::Close
            }
            _ => Next::Go,
        }
    }

    /// Hands on what the client says.
    async fn ask(&mut self, server: &mut TcpStream, chunk: &[u8]) -> Next {
        if self.fault() == Fault::Discard {
            return Next::Go;
        }
        if server.write_all(chunk).await.is_err() {
            return Next::Close;
        }
        let is_query = self.asked.find(chunk, QUERIES).is_some();
        let begins = match self.setting.from {
            Some(FaultPhase::Startup) => true,
            Some(FaultPhase::Query) => is_query,
            _ => false,
        };
        if begins && !self.has_begun {
            self.begin();
        }
        Next::Go
    }

    /// Hands on what the server says; a fault may begin in the middle of it.
    async fn answer(&mut self, chunk: &[u8]) -> Next {
        let row = self.answered.find(chunk, ROWS);
        let begins = self.setting.from == Some(FaultPhase::Fetch) && !self.has_begun;
        let Some(at) = row.filter(|_| begins) else { return self.distort(chunk).await };
        let (before, rest) = chunk.split_at_checked(at).unwrap_or((chunk, &[]));
        if self.client.write_all(before).await.is_err() {
            return Next::Close;
        }
        self.begin();
        match self.at_once().await {
            Next::Go => self.distort(rest).await,
            end => end,
        }
    }

    /// Sends an answer with the fault applied.
    async fn distort(&mut self, chunk: &[u8]) -> Next {
        let fault = self.fault();
        let limit = match fault {
            Fault::StallAfter(limit) | Fault::ResetAfter(limit) | Fault::CutAfter(limit) => limit,
            Fault::Discard | Fault::BlackHole | Fault::Unreachable => 0,
            _ => usize::MAX,
        };
        let room = limit.saturating_sub(self.delivered);
        let part = chunk.get(..room.min(chunk.len())).unwrap_or_default();
        self.delivered += part.len();
        let paused = match fault {
            Fault::Latency(delay) => self.pause(delay).await,
            Fault::Jitter(most) => {
                let share = f64::from(self.random.byte()) / 255.0;
                self.pause(most.mul_f64(share)).await
            }
            _ => Next::Go,
        };
        if paused != Next::Go {
            return paused;
        }
        let sent = match fault {
            Fault::BytesPerSecond(rate) => return self.drip(part, rate).await,
            Fault::Slices => self.slices(part).await,
            Fault::Garbage => {
                let noise: Vec<u8> = part.iter().map(|_| self.random.byte()).collect();
                self.client.write_all(&noise).await
            }
            Fault::Instead(bytes) => self.client.write_all(bytes).await,
            Fault::Flood(first, again) => return self.flood(first, again).await,
            _ => self.client.write_all(part).await,
        };
        if sent.is_err() { Next::Close } else { Next::Go }
    }

    /// Waits; ends with the wait when the client goes, and the wait with the fault.
    async fn pause(&mut self, delay: Duration) -> Next {
        let until = Instant::now() + delay;
        let mut heard = [0_u8; 8192];
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return Next::Go,
                // Taken note of by the loop that carries.
                _ = self.settings.changed() => {
                    self.settings.mark_changed();
                    return Next::Go;
                }
                read = self.client.read(&mut heard) => match read {
                    Ok(count) if count > 0 => {
                        self.held.extend(heard.get(..count).unwrap_or_default());
                    }
                    _ => return Next::Close,
                },
            }
        }
    }

    async fn drip(&mut self, part: &[u8], rate: usize) -> Next {
        let pause = Duration::from_secs(1) / PIECES_PER_S as u32;
        for piece in part.chunks((rate / PIECES_PER_S).max(1)) {
            if self.client.write_all(piece).await.is_err() || self.pause(pause).await != Next::Go {
                return Next::Close;
            }
        }
        Next::Go
    }

    async fn slices(&mut self, part: &[u8]) -> std::io::Result<()> {
        for byte in part.chunks(1) {
            self.client.write_all(byte).await?;
            self.client.flush().await?;
            // Lets the reader run, so that it sees single bytes.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn flood(&mut self, first: &[u8], again: &[u8]) -> Next {
        let many = again.repeat(FLOOD_BYTES / again.len().max(1));
        let mut sent = self.client.write_all(first).await;
        while sent.is_ok() && !self.settings.has_changed().unwrap_or(true) {
            sent = self.client.write_all(&many).await;
        }
        Next::Close
    }
}

/// Bytes that are no message of PostgreSQL's protocol, the same each time (a linear congruence).
struct Random(u32);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0.to_be_bytes()[0]
    }
}
