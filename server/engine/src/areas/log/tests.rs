//! Tests of what settings and privileges mean.

use super::*;

fn row() -> SettingsRow {
    SettingsRow {
        collects: true,
        language: "C".into(),
        logs_autovacuum: true,
        all_from: "2s".into(),
        sample_from: "-1".into(),
        sample_rate: "1".into(),
        transaction_rate: "0".into(),
        is_overridden: false,
        may_list: true,
        may_read: true,
    }
}

#[test]
fn settings_are_read_with_their_units() {
    for (text, ms) in [
        ("0", Some(0.0)),
        ("-1", None),
        ("1500ms", Some(1_500.0)),
        ("2min", Some(120_000.0)),
        ("1h", Some(3.6e6)),
        ("x", None),
        ("", None),
    ] {
        assert_eq!(duration_ms(text), ms, "{text}");
    }
    assert_eq!(logged(&row()).unwrap().from_ms(), Some(2_000.0));
    let off = SettingsRow { all_from: "-1".into(), ..row() };
    assert!(logged(&off).unwrap_err().message().contains("log_min_duration_sample"));
    let own = SettingsRow { is_overridden: true, ..row() };
    assert!(logged(&own).is_err(), "what a session sees is not the server's");
    for language in ["en_US.UTF-8", "C.UTF-8", "POSIX", ""] {
        assert!(logged(&SettingsRow { language: language.into(), ..row() }).is_ok(), "{language}");
    }
    let german = SettingsRow { language: "de_DE.UTF-8".into(), ..row() };
    assert!(logged(&german).unwrap_err().message().contains("English"));
}

#[test]
fn plain_text_is_not_read() {
    let file =
        |format: &str| FileRow { format: format.into(), name: "a".into(), file: 1, size: Some(5) };
    assert!(current(Some(file("stderr"))).unwrap_err().message().contains("forge"));
    assert!(current(None).is_err());
    assert_eq!(current(Some(file("csvlog"))).unwrap().1.format, Format::Csv);
    assert!(current(Some(FileRow { size: None, ..file("jsonlog") })).is_err());
}

#[test]
fn bytes_come_as_digits() {
    assert_eq!(unhexed(b"00ff0a"), Some(vec![0, 255, 10]));
    assert_eq!(unhexed(b""), Some(vec![]));
    assert_eq!((unhexed(b"0"), unhexed(b"0g")), (None, None));
}
