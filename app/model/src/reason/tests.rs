//! The words of reasons, and reasons that earlier versions wrote.

use super::*;

#[test]
fn readings_of_an_earlier_version_still_read() {
    let old = r#"{"Unreachable":{"says":"Nobody answers.","remedy":"Start it."}}"#;
    let reason: Reason = serde_json::from_str(old).expect("a reason");
    assert!(matches!(&reason, Reason::Unreachable { cause: Cause::Unknown, .. }));
    assert_eq!(reason.message(), "Nobody answers.");
    let old = r#"{"MissingGrant":{"what":"sessions","sql":"grant x to y;"}}"#;
    let reason: Reason = serde_json::from_str(old).expect("a reason");
    assert_eq!(reason, Reason::missing_grant("sessions", "grant x to y;"));
    assert_eq!(reason.message(), "pgdeck's role is not allowed to read sessions.");
}

#[test]
fn each_reason_is_one_sentence_that_fits_its_case() {
    let lag = "No standby is connected, and this server follows none.";
    let cases = [
        (Reason::Nothing { message: lag.into() }, lag),
        (
            Reason::NotTracked {
                what: "What sessions do".into(),
                setting: "track_activities".into(),
            },
            "What sessions do is not recorded by PostgreSQL: the setting track_activities is off.",
        ),
        (
            Reason::NeedsReadings { for_s: 600 },
            "This is judged over 10 min; pgdeck has not watched the server that long.",
        ),
        (
            Reason::Refused {
                sqlstate: "0A000".into(),
                message: "cannot use serializable mode in a hot standby".into(),
            },
            "PostgreSQL refuses this here: cannot use serializable mode in a hot standby (0A000).",
        ),
    ];
    for (reason, said) in cases {
        assert_eq!(reason.message(), said);
    }
    assert!(Reason::NeedsReadings { for_s: 90 }.message().contains("over 1 min 30 s"));
    assert!(Reason::NeedsReadings { for_s: 7_200 }.passes_by_itself());
    assert!(Reason::Nothing { message: lag.into() }.is_nothing());
}

#[test]
fn the_words_of_the_server_are_marked_as_such() {
    let what = "must be superuser".to_owned();
    let reason = Reason::MissingGrant { what, is_message: true, sql: "grant x to y;".into() };
    assert_eq!(reason.message(), "PostgreSQL says: must be superuser.");
}
