//! The lock history in a recording: its chunks as they are, bytes as digits. What is read back may be anything;
//! a frame that does not decode is a moment of which nothing is known.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chunk::{Chunk, Tick};
use super::{BUDGET_BYTES, CHUNK_TICKS, History, REACH_MS};
use crate::history::{Chunks, Retention};

/// A chunk in a recording.
#[derive(Serialize, Deserialize)]
struct Recorded {
    ticks: Vec<Tick>,
    frames: String,
    dictionary: String,
    ends: Vec<u32>,
}

impl History {
    /// For a recording.
    pub fn recorded(&self) -> Option<Value> {
        let chunk = |chunk: &Chunk| Recorded {
            ticks: chunk.ticks.clone(),
            frames: digits(&chunk.frames),
            dictionary: digits(&chunk.dictionary),
            ends: chunk.ends.clone(),
        };
        serde_json::to_value(self.chunks.iter().map(chunk).collect::<Vec<_>>()).ok()
    }

    /// That of a recording; None where it is none.
    pub fn of_recorded(recorded: Value) -> Option<Self> {
        let chunk = |one: Recorded| {
            let (mut chunk, ticks) = (Chunk::default(), one.ticks);
            (chunk.ticks, chunk.ends) = (ticks, one.ends);
            (chunk.frames, chunk.dictionary) = (bytes(&one.frames)?, bytes(&one.dictionary)?);
            Some(chunk)
        };
        let all: Vec<Recorded> = serde_json::from_value(recorded).ok()?;
        let chunks: Vec<Chunk> = all.into_iter().map(chunk).collect::<Option<_>>()?;
        let retention = Retention {
            budget_bytes: BUDGET_BYTES,
            reach_ms: REACH_MS,
            chunk_readings: CHUNK_TICKS,
        };
        Some(Self { chunks: Chunks::of(retention, chunks.into_iter()) })
    }
}

/// Two digits for each byte.
fn digits(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
