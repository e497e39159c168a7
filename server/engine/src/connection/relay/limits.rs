//! What a server may send (`docs/limits.md#what-a-server-may-send`).

/// The longest message that is neither a row nor text of the server's own, and of any while signing in, bytes.
/// libpq takes 30,000 (fe-protocol3.c, `VALID_LONG_MESSAGE_TYPE`; fe-connect.c, `MAX_ERRLEN`).
pub const SHORT_MESSAGE_BYTES: u32 = 32 << 10;
/// The longest error, notice, notification or description of columns, bytes; PostgreSQL's own are a few
/// kilobytes, 1,600 columns with names of 63 bytes 132 kB.
pub const TEXT_MESSAGE_BYTES: u32 = 1 << 20;
/// The longest row, bytes (`docs/limits.md#what-a-server-may-send`).
pub const ROW_MESSAGE_BYTES: u32 = 8 << 20;
/// The most that is read until the session has begun, bytes; PostgreSQL 18 sends about 500.
pub const SIGN_IN_BYTES: u64 = 256 << 10;
/// The most that comes unasked beside one answer (notices, parameters, notifications), bytes.
pub const UNASKED_BYTES: u64 = 1 << 20;
/// The most bytes of one answer, with what we read and drop (`docs/limits.md#what-a-server-may-send`).
pub const ANSWER_WIRE_BYTES: u64 = 192 << 20;

/// The most columns of a row (htup_details.h, `MaxTupleAttributeNumber`).
pub const MOST_COLUMNS: u16 = 1_664;
/// The most messages of one answer that carry neither rows nor text: ends of statements and the like. pgdeck
/// asks for some dozens at once.
pub const ANSWER_STEPS: u32 = 4_096;
