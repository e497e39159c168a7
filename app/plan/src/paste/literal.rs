//! Rewrites a plan that was printed as a value of a programming language (Python, Ruby, Perl,
//! JavaScript) as JSON.

use std::borrow::Cow;

use super::Line;
use crate::node::Notice;

/// Words that other languages have for JSON's.
const WORDS: [(&str, &str); 6] = [
    ("True", "true"),
    ("False", "false"),
    ("None", "null"),
    ("nil", "null"),
    ("undef", "null"),
    ("undefined", "null"),
];

/// Rewrites all lines from the one that begins such a value on.
pub(super) fn as_json(lines: &mut [Line<'_>], notices: &mut Vec<Notice>) {
    let Some(first) = lines.iter().position(|line| is_literal(&line.text)) else { return };
    let before = lines.get(..first).unwrap_or_default().iter().rev();
    let glue = before.take(8).take_while(|line| {
        let text = line.text.trim();
        text.starts_with(['[', '{', '(', '$']) || text.ends_with(['[', '{', '('])
    });
    let start = first.saturating_sub(glue.count());
    let mut open = None;
    let mut said = false;
    let mut behind_call = 0_usize;
    for line in lines.iter_mut().skip(start) {
        let cut = line.text.contains("[Object]") || line.text.contains("[Array]");
        if cut && !std::mem::replace(&mut said, true) {
            notices.push(Notice {
                line: line.number,
                text: "The copy leaves out what is printed as [Object] or [Array].".into(),
                doubtful: true,
            });
        }
        let text = rewritten(&line.text, &mut open, &mut behind_call);
        line.text = Cow::Owned(text);
    }
}

fn is_literal(text: &str) -> bool {
    let key = |name: &str| {
        let behind = |quoted: &str| {
            text.split_once(quoted).is_some_and(|(_, rest)| {
                let rest = rest.trim_start();
                rest.starts_with("=>") || (rest.starts_with(':') && !quoted.starts_with('"'))
            })
        };
        behind(&format!("'{name}'")) || behind(&format!("\"{name}\""))
    };
    let plan = text.contains("Plan") || text.contains("Node Type");
    plan && (key("Plan")
        || key("Node Type")
        || text.trim_start().starts_with("Plan: {")
        || text.contains("{ Plan: {")
        || text.contains(":Plan=>"))
}

/// A line as JSON. `open` is the quote that is open, `calls` the brackets of calls that are.
fn rewritten(text: &str, open: &mut Option<char>, calls: &mut usize) -> String {
    let mut json = String::with_capacity(text.len().saturating_add(16));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(quote) = *open {
            match c {
                '\\' => match chars.next() {
                    Some('\'') => json.push('\''),
                    Some('x') => json.push_str("\\u00"),
                    Some(c) => json.extend(['\\', c]),
                    None => json.push('\\'),
                },
                c if c == quote => {
                    *open = None;
                    json.push('"');
                }
                '"' => json.push_str("\\\""),
                c => json.push(c),
            }
            continue;
        }
        match c {
            '\'' | '"' | '`' => {
                *open = Some(c);
                json.push('"');
            }
            '=' if chars.peek() == Some(&'>') => {
                chars.next();
                json.push(':');
            }
            '(' => json.push('['),
            ')' if *calls > 0 => *calls = calls.saturating_sub(1),
            ')' => json.push(']'),
            c if c.is_alphabetic() || c == '_' || c == '$' => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '.')
                {
                    word.push(c);
                }
                // `Decimal('10.5')`, `RealDictRow([…])`.
                if chars.next_if_eq(&'(').is_some() {
                    *calls = calls.saturating_add(1);
                } else if chars.peek() == Some(&':') {
                    json.push_str(&format!("\"{word}\""));
                } else {
                    let known = WORDS.iter().find(|(theirs, _)| *theirs == word);
                    json.push_str(known.map_or(word.as_str(), |(_, ours)| ours));
                }
            }
            c => json.push(c),
        }
    }
    json
}
