//! What characters become on their way: bytes of other encodings, entities, colours, other signs.

/// A named way from a text to the bytes of a file.
pub type Encoding = (&'static str, fn(&str) -> Vec<u8>);

fn printable(text: &str) -> String {
    let mut all = String::new();
    for line in text.lines() {
        let mut width = 0;
        for c in line.replace('=', "=3D").chars() {
            if width >= 73 && c != '3' && c != 'D' {
                all.push_str("=\n");
                width = 0;
            }
            all.push(c);
            width += 1;
        }
        all.push('\n');
    }
    all
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn coloured(text: &str, escape: &str) -> String {
    ["Hash Join", "Seq Scan", "Nested Loop", "Sort", "Index Scan", "Limit", "Aggregate", "rows="]
        .iter()
        .fold(text.to_owned(), |text, kind| {
            text.replace(kind, &format!("{escape}[1;31m{kind}{escape}[0m"))
        })
}

/// How the bytes come about.
pub const ENCODINGS: &[Encoding] = &[
    ("UTF-16 of PowerShell", |text| {
        let bytes = text.replace('\n', "\r\n");
        [0xFF, 0xFE].into_iter().chain(bytes.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    }),
    ("UTF-16 without a mark", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("UTF-16, the other order", |text| {
        [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
    }),
    ("UTF-16 taken for UTF-8", |text| {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        format!("\u{fffd}\u{fffd}{}", String::from_utf8_lossy(&bytes)).into_bytes()
    }),
    ("a byte order mark", |text| format!("\u{feff}{text}").into_bytes()),
    ("quoted-printable", |text| printable(text).into_bytes()),
    ("entities", |text| html(text).into_bytes()),
    ("entities in a pre", |text| format!("<pre><code>{}</code></pre>", html(text)).into_bytes()),
    ("a page with line breaks", |text| {
        text.lines()
            .map(|line| format!("{}<br>\n", html(line).replace("  ", "&nbsp;&nbsp;")))
            .collect::<String>()
            .into_bytes()
    }),
    ("colours", |text| coloured(text, "\u{1b}").into_bytes()),
    ("remains of colours", |text| coloured(text, "").into_bytes()),
    ("no-break spaces", |text| text.replace("  ", "\u{a0} ").into_bytes()),
    ("arrows", |text| text.replace("->", "→").into_bytes()),
    ("dashes", |text| text.replace("->", "–>").into_bytes()),
    ("arrows of Markdown", |text| text.replace("->", "-\\>").into_bytes()),
    ("curly quotes", |text| text.replace("'::", "’::").replace("= '", "= ‘").into_bytes()),
    ("CRLF", |text| text.replace('\n', "\r\n").into_bytes()),
    ("CR", |text| text.replace('\n', "\r").into_bytes()),
    ("tabs", |text| text.replace("        ", "\t").into_bytes()),
    ("Windows-1252", |text| {
        let text = text.replace("::text", "::tëxt").replace("'::tëxt", "'::text");
        text.chars().map(|c| c as u8).collect()
    }),
];
