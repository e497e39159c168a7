//! Parser for FORMAT XML, without recursion: tags, text and the five entities, which is all EXPLAIN
//! prints.

use super::build::Builder;
use crate::keys::key_of_tag;
use crate::node::{Format, ParseError, Plan};
use crate::paste::Cursor;

/// What an open tag turned out to be.
enum Open {
    /// Nothing yet: its key, until text or a tag follows.
    Unknown(String),
    /// A map or list that the builder has open.
    Group,
    /// `<explain>` itself.
    Document,
}

/// Reads one `<explain>` document and leaves the cursor behind it.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Vec<Plan> {
    Builder::read(Format::Xml, cursor, document)
}

fn document(cursor: &mut Cursor<'_>, builder: &mut Builder) -> Result<(), ParseError> {
    let mut stack: Vec<Open> = vec![];
    let mut text = String::new();
    loop {
        match cursor.peek() {
            None => return Err(cursor.expected("the end tag of what is open")),
            Some('<') => {}
            Some(_) => {
                character(cursor, &mut text);
                continue;
            }
        }
        cursor.next();
        let closing = cursor.take('/');
        let mut tag = String::new();
        while let Some(c) = cursor.peek().filter(|c| *c != '>') {
            tag.push(c);
            cursor.next();
        }
        if !cursor.take('>') {
            return Err(cursor.expected("“>” at the end of the tag"));
        }
        builder.on_line(cursor.line());
        if closing {
            match stack.pop() {
                Some(Open::Unknown(name)) => builder.value(Some(&name), std::mem::take(&mut text)),
                Some(Open::Group) => builder.close(),
                Some(Open::Document) | None => return Ok(()),
            }
            text.clear();
            if stack.is_empty() {
                return Ok(());
            }
            continue;
        }
        text.clear();
        let tag = tag.trim();
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if let Some(open) = stack.last_mut() {
            settle(open, tag, builder);
        }
        if tag == "explain" || tag.starts_with("explain ") {
            stack.push(Open::Document);
            continue;
        }
        let name = key_of_tag(tag.trim_end_matches('/').trim());
        if tag.ends_with('/') {
            builder.value(Some(&name), String::new());
        } else if builder.expects_maps() || ["Query", "Plan"].contains(&name.as_str()) {
            builder.open_map(Some(&name));
            stack.push(Open::Group);
        } else if ["Plans", "Triggers", "Workers"].contains(&name.as_str()) {
            builder.open_list(Some(&name));
            stack.push(Open::Group);
        } else {
            stack.push(Open::Unknown(name));
        }
    }
}

/// A tag within a tag: the outer one is a list of items or a group.
fn settle(open: &mut Open, inner: &str, builder: &mut Builder) {
    if let Open::Unknown(name) = open {
        if inner == "Item" {
            builder.open_list(Some(name));
        } else if name == "Incremental Sort Groups" {
            // XML names both groups alike; the first is always the full sort.
            let second = builder.has("Full-sort Groups/Group Count");
            builder.open_map(Some(if second { "Pre-sorted Groups" } else { "Full-sort Groups" }));
        } else {
            builder.open_map(Some(name));
        }
        *open = Open::Group;
    }
}

/// One character of text, entities decoded.
fn character(cursor: &mut Cursor<'_>, text: &mut String) {
    const ENTITIES: [(&str, char); 6] = [
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&amp;", '&'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&#x0d;", '\r'),
    ];
    for (entity, meaning) in ENTITIES {
        if cursor.rest().starts_with(entity) {
            cursor.skip(entity.len());
            return text.push(meaning);
        }
    }
    text.extend(cursor.next());
}
