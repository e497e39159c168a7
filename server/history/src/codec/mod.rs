//! The encoding of columns: times by double deltas, integers and decimals by the cheapest of four ways,
//! other floats by XOR, then zstd and a checksum. Decoding bytes that are broken gives None, never a panic.

pub(crate) mod bits;
pub(crate) mod block;
pub(crate) mod floats;
pub(crate) mod ints;
pub(crate) mod seal;
pub(crate) mod slots;
pub(crate) mod varint;
