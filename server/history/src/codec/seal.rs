//! The outside of a block: a checksum over everything, then the bytes, compressed where that is smaller.

use std::cell::RefCell;

use super::varint::{Reader, put};

/// The format of what is inside.
const VERSION: u8 = 1;
/// The most bytes that one block may unfold to.
const LARGEST: usize = 16 << 20;

thread_local! {
    // A context costs more than compressing a small block with it.
    static CONTEXTS: RefCell<Option<(zstd::bulk::Compressor<'static>, zstd::bulk::Decompressor<'static>)>> =
        const { RefCell::new(None) };
}

/// The effort of zstd: what is merged stays, what is flushed is merged soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// For a flush.
    Quick,
    /// For what is kept.
    Small,
}

fn compressed(bytes: &[u8], effort: Effort) -> Option<Vec<u8>> {
    CONTEXTS.with_borrow_mut(|contexts| {
        let (compressor, _) = ready(contexts)?;
        let level = if effort == Effort::Quick { 1 } else { 6 };
        compressor.set_compression_level(level).ok()?;
        compressor.compress(bytes).ok()
    })
}

type Contexts = (zstd::bulk::Compressor<'static>, zstd::bulk::Decompressor<'static>);

fn ready(contexts: &mut Option<Contexts>) -> Option<&mut Contexts> {
    if contexts.is_none() {
        let compressor = zstd::bulk::Compressor::new(1).ok()?;
        *contexts = Some((compressor, zstd::bulk::Decompressor::new().ok()?));
    }
    contexts.as_mut()
}

/// Checksum, version, length and the bytes. A length of 0 means that they are not compressed.
pub(crate) fn seal(bytes: &[u8], effort: Effort) -> Vec<u8> {
    let smaller = compressed(bytes, effort).filter(|smaller| smaller.len() < bytes.len());
    let mut out = vec![0, 0, 0, 0, VERSION];
    put(&mut out, smaller.as_ref().map_or(0, |_| bytes.len() as u64));
    out.extend_from_slice(smaller.as_deref().unwrap_or(bytes));
    let sum = out.get(4..).map_or(0, crc32fast::hash);
    if let Some(place) = out.first_chunk_mut() {
        *place = sum.to_le_bytes();
    }
    out
}

/// The bytes again; None if one of them is not what it was.
pub(crate) fn unseal(sealed: &[u8]) -> Option<Vec<u8>> {
    let (sum, rest) = sealed.split_first_chunk()?;
    if crc32fast::hash(rest) != u32::from_le_bytes(*sum) {
        return None;
    }
    let mut reader = Reader::new(rest);
    if reader.byte()? != VERSION {
        return None;
    }
    let length = reader.count(LARGEST)?;
    let rest = reader.rest();
    if length == 0 {
        return Some(rest.to_vec());
    }
    CONTEXTS.with_borrow_mut(|contexts| {
        let (_, decompressor) = ready(contexts)?;
        decompressor.decompress(rest, length).ok().filter(|bytes| bytes.len() == length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_comes_back_and_no_byte_can_change() {
        for bytes in [b"".to_vec(), b"abc".to_vec(), vec![7; 500], (0..=255).collect()] {
            for effort in [Effort::Quick, Effort::Small] {
                let sealed = seal(&bytes, effort);
                assert_eq!(unseal(&sealed).as_ref(), Some(&bytes));
                for index in 0..sealed.len() {
                    let mut broken = sealed.clone();
                    broken[index] ^= 0x10;
                    assert_eq!(unseal(&broken), None, "byte {index}");
                    assert_eq!(unseal(&sealed[..index]), None, "cut at {index}");
                }
            }
        }
    }
}
