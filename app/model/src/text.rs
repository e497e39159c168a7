//! Text as a server sends it. `pg_stat_activity` and the shared catalogs hold the bytes of whatever
//! database they come from, so text may be in another encoding than the session's: what is not UTF-8 is
//! shown as U+FFFD, and the value beside it is not lost. Every text column of a row is read this way:
//! `#[sqlx(try_from = "model::text::Text")]`.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, Postgres, Type, ValueRef};

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

/// A text or null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaybeText(Option<String>);

fn lossy(value: &PgValueRef<'_>) -> Result<String, BoxDynError> {
    Ok(String::from_utf8_lossy(value.as_bytes()?).into_owned())
}

impl<'r> Decode<'r, Postgres> for Text {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        lossy(&value).map(Self)
    }
}

impl<'r> Decode<'r, Postgres> for MaybeText {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.is_null() { Ok(Self(None)) } else { lossy(&value).map(Some).map(Self) }
    }
}

impl Type<Postgres> for Text {
    fn type_info() -> PgTypeInfo {
        <String as Type<Postgres>>::type_info()
    }

    fn compatible(of: &PgTypeInfo) -> bool {
        <String as Type<Postgres>>::compatible(of)
    }
}

impl Type<Postgres> for MaybeText {
    fn type_info() -> PgTypeInfo {
        <String as Type<Postgres>>::type_info()
    }

    fn compatible(of: &PgTypeInfo) -> bool {
        <String as Type<Postgres>>::compatible(of)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl From<MaybeText> for Option<String> {
    fn from(text: MaybeText) -> Self {
        text.0
    }
}
