//! URL fragment (behind `#`): view, node and, for a permalink, the compressed plan. Browsers never
//! send the fragment. Pure.

/// The maximum length of a permalink, characters: mail programs and chats cut longer ones.
#[cfg(feature = "hydrate")]
pub const LONGEST: usize = 32 * 1024;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The decoded fragment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// The view, in lower case.
    pub view: String,
    /// The node, from 0.
    pub node: Option<usize>,
    /// The compressed plan as base64url.
    pub plan: String,
}

impl Fragment {
    /// Decodes a fragment, with or without `#`.
    pub fn read(text: &str) -> Self {
        let mut fragment = Self::default();
        for pair in text.trim_start_matches('#').split('&') {
            match pair.split_once('=') {
                Some(("view", value)) => fragment.view = value.to_owned(),
                Some(("node", value)) => fragment.node = value.parse().ok(),
                Some(("plan", value)) => fragment.plan = value.to_owned(),
                _ => {}
            }
        }
        fragment
    }

    /// Encodes it, with `#`.
    pub fn write(&self) -> String {
        let mut parts = Vec::new();
        if !self.plan.is_empty() {
            parts.push(format!("plan={}", self.plan));
        }
        if !self.view.is_empty() {
            parts.push(format!("view={}", self.view));
        }
        if let Some(node) = self.node {
            parts.push(format!("node={node}"));
        }
        format!("#{}", parts.join("&"))
    }
}

/// Bytes as base64url without padding (RFC 4648, section 5).
pub fn encoded(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .enumerate()
            .fold(0_u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for digit in 0..=chunk.len() {
            let place = (bits >> (18 - 6 * digit) & 63) as usize;
            out.push(char::from(DIGITS.get(place).copied().unwrap_or(b'A')));
        }
    }
    out
}

/// The bytes of a base64url text; None where it is not one.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.trim_end_matches('=').as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for (at, digit) in chunk.iter().enumerate() {
            let value = DIGITS.iter().position(|one| one == digit)? as u32;
            bits |= value << (18 - 6 * at);
        }
        if chunk.len() == 1 {
            return None;
        }
        out.extend(bits.to_be_bytes().into_iter().skip(1).take(chunk.len() - 1));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_survive_the_round_trip() {
        let fragment = Fragment { view: "flame".into(), node: Some(12), plan: "abc-_".into() };
        assert_eq!(Fragment::read(&fragment.write()), fragment);
        assert_eq!(Fragment::read("#main"), Fragment::default());
    }

    #[test]
    fn base64url_is_that_of_the_rfc() {
        assert_eq!(encoded(b"foobar"), "Zm9vYmFy");
        assert_eq!(encoded(b"fooba"), "Zm9vYmE");
        assert_eq!(encoded(&[0xff, 0xef]), "_-8");
        for length in 0..50_u8 {
            let bytes: Vec<u8> = (0..length).map(|at| at.wrapping_mul(37)).collect();
            assert_eq!(decoded(&encoded(&bytes)), Some(bytes));
        }
        assert_eq!(decoded("a"), None);
        assert_eq!(decoded("a b="), None);
    }
}
