//! What must hold of the JSON reader `model::wire`: it reads what serde_json reads, and the same value.

use std::collections::BTreeMap;

use model::wire::read;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// serde_json refuses to nest deeper; how deep the types of our answers are is known.
const DEEPEST: usize = 127;
/// How far two readings of a real number may be from each other, as a share of it: some forty units in
/// the last place. Both readers multiply by powers of ten in steps.
const APART: f64 = 1e-14;
/// Where the largest double begins to be reached by rounding alone.
const LARGE: f64 = 1.797e308;

/// A struct as server functions send them, without real numbers: they are not read to the last bit.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Whole {
    name: String,
    count: i64,
    pair: (u8, bool),
    #[serde(default)]
    kinds: Vec<Kind>,
    #[serde(default)]
    by: BTreeMap<String, char>,
    nothing: Option<()>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    One(i8),
    Two(u64, String),
    Named { at: i64, ok: Option<bool> },
}

/// Whether the text is JSON that both readers read.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    if let Ok(whole) = read::<Whole>(text) {
        let written = serde_json::to_string(&whole).expect("it is written");
        assert_eq!(read::<Whole>(&written), Ok(whole));
    }
    if depth(text) > DEEPEST {
        let _ = read::<IgnoredAny>(text);
        return false;
    }
    match (read::<Value>(text), serde_json::from_str::<Value>(text)) {
        (Ok(ours), Ok(theirs)) => {
            assert!(is_same(&ours, &theirs), "{ours} is not {theirs}");
            assert!(read::<IgnoredAny>(text).is_ok(), "it is not skipped: {text}");
            let written = ours.to_string();
            assert!(read::<Value>(&written).is_ok_and(|again| is_same(&again, &ours)), "{written}");
            true
        }
        // Beyond the largest double ours is infinite, which a value cannot be.
        (Ok(_), Err(error)) => {
            assert!(error.to_string().contains("out of range"), "{error}: {text}");
            false
        }
        (Err(error), Ok(theirs)) => panic!("{error} {theirs}"),
        (Err(_), Err(_)) => false,
    }
}

/// How deep the text nests at most; brackets within strings count too.
fn depth(text: &str) -> usize {
    text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count()
}

fn is_same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(one), Value::Number(other)) if one.is_f64() || other.is_f64() => {
            let (one, other) = (one.as_f64().unwrap_or(f64::NAN), other.as_f64().unwrap_or(0.0));
            let apart = (one - other).abs();
            // What is near zero has fewer digits.
            apart <= other.abs() * APART || apart <= f64::MIN_POSITIVE * APART
        }
        // See above: at the end of the range one of them may be infinite.
        (Value::Null, Value::Number(other)) => other.as_f64().is_some_and(|f| f.abs() >= LARGE),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, a)| other.get(key).is_some_and(|b| is_same(a, b)))
        }
        _ => ours == theirs,
    }
}
