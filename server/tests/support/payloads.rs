//! Hostile texts, and a reader of HTML that tells whether one of them has become more than text.

/// What a browser would make of the texts below, if they were markup: an element or an attribute of this name.
pub const CANARY: &str = "x-canary";

/// Texts that break out of text, attributes, titles, scripts, comments, SVG, cells, lines, labels and headers.
pub const PAYLOADS: [&str; 30] = [
    "<x-canary>",
    "</title><x-canary>",
    "</textarea><x-canary>",
    "</script><x-canary>",
    "</style><x-canary>",
    "</svg><x-canary>",
    "</text></svg><x-canary/>",
    "--><x-canary>",
    "<!--<script><x-canary>",
    "]]><x-canary>",
    "<![CDATA[<x-canary>]]>",
    "\"><x-canary>",
    "'><x-canary>",
    "\" x-canary=\"1",
    "' x-canary='1",
    "x x-canary=1 ",
    "` x-canary=`1",
    "javascript:x-canary",
    "a\nb<x-canary>",
    "a\r\nset-cookie: x-canary=1",
    "=x-canary()",
    "a;=x-canary()",
    "+x-canary()\t=x-canary()",
    "@x-canary()\n@x-canary()",
    "-x-canary()",
    "\u{202e}<x-canary>\u{2028}",
    "\u{1b}[31mx-canary\u{7}",
    "\"} 1\nx_canary{a=\"",
    "```\n<x-canary>\n```",
    "| [x](javascript:x-canary) |",
];

/// What is wrong with a page: an element or attribute that a payload made, a script's address.
pub fn markup_of(html: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let (name, attributes, after) = tag(rest);
        rest = after;
        if name.trim_start_matches('/').eq_ignore_ascii_case(CANARY) {
            faults.push(format!("element {name}"));
        }
        for (attribute, value) in &attributes {
            let leads = ["href", "src", "action", "formaction"].contains(&attribute.as_str());
            if attribute == CANARY || (leads && value.trim_start().starts_with("javascript:")) {
                faults.push(format!("{name} {attribute}={value}"));
            }
        }
        // Their content is text up to their own end (HTML standard, "raw text" and "escapable raw text").
        if ["script", "style", "title", "textarea"].contains(&name.as_str()) {
            let end = format!("</{name}");
            rest = rest.find(&end).map_or("", |at| &rest[at..]);
        }
    }
    faults
}

/// The name and attributes of the tag that begins here, and what follows it.
fn tag(text: &str) -> (String, Vec<(String, String)>, &str) {
    let is_end = |c: char| c.is_whitespace() || c == '>';
    let end = text.find(is_end).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('/').to_ascii_lowercase();
    let mut attributes = Vec::new();
    if !name.trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic()) {
        return (String::new(), attributes, text);
    }
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return (name, attributes, "");
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (name, attributes, after);
        }
        let end = rest.find(|c: char| is_end(c) || c == '=' || c == '/').unwrap_or(rest.len());
        let key = rest[..end.max(1).min(rest.len())].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| ['"', '\''].contains(c));
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_at(after.find(is_end).unwrap_or(after.len())),
            };
        }
        attributes.push((key, value.to_owned()));
    }
}

#[test]
fn the_reader_sees_what_a_browser_would() {
    for (html, faults) in [
        ("<p title=\"&quot; x-canary=1\">&lt;x-canary></p>", 0),
        ("<p>\" x-canary=\"1</p>", 0),
        ("<p><x-canary></p>", 1),
        ("<p title=\"\" x-canary=\"1\"></p>", 1),
        ("<a href=\"javascript:x\">", 1),
        ("<title></title><x-canary></title>", 1),
        ("<script>\"<x-canary>\"</script>", 0),
        ("<script>\"</script><x-canary>\"</script>", 1),
        ("<!-- <x-canary> --><b>", 0),
        ("<svg><text><x-canary/></text></svg>", 1),
        ("1 < 2 <x-canary>", 1),
    ] {
        assert_eq!(markup_of(html).len(), faults, "{html}");
    }
}
