//! What is written with serde_json is read; what cannot be read is a place.

use serde::{Deserialize, Serialize};

use super::read;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Whole {
    name: String,
    count: i64,
    share: Option<f64>,
    pair: (u8, bool),
    #[serde(default)]
    kinds: Vec<Kind>,
    by: std::collections::BTreeMap<String, char>,
    result: Vec<Result<f32, String>>,
    wrapped: Wrapped,
    nothing: (),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Wrapped(u32);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    One(i8),
    Two(u64, String),
    Named { at: i64, ok: Option<bool> },
}

fn whole() -> Whole {
    Whole {
        name: "a \"b\" \\ / \n\r\t\u{8}\u{c}\u{0} ü 𝄞 \u{202e}".into(),
        count: i64::MIN,
        share: Some(0.1),
        pair: (255, true),
        kinds: vec![
            Kind::Plain,
            Kind::One(-128),
            Kind::Two(u64::MAX, String::new()),
            Kind::Named { at: -1, ok: None },
        ],
        by: [("k".to_owned(), '𝄞'), (String::new(), '"')].into(),
        result: vec![Ok(1.5), Err("no".into())],
        wrapped: Wrapped(7),
        nothing: (),
    }
}

#[test]
fn what_is_written_is_read() {
    let whole = whole();
    let compact = serde_json::to_string(&whole).expect("JSON");
    assert_eq!(read::<Whole>(&compact), Ok(whole.clone()));
    let pretty = serde_json::to_string_pretty(&whole).expect("JSON");
    assert_eq!(read::<Whole>(&pretty), Ok(whole.clone()));
    // As a page from elsewhere would write it: all beyond ASCII escaped.
    let escaped: String = compact
        .encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04X}"),
        })
        .collect();
    assert_eq!(read::<Whole>(&escaped), Ok(whole));
}

#[test]
fn fields_of_a_newer_server_are_skipped() {
    let text =
        r#"{"at": 1, "new": {"a": [1, {"b": "]}\""}, null, -1.5e3], "c": true}, "ok": false}"#;
    assert_eq!(
        read::<Kind>(&format!("{{\"named\": {text}}}")),
        Ok(Kind::Named { at: 1, ok: Some(false) })
    );
}

#[test]
fn what_cannot_be_read_is_a_place() {
    for (text, message) in [
        ("", "a list at byte 0"),
        ("[1, 2", "a comma or the end of a list at byte 5"),
        ("[1 2]", "a comma or the end of a list at byte 3"),
        ("[1, 2] 3", "the end at byte 7"),
        ("[\"x\"]", "a value at byte 1"),
        ("[300]", "another value at byte 4"),
        ("[\"\\u12\"]", "a value at byte 1"),
        ("[1e]", "an exponent at byte 3"),
        ("{\"a\": 1}", "a list at byte 0"),
    ] {
        let error = read::<Vec<u8>>(text).expect_err(text).to_string();
        assert_eq!(error, format!("The answer cannot be read: expected {message}."), "{text}");
    }
    let error = read::<Whole>("{\"name\": \"x\"}").expect_err("fields are missing").to_string();
    assert_eq!(error, "The answer cannot be read: expected the field count at byte 13.");
    assert!(read::<String>("\"\\u12\"").is_err());
    assert!(read::<Kind>("\"one\"").is_err(), "a variant without its content");
    assert!(read::<Kind>("\"other\"").is_err());
    assert!(read::<(u8, u8)>("[1, 2, 3]").is_err());
}

#[test]
fn every_cut_and_every_changed_byte_is_an_error_or_a_value() {
    let text = serde_json::to_string(&whole()).expect("JSON");
    for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        assert!(read::<Whole>(&text[..at]).is_err(), "cut at {at}");
    }
    for at in 0..text.len() {
        for byte in [b'"', b'{', b']', b',', b'0', b'-', b'\\', b' '] {
            let mut bytes = text.clone().into_bytes();
            bytes.splice(at..=at, [byte]);
            if let Ok(text) = String::from_utf8(bytes) {
                let _ = read::<Whole>(&text);
            }
        }
    }
}

#[test]
fn numbers_are_those_of_the_standard_library() {
    for text in [
        "0",
        "-0.0",
        "1.5",
        "-2.25",
        "1e3",
        "1E-3",
        "123456789012345680",
        "0.000001",
        "1e22",
        "4.35",
        "0.1",
        "1234.5678",
        "9007199254740991",
        "18446744073709551615",
        "1e-22",
        "99999999999999999999",
    ] {
        let ours: f64 = read(text).expect(text);
        assert_eq!(ours.to_bits(), text.parse::<f64>().expect("a number").to_bits(), "{text}");
    }
    // Beyond what one exact step reaches, within a few units in the last place.
    for text in
        ["1.7976931348623157e308", "5.1e-300", "0.12345678901234567", "123456789.123456789123"]
    {
        let (ours, exact): (f64, f64) = (read(text).expect(text), text.parse().expect("a number"));
        assert!((ours.to_bits() as i64 - exact.to_bits() as i64).abs() <= 8, "{text}: {ours}");
    }
    assert_eq!(read::<f64>("1e-400"), Ok(0.0));
    assert_eq!(read::<f64>("1e999"), Ok(f64::INFINITY));
    assert_eq!(read::<i64>("-9223372036854775808"), Ok(i64::MIN));
    assert!(read::<i64>("1.5").is_err());
    assert!(read::<u8>("-1").is_err());
    assert!(read::<Option<f64>>("null").is_ok_and(|none| none.is_none()));
}

#[test]
fn depth_costs_nothing_where_it_is_skipped() {
    let deep = format!("{{\"at\": 1, \"x\": {}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(read::<Kind>(&format!("{{\"named\": {deep}}}")).is_ok());
}

#[test]
fn what_is_no_json_is_refused() {
    for text in
        ["01", "-01", "1.", ".5", "-.5", "-", "1.e3", "\"a\nb\"", "\"\u{1f}\"", "\"\\u+123\""]
    {
        assert!(read::<serde_json::Value>(text).is_err(), "{text}");
        assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
    }
}

#[test]
fn half_a_character_is_none() {
    for text in
        ["\\ud834", "\\udd1e", "\\ud834 \\udd1e", "\\ud834\\u0041", "\\ud834\\ud834", "\\ud834x"]
    {
        assert!(read::<String>(&format!("\"{text}\"")).is_err(), "{text}");
    }
    assert_eq!(read::<String>("\"\\ud834\\udd1e\""), Ok("𝄞".to_owned()));
}
