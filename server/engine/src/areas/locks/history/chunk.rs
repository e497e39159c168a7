//! Codec of the lock history: a chunk holds a few minutes of graphs, delta-encoded. Sessions,
//! objects, holds and waits are written once into a dictionary; a frame is the list of their
//! numbers, kept as what changed against the frame before: how much of the beginning and of the end
//! stays, and the numbers between.

use std::collections::HashMap;

use model::locks::{Graph, Hold, LockMode, LockObject, ModeSet, Node, Queue, Wait};
use serde::{Deserialize, Serialize};

use crate::history;

/// One recorded moment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tick {
    pub at_ms: i64,
    pub until_ms: i64,
    pub server_now_ms: i64,
    pub complete: bool,
    pub waiting: u32,
    pub longest_ms: u32,
    /// Number of the first root's label.
    pub root: Option<u32>,
    pub held_up: u32,
    /// Number of the sentence of who waited first, when an incident began here.
    pub first: Option<u32>,
    /// Where its frame ends in `Chunk::frames`.
    pub frame_end: usize,
}

/// What an entry of the open chunk's look-up table takes besides its bytes: a key's vector, the
/// number, and the table's own slot.
const LOOKUP_BYTES: usize = 64;

/// The most numbers of a frame: a hundred thousand sessions that hold and wait.
const MOST_SYMBOLS: usize = 1 << 20;

/// Frames that need nothing outside.
#[derive(Default)]
pub struct Chunk {
    pub ticks: Vec<Tick>,
    pub(super) frames: Vec<u8>,
    pub(super) dictionary: Vec<u8>,
    pub(super) ends: Vec<u32>,
    /// Only while the chunk is written.
    numbers: HashMap<Vec<u8>, u32>,
    last: Vec<u32>,
}

const NODE: u8 = b'N';
const OBJECT: u8 = b'O';
const HOLD: u8 = b'H';
const WAIT: u8 = b'W';
const TEXT: u8 = b'T';

impl Chunk {
    /// Adds a frame.
    pub fn push(&mut self, tick: Tick, graph: &Graph) {
        let frame = self.frame(graph);
        let same = |(a, b): &(&u32, &u32)| a == b;
        let head = frame.iter().zip(&self.last).take_while(same).count();
        let rest = frame.len().min(self.last.len()) - head;
        let tail =
            frame.iter().rev().zip(self.last.iter().rev()).take(rest).take_while(same).count();
        let between = frame.get(head..frame.len() - tail).unwrap_or_default();
        for number in [head, tail, between.len()] {
            put(&mut self.frames, number as u64);
        }
        between.iter().for_each(|symbol| put(&mut self.frames, u64::from(*symbol)));
        self.ticks.push(Tick { frame_end: self.frames.len(), ..tick });
        self.last = frame;
    }

    /// Numbers of everything in the graph: an object, its holds, its waits, the next object …
    fn frame(&mut self, graph: &Graph) -> Vec<u32> {
        let nodes: Vec<u32> = graph.nodes.iter().map(|node| self.json(NODE, node)).collect();
        let node = |index: u32| u64::from(nodes.get(index as usize).copied().unwrap_or_default());
        let mut frame = Vec::with_capacity(self.last.len());
        for queue in &graph.queues {
            frame.push(self.json(OBJECT, &queue.object));
            for hold in &queue.holders {
                let pid = hold.pid.map_or(0, |pid| u64::from(pid.unsigned_abs()).saturating_add(1));
                let modes = u64::from(hold.modes.bits());
                frame
                    .push(self.numbers(HOLD, &[node(hold.node), pid, modes, hold.fastpath.into()]));
            }
            for wait in &queue.waiters {
                let since = wait.waitstart_us.map_or(0, |us| us.max(0) as u64 + 1);
                let (pid, mode) = (wait.pid as u64, wait.mode as u64);
                frame.push(self.numbers(WAIT, &[node(wait.node), pid, mode, since]));
            }
        }
        frame
    }

    /// The graph of the tick at that place, without roots and cycles.
    pub fn graph(&self, place: usize) -> Option<Graph> {
        let tick = self.ticks.get(place)?;
        let mut reading = Reading { chunk: self, nodes: HashMap::new(), graph: Graph::default() };
        reading.graph.server_now_ms = tick.server_now_ms;
        reading.graph.complete = tick.complete;
        for symbol in self.symbols(place)? {
            reading.add(symbol)?;
        }
        Some(reading.graph)
    }

