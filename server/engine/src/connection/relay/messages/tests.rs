//! Headers that are judged, and what passes.

use super::*;

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap() + LENGTH_BYTES;
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}

fn begun() -> Messages {
    let mut messages = Messages::default();
    messages.pass(&message(b'Z', b"I"), &mut Vec::new()).unwrap();
    messages.asked(&message(b'Q', b"select\0"));
    messages
}

/// The description of that many columns.
fn described(columns: u16) -> Vec<u8> {
    let each = [b"x\0".as_slice(), &[0; 18]].concat();
    let all = each.repeat(usize::from(columns));
    message(b'T', &[columns.to_be_bytes().as_slice(), &all].concat())
}

/// What passes of them, sent in pieces of that size, and why it ended.
fn passed(bytes: &[u8], piece: usize) -> (Vec<u8>, Result<(), Violation>) {
    let (mut messages, mut out) = (begun(), Vec::new());
    let ended = bytes.chunks(piece).try_for_each(|chunk| messages.pass(chunk, &mut out));
    (out, ended)
}

#[test]
fn messages_pass_as_they_are_however_they_are_cut() {
    let row = [b"\0\x02\0\0\0\x03abc".as_slice(), b"\xff\xff\xff\xff"].concat();
    let all =
        [described(2), message(b'D', &row), message(b'C', b"SELECT 1\0"), message(b'Z', b"I")]
            .concat();
    for piece in 1..=all.len() {
        assert_eq!(passed(&all, piece), (all.clone(), Ok(())), "{piece}");
    }
}

#[test]
fn nothing_of_a_message_passes_that_is_too_long() {
    let before = message(b'C', b"SELECT 1\0");
    for (kind, most) in
        [(b'D', ROW_MESSAGE_BYTES), (b'E', TEXT_MESSAGE_BYTES), (b'C', SHORT_MESSAGE_BYTES)]
    {
        for length in [most + 1, 1 << 30, u32::MAX] {
            let before = [before.clone(), described(1)].concat();
            let header = [&[kind], length.to_be_bytes().as_slice(), b"\0\x01xx"].concat();
            let (out, ended) = passed(&[before.clone(), header].concat(), 3);
            assert_eq!(out, before, "{kind} {length}");
            let bytes = length.saturating_add(1);
            let is_row = kind == b'D';
            assert_eq!(ended, Err(Violation::Message { bytes, most, is_row }));
        }
    }
}

#[test]
fn lengths_and_columns_that_cannot_be_are_malformed() {
    let lying: [&[u8]; 5] = [
        b"C\0\0\0\0",
        b"Z\0\0\0\x03",
        b"T\0\0\0\x08\xff\xffx\0",
        b"D\0\0\0\x06\xff\xff",
        b"D\0\0\0\x05\0\x01",
    ];
    for bytes in lying {
        assert_eq!(passed(bytes, 2), (vec![], Err(Violation::Malformed)), "{bytes:?}");
    }
}

#[test]
fn what_is_unasked_has_an_end_and_parameters_are_not_kept() {
    let notices = message(b'N', &[b'x'; 1_000]).repeat(2_000);
    assert_eq!(passed(&notices, 4_096).1, Err(Violation::Unasked));
    let parameters = message(b'S', b"a\0b\0").repeat(10);
    assert_eq!(passed(&parameters, 7), (vec![], Ok(())));
    let mut messages = begun();
    for _ in 0..10 {
        let some = message(b'N', &[b'x'; 1_000]).repeat(1_000);
        messages.pass(&some, &mut Vec::new()).unwrap();
        messages.asked(&message(b'Q', b"select\0"));
    }
}

#[test]
fn a_row_has_the_columns_that_were_described() {
    let row = message(b'D', &[b"\0\x03".as_slice(), &[0xff; 12]].concat());
    assert_eq!(passed(&row, 9).1, Err(Violation::Malformed));
    let both = [described(3), row.clone()].concat();
    assert_eq!(passed(&both, 9).1, Ok(()));
    let two = [described(3), described(1), row.clone()].concat();
    assert_eq!(passed(&two, 9).1, Err(Violation::Malformed));
    // The extended protocol described them in an answer before.
    let mut messages = begun();
    messages.asked(&message(b'P', b"select\0"));
    messages.pass(&[described(3), described(1)].concat(), &mut Vec::new()).unwrap();
    messages.asked(&message(b'B', b"QQQQ\0"));
    assert_eq!(messages.pass(&row, &mut Vec::new()), Ok(()));
}

#[test]
fn statements_end_as_often_as_they_were_asked() {
    let ends = message(b'C', b"SELECT 1\0").repeat(5_000);
    assert_eq!(passed(&ends, 4_096).1, Err(Violation::Steps));
}

#[test]
fn signing_in_has_an_end() {
    let mut messages = Messages::default();
    let parameters = message(b'S', &[b'x'; 1_000]).repeat(300);
    assert_eq!(messages.pass(&parameters, &mut Vec::new()), Err(Violation::SignIn));
    let long = [b"R".as_slice(), &(SHORT_MESSAGE_BYTES + 1).to_be_bytes()].concat();
    let refused = Messages::default().pass(&long, &mut Vec::new());
    assert!(matches!(refused, Err(Violation::Message { is_row: false, .. })));
}

#[test]
fn another_protocol_is_called_so() {
    for page in ["<html>no</html>", "HTTP/1.1 200 OK"] {
        let refused = Messages::default().pass(page.as_bytes(), &mut Vec::new());
        assert_eq!(refused, Err(Violation::Foreign), "{page}");
    }
}

#[test]
fn a_question_counts_the_same_however_it_is_cut() {
    let row = message(b'D', &[b"\0\x01".as_slice(), &[0xff; 4]].concat());
    let simple = message(b'Q', b"select\0");
    let extended = [message(b'B', b"\0\0"), message(b'E', b"\0\0")].concat();
    for piece in [1, 3, 100] {
        let mut messages = begun();
        messages.pass(&described(1), &mut Vec::new()).unwrap();
        // In the extended protocol what was described before holds, also while its first message comes in pieces.
        extended.chunks(piece).for_each(|chunk| messages.asked(chunk));
        assert_eq!(messages.pass(&row, &mut Vec::new()), Ok(()), "{piece}");
        simple.chunks(piece).for_each(|chunk| messages.asked(chunk));
        let refused = messages.pass(&row, &mut Vec::new());
        assert_eq!(refused, Err(Violation::Malformed), "{piece}");
    }
}
