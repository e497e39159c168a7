//! What must hold of the messages of a hostile server: they are judged alike however they are cut, nothing
//! passes that is beyond the limits, and what passes as a row can be decoded.

use engine::fuzzing::{MOST_COLUMNS, Piece, numbers, relayed};

/// The longest message of a kind, bytes as `limits.rs` of the relay has it, by kind.
const LONGEST: [(&[u8], u32); 3] =
    [(b"D", 8 << 20), (b"TENA", 1 << 20), (b"123CcdGHIKRSZnstv", 32 << 10)];

/// Whether all that the server sends is let through.
///
/// An input is a run of pieces: a byte whose lowest bit says who sends and whose others say how many bytes,
/// and then these. A record of numbers is whatever begins with a parenthesis.
pub fn check(bytes: &[u8]) -> bool {
    if bytes.first() == Some(&b'(') {
        let record = String::from_utf8_lossy(bytes);
        let rows = numbers(&record);
        assert!(rows.iter().flatten().all(|rows| rows.is_finite() && *rows >= 0.0), "{record}");
        return rows.is_some();
    }
    let pieces = pieces(bytes);
    let (passed, ended) = relayed(pieces.iter().copied());
    for size in [1, 2, 5, 7] {
        let cut = pieces.iter().flat_map(|piece| match *piece {
            Piece::Server(bytes) => bytes.chunks(size).map(Piece::Server).collect::<Vec<_>>(),
            Piece::Client(bytes) => bytes.chunks(size).map(Piece::Client).collect(),
        });
        let (of_cut, ended_cut) = relayed(cut);
        assert_eq!(ended_cut, ended, "in pieces of {size}");
        // What is wrong within a row shows when that part of it comes: before it more may have passed.
        assert!(of_cut.starts_with(&passed), "in pieces of {size}");
        assert!(ended.is_err() || of_cut.len() == passed.len(), "in pieces of {size}");
    }
    let sent: usize = pieces.iter().map(|piece| piece.from_server().len()).sum();
    assert!(passed.len() <= sent);
    is_within_limits(&passed);
    ended.is_ok() && !passed.is_empty()
}

/// The pieces of an input: nobody is told of nothing.
fn pieces(mut bytes: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some((first, rest)) = bytes.split_first() {
        let (part, rest) = rest.split_at(usize::from(first >> 1).min(rest.len()));
        if !part.is_empty() {
            pieces.push(if first & 1 == 0 { Piece::Server(part) } else { Piece::Client(part) });
        }
        bytes = rest;
    }
    pieces
}

/// Reads the messages once more, as sqlx does.
fn is_within_limits(mut passed: &[u8]) {
    let mut begun = false;
    while let [kind, a, b, c, d, rest @ ..] = passed {
        let length = u32::from_be_bytes([*a, *b, *c, *d]);
        let most = LONGEST.iter().find(|(kinds, _)| kinds.contains(kind));
        let most = most.expect("a kind that there is").1;
        assert!(length >= 4 && length <= most, "{kind} {length}");
        assert!(begun || b"EKNRSZv".contains(kind), "{kind} before the session began");
        assert!(!begun || *kind != b'S', "a parameter that nobody needs");
        begun |= *kind == b'Z';
        let body = usize::try_from(length - 4).expect("it is short");
        let Some((body, rest)) = rest.split_at_checked(body) else { return };
        if let (b'D' | b'T', [high, low, ..]) = (kind, body) {
            assert!(u16::from_be_bytes([*high, *low]) <= MOST_COLUMNS);
        }
        if *kind == b'D' {
            decode(body).expect("a row is whole");
        }
        passed = rest;
    }
}

/// The values of a row as sqlx cuts them out (`DataRow::decode_body`); None where it would panic.
fn decode(body: &[u8]) -> Option<()> {
    let ([a, b], mut rest) = body.split_first_chunk()?;
    for _ in 0..u16::from_be_bytes([*a, *b]) {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = u32::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
        rest = after.get(usize::try_from(length).ok()?..)?;
    }
    rest.is_empty().then_some(())
}