    /// Plays the changes up to the frame at that place.
    fn symbols(&self, place: usize) -> Option<Vec<u32>> {
        let mut symbols: Vec<u32> = Vec::new();
        let end = self.ticks.get(place)?.frame_end;
        let mut bytes = self.frames.get(..end)?;
        while !bytes.is_empty() {
            let (head, tail) = (get(&mut bytes)? as usize, get(&mut bytes)? as usize);
            let between = get(&mut bytes)?;
            // A recording may claim anything; each frame could be twice as long as the one before.
            let length = head.checked_add(tail)?.checked_add(usize::try_from(between).ok()?)?;
            if length > MOST_SYMBOLS {
                return None;
            }
            let mut next: Vec<u32> = symbols.get(..head)?.to_vec();
            for _ in 0..between {
                next.push(get(&mut bytes)? as u32);
            }
            next.extend(symbols.get(symbols.len().checked_sub(tail)?..)?);
            symbols = next;
        }
        Some(symbols)
    }

    /// The number of a text.
    pub fn text(&mut self, text: &str) -> u32 {
        self.number([&[TEXT], text.as_bytes()].concat())
    }

    /// The text of that number.
    pub fn read_text(&self, symbol: u32) -> Option<String> {
        let bytes = self.record(symbol)?.strip_prefix(&[TEXT])?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    fn json<T: serde::Serialize>(&mut self, kind: u8, value: &T) -> u32 {
        let mut bytes = vec![kind];
        // Our own types always serialise; a record that did not would decode to nothing.
        let _ = serde_json::to_writer(&mut bytes, value);
        self.number(bytes)
    }

    fn numbers(&mut self, kind: u8, numbers: &[u64]) -> u32 {
        let mut bytes = vec![kind];
        numbers.iter().for_each(|number| put(&mut bytes, *number));
        self.number(bytes)
    }

    fn number(&mut self, record: Vec<u8>) -> u32 {
        if let Some(number) = self.numbers.get(&record) {
            return *number;
        }
        let number = self.ends.len() as u32;
        self.dictionary.extend_from_slice(&record);
        self.ends.push(self.dictionary.len() as u32);
        self.numbers.insert(record, number);
        number
    }

    fn record(&self, symbol: u32) -> Option<&[u8]> {
        let place = symbol as usize;
        let start =
            place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.dictionary.get(start as usize..*self.ends.get(place)? as usize)
    }
}

impl history::Chunk for Chunk {
    fn close(&mut self) {
        self.numbers = HashMap::new();
        self.last = Vec::new();
        self.dictionary.shrink_to_fit();
        self.frames.shrink_to_fit();
    }

    fn bytes(&self) -> usize {
        let lookup: usize = match self.numbers.len() {
            0 => 0,
            entries => entries * LOOKUP_BYTES + self.dictionary.len(),
        };
        self.dictionary.capacity()
            + self.frames.capacity()
            + self.ends.capacity() * size_of::<u32>()
            + self.last.capacity() * size_of::<u32>()
            + self.ticks.capacity() * size_of::<Tick>()
            + lookup
    }

    fn until_ms(&self) -> Option<i64> {
        self.ticks.last().map(|tick| tick.until_ms)
    }

    fn readings(&self) -> usize {
        self.ticks.len()
    }
}

struct Reading<'a> {
    chunk: &'a Chunk,
    /// Number in the dictionary → index in the graph.
    nodes: HashMap<u32, u32>,
    graph: Graph,
}

impl Reading<'_> {
    fn add(&mut self, symbol: u32) -> Option<()> {
        let (kind, mut bytes) = self.chunk.record(symbol)?.split_first()?;
        match *kind {
            OBJECT => {
                let object: LockObject = serde_json::from_slice(bytes).ok()?;
                self.graph.queues.push(Queue { object, holders: vec![], waiters: vec![] });
            }
            HOLD => {
                let node = self.node(get(&mut bytes)? as u32)?;
                let pid = get(&mut bytes)?.checked_sub(1).map(|pid| pid as i32);
                let modes = ModeSet::from_bits(get(&mut bytes)? as u8);
                let fastpath = get(&mut bytes)? != 0;
                let queue = self.graph.queues.last_mut()?;
                queue.holders.push(Hold { node, pid, modes, fastpath });
            }
            WAIT => {
                let node = self.node(get(&mut bytes)? as u32)?;
                let pid = get(&mut bytes)? as i32;
                let mode = *LockMode::ALL.get(get(&mut bytes)? as usize)?;
                let waitstart_us = get(&mut bytes)?.checked_sub(1).map(|us| us as i64);
                let queue = self.graph.queues.last_mut()?;
                queue.waiters.push(Wait { node, pid, mode, waitstart_us });
            }
            _ => {}
        }
        Some(())
    }

    fn node(&mut self, symbol: u32) -> Option<u32> {
        if let Some(index) = self.nodes.get(&symbol) {
            return Some(*index);
        }
        let bytes = self.chunk.record(symbol)?.strip_prefix(&[NODE])?;
        let node: Node = serde_json::from_slice(bytes).ok()?;
        let index = self.graph.nodes.len() as u32;
        self.graph.nodes.push(node);
        self.nodes.insert(symbol, index);
        Some(index)
    }
}

/// Writes a number, seven bits a byte, lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a number back.
fn get(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
