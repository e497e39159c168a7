//! Turns the bytes of a file into text: UTF-8, UTF-16 in either order, with and without a byte order
//! mark, or Windows-1252.

use std::borrow::Cow;

/// Bytes looked at to tell UTF-16 without a mark.
const SAMPLE: usize = 4096;

/// The text of a file, whatever the editor, terminal or PowerShell that wrote it has made of it.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(rest) = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        return utf8(rest);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return Cow::Owned(utf16(rest, u16::from_le_bytes));
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return Cow::Owned(utf16(rest, u16::from_be_bytes));
    }
    // A mark of UTF-16 that was once taken for UTF-8.
    let bytes = bytes.strip_prefix("\u{fffd}\u{fffd}".as_bytes()).unwrap_or(bytes);
    // Nearly all of a plan is ASCII: in UTF-16 every other byte of it is zero.
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let zeros =
        |from: usize| sample.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let most = sample.len().saturating_mul(2) / 5;
    if sample.len() >= 4 && zeros(1) >= most {
        return Cow::Owned(utf16(bytes, u16::from_le_bytes));
    }
    if sample.len() >= 4 && zeros(0) >= most {
        return Cow::Owned(utf16(bytes, u16::from_be_bytes));
    }
    utf8(bytes)
}

fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        // Cut within its last character: all others are right.
        Err(error) if error.error_len().is_none() => String::from_utf8_lossy(bytes),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len().saturating_add(16));
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|byte| windows_1252(*byte)));
            }
            Cow::Owned(text)
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| Some(unit(pair.try_into().ok()?)));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The character of a byte that is not UTF-8: what people write in Windows-1252 is quotes, dashes and
/// letters of western Europe.
pub(super) fn windows_1252(byte: u8) -> char {
    match byte {
        0x80 => '€',
        0x85 => '…',
        0x91 => '‘',
        0x92 => '’',
        0x93 => '“',
        0x94 => '”',
        0x96 => '–',
        0x97 => '—',
        byte => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    const TEXT: &str =
        "Seq Scan on größe  (cost=0.00..1.00 rows=1 width=4)\r\n  Filter: (a > 1)\r\n";

    #[test]
    fn every_encoding_gives_the_text() {
        let little: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let western: Vec<u8> = TEXT.chars().map(|c| c as u8).collect();
        for (mark, bytes) in [
            (&b""[..], TEXT.as_bytes()),
            (b"\xEF\xBB\xBF", TEXT.as_bytes()),
            (b"", &little),
            (b"\xFF\xFE", &little),
            (b"", &big),
            (b"\xFE\xFF", &big),
            (b"", &western),
        ] {
            assert_eq!(decode(&[mark, bytes].concat()), TEXT, "{mark:?}");
        }
        assert_eq!(decode(b"it\x92s"), "it’s");
        assert_eq!(decode(b""), "");
        assert_eq!(decode(b"\xFF\xFE\x41"), "");
    }
}
