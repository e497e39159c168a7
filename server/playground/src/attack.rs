//! What a hostile server sends: lengths that lie, messages without an end, more than was asked for. No mock of
//! PostgreSQL: what comes before an attack is a real server's.

/// What is sent in place of an answer: first some bytes, then others again and again, without a pause.
#[derive(Clone, Copy)]
pub struct Attack {
    /// What it is called in messages of tests.
    pub name: &'static str,
    /// What comes first.
    pub first: fn() -> Vec<u8>,
    /// The n-th block of what then comes without an end; nothing: the connection is left open.
    pub again: fn(u32) -> Vec<u8>,
}

impl std::fmt::Debug for Attack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Bytes of a block that comes again and again: more than a socket takes at once.
const BLOCK_BYTES: usize = 256 << 10;

/// A message that announces this length, and the beginning of it.
fn announced(kind: u8, length: u32, body: &[u8]) -> Vec<u8> {
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}

/// A message as it has to be.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    announced(kind, u32::try_from(body.len() + 4).unwrap_or(u32::MAX), body)
}

/// As many as fill a block.
fn many(message: &[u8]) -> Vec<u8> {
    message.repeat(BLOCK_BYTES / message.len().max(1))
}

fn noise(_: u32) -> Vec<u8> {
    vec![b'x'; BLOCK_BYTES]
}

fn nothing(_: u32) -> Vec<u8> {
    Vec::new()
}

/// The description of rows with one column of type text, after the end of `begin`.
fn rows_follow() -> Vec<u8> {
    let column = b"\0\x01x\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0";
    [message(b'C', b"BEGIN\0"), message(b'T', column)].concat()
}

/// A row with one value of this many bytes.
fn row(bytes: usize) -> Vec<u8> {
    let length = u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    message(b'D', &[b"\0\x01".as_slice(), &length, &vec![b'x'; bytes]].concat())
}

/// Parameters, each with a name of its own.
fn parameters(block: u32) -> Vec<u8> {
    (0..4_000_u32)
        .flat_map(|n| message(b'S', format!("p{block}_{n}\0value\0").as_bytes()))
        .collect()
}

/// A row whose columns are all NULL: four bytes each, and several times that in memory.
fn empty_columns() -> Vec<u8> {
    let columns = u16::MAX;
    message(b'D', &[columns.to_be_bytes().as_slice(), &[0xff; 4 * u16::MAX as usize]].concat())
}

macro_rules! attacks {
    ($($name:literal: $first:expr, then $again:expr;)*) => {
        [$(Attack { name: $name, first: || $first, again: $again }),*]
    };
}

/// Attacks that are possible at any moment.
pub const ATTACKS: [Attack; 16] = attacks! {
    "an error of 373 MB": announced(b'E', 373 << 20, b"SFATAL\0"), then noise;
    "a notice of 1 GB": announced(b'N', 1 << 30, b"SNOTICE\0"), then noise;
    "a parameter of 1 GB": announced(b'S', 1 << 30, b"application_name\0"), then noise;
    "a message of the greatest length": announced(b'R', u32::MAX >> 1, b""), then noise;
    "a list of authentication methods of 276 MB": announced(b'R', 276 << 20, b"\0\0\0\x0a"), then noise;
    "a message of length 0": announced(b'R', 0, b""), then nothing;
    "a message of length 3": announced(b'Z', 3, b""), then nothing;
    "parameters without an end": Vec::new(), then parameters;
    "one parameter again and again": Vec::new(), then |_| many(&message(b'S', b"a\0b\0"));
    "notices without an end": Vec::new(), then |_| many(&message(b'N', b"SNOTICE\0C00000\0Mhello\0\0"));
    "notifications without an end": Vec::new(), then |_| many(&message(b'A', b"\0\0\0\x01a\0b\0"));
    "the session begins again and again": Vec::new(), then |_| many(&message(b'Z', b"I"));
    "statements end again and again": Vec::new(), then |_| many(&message(b'C', b"SELECT 1\0"));
    "empty statements without an end": Vec::new(), then |_| many(&message(b'I', b""));
    "no protocol": b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), then noise;
    "65,535 columns announced, none sent": announced(b'T', 8, b"\xff\xffx\0"), then nothing;
};

/// Attacks that need a question to answer.
pub const ATTACKS_WITH_ROWS: [Attack; 9] = attacks! {
    "a value of 1 GB": [rows_follow(), announced(b'D', 1 << 30, b"\0\x01\x3f\xff\xff\xf6")].concat(), then noise;
    "a value of 2 GB": [rows_follow(), announced(b'D', u32::MAX >> 1, b"\0\x01\x7f\xff\xff\xf5")].concat(), then noise;
    "a row of 10 MB": [rows_follow(), row(10_000_000)].concat(), then nothing;
    "texts of 5 MB without an end": rows_follow(), then |_| row(5_000_000);
    "rows without an end": rows_follow(), then |_| many(&row(1));
    "a row without its column":
        [rows_follow(), message(b'D', b"\0\0"), message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat(), then nothing;
    "a value longer than its row":
        [rows_follow(), message(b'D', b"\0\x01\0\0\x0f\xffa"), message(b'C', b"SELECT 1\0")].concat(), then nothing;
    "a row with 65,535 columns, none sent": [rows_follow(), message(b'D', b"\xff\xff")].concat(), then nothing;
    "rows with 65,535 empty columns without an end": rows_follow(), then |_| empty_columns();
};
