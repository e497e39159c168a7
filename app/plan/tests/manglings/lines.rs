//! What people's tools do to the lines of a plan: prefixes, wraps, containers, encodings.

use std::fmt::Write as _;

/// A named transformation of a text.
pub type Step = (&'static str, fn(&str) -> String);

fn each(text: &str, with: impl Fn(usize, &str) -> String) -> String {
    text.lines().enumerate().fold(String::new(), |mut all, (at, line)| {
        let _ = writeln!(all, "{}", with(at + 1, line));
        all
    })
}

/// What stands before lines.
pub const PREFIXES: &[Step] = &[
    ("numbers with a dot", |text| each(text, |at, line| format!("{at}. {line}"))),
    ("numbers on the right", |text| each(text, |at, line| format!("{at:>4} {line}"))),
    ("numbers filled up", |text| each(text, |at, line| format!("{at:<4}{line}"))),
    ("numbers with a colon", |text| each(text, |at, line| format!("{at}: {line}"))),
    ("numbers in brackets", |text| each(text, |at, line| format!("[{at}] {line}"))),
    ("numbers with a bar", |text| each(text, |at, line| format!("{at:>3} | {line}"))),
    ("L1", |text| each(text, |at, line| format!("L{at} {line}"))),
    ("a mail", |text| each(text, |_, line| format!("> {line}"))),
    ("a mail within a mail", |text| each(text, |_, line| format!("> > {line}"))),
    ("an old mail", |text| each(text, |_, line| format!(">>{line}"))),
    ("a diff", |text| each(text, |_, line| format!("+{line}"))),
    ("comments of SQL", |text| each(text, |_, line| format!("-- {line}"))),
    ("comments of Rust", |text| each(text, |_, line| format!("/// {line}"))),
    ("comments of shells", |text| each(text, |_, line| format!("# {line}"))),
    ("a block comment", |text| format!("/*\n{} */\n", each(text, |_, line| format!(" * {line}")))),
    ("a list", |text| each(text, |_, line| format!("* {line}"))),
    ("timestamps", |text| {
        each(text, |at, line| format!("2026-11-26T10:00:{:02}.{}Z {line}", at % 60, at * 13))
    }),
    ("a log of Java", |text| {
        each(text, |at, line| {
            format!("2026-11-26 10:00:00.{at:03} DEBUG 7 --- [exec-{at}] c.e.Repo : {line}")
        })
    }),
    ("containers", |text| each(text, |_, line| format!("db_1  | {line}"))),
    ("pods", |text| each(text, |_, line| format!("shop-db-0 postgres {line}"))),
    ("syslog", |text| {
        let head = "Nov 26 10:00:00 host postgres[123]: [7-1] 2026-11-26 10:00:00 UTC LOG:  duration: 5.1 ms  plan:\n";
        let lines = each(text, |at, line| {
            format!("Nov 26 10:00:00 host postgres[123]: [7-{}] #011{line}", at + 1)
        });
        format!("{head}{lines}")
    }),
    ("a prefix of the log", |text| {
        each(text, |at, line| {
            format!("2026-11-26 10:00:00 UTC [4711]: [{at}-1] user=app,db=shop LOG:  {line}")
        })
    }),
    ("a notice", |text| format!("NOTICE:  {text}")),
    ("notices", |text| each(text, |_, line| format!("NOTICE:  {line}"))),
    ("notices with their context", |text| {
        each(text, |_, line| {
            format!("psql:a.sql:3: INFO:  {line}\nCONTEXT:  PL/pgSQL function f() line 5 at RAISE")
        })
    }),
    ("a file's notice", |text| format!("psql:a.sql:3: NOTICE:  {text}")),
    ("a heading", |text| format!("plan: {text}")),
];

/// Cuts lines at a width, between words or anywhere, and indents what is left.
fn wrapped(text: &str, width: usize, words: bool, indent: &str) -> String {
    let mut all = String::new();
    for line in text.lines() {
        let mut rest: Vec<char> = line.chars().collect();
        let mut first = true;
        while rest.len() > width {
            let begin = rest.iter().position(|c| *c != ' ').unwrap_or(0);
            let space =
                rest.iter().take(width + 1).rposition(|c| *c == ' ').filter(|at| *at > begin + 8);
            let at = if words { space.unwrap_or(width) } else { width };
            let tail = rest.split_off(at);
            let head: String = rest.into_iter().collect();
            let _ = writeln!(
                all,
                "{}{}",
                if first { "" } else { indent },
                if words { head.trim_end() } else { &head }
            );
            rest = tail;
            if words {
                let skip = rest.iter().take_while(|c| **c == ' ').count();
                rest.drain(..skip);
            }
            first = false;
        }
        let last: String = rest.into_iter().collect();
        let _ = writeln!(all, "{}{last}", if first { "" } else { indent });
    }
    all
}

/// How lines are wrapped.
pub const WRAPS: &[Step] = &[
    ("a terminal of 80", |text| wrapped(text, 80, false, "")),
    ("a terminal of 100", |text| wrapped(text, 100, false, "")),
    ("a terminal of 61", |text| wrapped(text, 61, false, "")),
    ("words at 78", |text| wrapped(text, 78, true, "")),
    ("words at 100, indented", |text| wrapped(text, 100, true, "        ")),
    ("80, indented", |text| wrapped(text, 80, false, "      ")),
];

/// How lines are cut: what is cut cannot be right, but it can be said.
pub const CUTS: &[Step] = &[
    ("less -S", |text| {
        each(text, |_, line| {
            let head: String = line.chars().take(79).collect();
            if head.len() < line.len() { format!("{head}>") } else { head }
        })
    }),
    ("less -S in a frame", |text| {
        each(&super::containers::frame(text), |_, line| {
            let head: String = line.chars().take(90).collect();
            if head.len() < line.len() { format!("{head}>") } else { head }
        })
    }),
    ("cut -c1-90", |text| each(text, |_, line| line.chars().take(90).collect())),
    ("a grid that cuts", |text| {
        each(text, |_, line| {
            let head: String = line.chars().take(85).collect();
            if head.len() < line.len() { format!("{head}…") } else { head }
        })
    }),
    ("cut in the figures of a node", |text| {
        let last = text.rfind("(actual time=").unwrap_or(0);
        text.chars().take(last + 24).collect()
    }),
];
