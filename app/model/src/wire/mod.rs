//! Wire format of server functions, the event stream and page data: JSON as text, with one decoder for
//! all types.

mod read;
mod scanner;

use std::fmt;

use codee::{Decoder, Encoder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use server_fn::codec::Post;
use server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};

pub use read::read;

/// JSON as text.
#[derive(Debug)]
pub struct JsonText;

/// The answer of every server function.
pub type Json = Post<JsonText>;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = Unreadable;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        read(std::str::from_utf8(&bytes).map_err(|_| Unreadable::of("text in UTF-8"))?)
    }
}

impl<T: Serialize> Encoder<T> for JsonText {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for JsonText {
    type Error = Unreadable;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Self::Error> {
        read(text)
    }
}

/// A decode error: what was expected, at which byte. Terse on purpose: it only has to reveal a version
/// mismatch between a page and its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What was expected.
    what: &'static str,
    /// The name of the field or variant; empty where there is none.
    name: &'static str,
    /// The byte it was expected at.
    at: usize,
}

impl Unreadable {
    fn of(what: &'static str) -> Self {
        Self { what, name: "", at: 0 }
    }

    /// With the place where reading stopped, unless it has one.
    fn or_at(self, at: usize) -> Self {
        Self { at: if self.at == 0 { at } else { self.at }, ..self }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, name, at } = self;
        f.write_str("The answer cannot be read: expected ")?;
        f.write_str(what)?;
        f.write_str(if name.is_empty() { "" } else { " " })?;
        f.write_str(name)?;
        write!(f, " at byte {at}.")
    }
}

impl std::error::Error for Unreadable {}

/// What serde says is shortened to its kind: its words would be code for each type.
impl serde::de::Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::of("another value")
    }

    fn invalid_type(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self::of("a value of another type")
    }

    fn invalid_value(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self::of("another value")
    }

    fn invalid_length(_: usize, _: &dyn serde::de::Expected) -> Self {
        Self::of("a list of another length")
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::of("a variant that is known here")
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::of("a field that is known here")
    }

    fn missing_field(name: &'static str) -> Self {
        Self { name, ..Self::of("the field") }
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self { name, ..Self::of("no second field") }
    }
}

#[cfg(test)]
mod tests;
