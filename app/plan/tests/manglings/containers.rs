//! What plans stand in: rows as data, frames, logs, strings.

use std::fmt::Write as _;

use super::lines::Step;

fn quoted(line: &str) -> String {
    line.replace('\\', "\\\\").replace('"', "\\\"")
}

fn single(line: &str) -> String {
    // As Python does it.
    if line.contains('\'') && !line.contains('"') {
        format!("\"{}\"", line.replace('\\', "\\\\"))
    } else {
        format!("'{}'", line.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

fn joined(text: &str, glue: &str, with: impl Fn(&str) -> String) -> String {
    text.lines().map(with).collect::<Vec<_>>().join(glue)
}

/// A frame as psql draws it.
pub fn frame(text: &str) -> String {
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let rule = format!("+-{}-+", "-".repeat(width));
    let mut all = format!("{rule}\n| {:^width$} |\n{rule}\n", "QUERY PLAN");
    for line in text.lines() {
        let _ = writeln!(all, "| {line:width$} |");
    }
    let _ = write!(all, "{rule}\n({} rows)\n", text.lines().count());
    all
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Containers of plans in TEXT.
pub const CONTAINERS: &[Step] = &[
    ("rows as JSON", |text| {
        format!(
            "[\n{}\n]\n",
            joined(text, ",\n", |line| format!(" {{\n  \"QUERY PLAN\": \"{}\"\n }}", quoted(line)))
        )
    }),
    ("rows as JSON in one line", |text| {
        format!(
            "[{}]",
            joined(text, ",", |line| format!("{{\"QUERY PLAN\":\"{}\"}}", quoted(line)))
        )
    }),
    ("a result as JSON", |text| {
        let rows = joined(text, ", ", |line| format!("{{\"QUERY PLAN\": \"{}\"}}", quoted(line)));
        format!(
            "{{\"command\": \"EXPLAIN\", \"rowCount\": 8, \"rows\": [{rows}], \"fields\": [{{\"name\": \"QUERY PLAN\"}}]}}"
        )
    }),
    ("tuples", |text| format!("[{}]", joined(text, ", ", |line| format!("({},)", single(line))))),
    ("tuples on lines", |text| joined(text, "\n", |line| format!("({},)", single(line)))),
    ("dict rows", |text| {
        format!(
            "[{}]",
            joined(text, ", ", |line| format!("RealDictRow([('QUERY PLAN', {})])", single(line)))
        )
    }),
    ("dicts", |text| {
        format!("[{}]", joined(text, ",\n ", |line| format!("{{'QUERY PLAN': {}}}", single(line))))
    }),
    ("records", |text| {
        format!("[{}]", joined(text, ", ", |line| format!("<Record QUERY PLAN={}>", single(line))))
    }),
    ("an array of strings", |text| {
        format!("[\n{}\n]", joined(text, ",\n", |line| format!("  \"{}\"", quoted(line))))
    }),
    ("a slice of Go", |text| {
        format!("[]string{{{}}}", joined(text, ", ", |line| format!("\"{}\"", quoted(line))))
    }),
    ("hashes of Ruby", |text| {
        format!(
            "[{}]",
            joined(text, ", ", |line| format!("{{\"QUERY PLAN\"=>\"{}\"}}", quoted(line)))
        )
    }),
    ("a dump of Perl", |text| {
        let rows = joined(text, ",\n", |line| {
            format!("  {{\n    'QUERY PLAN' => '{}'\n  }}", line.replace('\'', "\\'"))
        });
        format!("$VAR1 = [\n{rows}\n];\n")
    }),
    ("one string", |text| format!("\"{}\"", quoted(text).replace('\n', "\\n"))),
    ("one string of Python", |text| {
        format!("'{}'", text.replace('\'', "\\'").replace('\n', "\\n"))
    }),
    ("line breaks written out", |text| text.trim_end().replace('\n', "\\n")),
    ("CSV", |text| joined(text, "\n", |line| format!("\"{}\"", line.replace('"', "\"\"")))),
    ("CSV with quotes where they are needed", |text| {
        joined(text, "\n", |line| {
            if line.contains(['"', ',']) {
                format!("\"{}\"", line.replace('"', "\"\""))
            } else {
                line.to_owned()
            }
        })
    }),
    ("a cell of CSV", |text| format!("id,plan\n1,\"{}\"\n", text.trim_end().replace('"', "\"\""))),
    ("a frame", |text| frame(text)),
    ("a table in Markdown", |text| {
        format!("| QUERY PLAN |\n|---|\n{}\n", joined(text, "\n", |line| format!("| {line} |")))
    }),
    ("psql unaligned", |text| format!("QUERY PLAN\n{text}({} rows)\n", text.lines().count())),
    ("psql expanded", |text| {
        text.lines()
            .enumerate()
            .map(|(at, line)| format!("-[ RECORD {} ]----\nQUERY PLAN | {line}\n", at + 1))
            .collect()
    }),
    ("psql HTML", |text| {
        let rows = joined(text, "\n", |line| {
            let body = line.trim_start();
            let spaces = "&nbsp; ".repeat((line.len() - body.len()) / 2);
            format!(
                "  <tr valign=\"top\">\n    <td align=\"left\">{spaces}{}</td>\n  </tr>",
                html(body)
            )
        });
        format!(
            "<table border=\"1\">\n  <tr>\n    <th align=\"center\">QUERY PLAN</th>\n  </tr>\n{rows}\n</table>\n<p>(8 rows)<br />\n</p>\n"
        )
    }),
    ("psql LaTeX", |text| {
        let rows = joined(text, "\n", |line| {
            let line = line
                .replace('_', "\\_")
                .replace('>', "\\textgreater{}")
                .replace('<', "\\textless{}");
            format!("{line} \\\\")
        });
        format!(
            "\\begin{{tabular}}{{l}}\n\\textit{{QUERY PLAN}} \\\\\n\\hline\n{rows}\n\\end{{tabular}}\n\n\\noindent (8 rows) \\\\\n"
        )
    }),
    ("a log of Docker", |text| {
        joined(text, "\n", |line| {
            format!(
                "{{\"log\":\"{}\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-26T10:00:00.1Z\"}}",
                quoted(line)
            )
        })
    }),
    ("auto_explain in a log of Docker", |text| {
        let line = |line: &str| {
            format!(
                "{{\"log\":\"{}\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-26T10:00:00.1Z\"}}\n",
                quoted(line).replace('\t', "\\t")
            )
        };
        let head = line("2026-11-26 10:00:00.1 UTC [77] LOG:  duration: 5.1 ms  plan:");
        text.lines().fold(head, |all, next| all + &line(&format!("\t{next}")))
    }),
    ("a record of a cloud's log", |text| {
        let message = quoted(text.trim_end()).replace('\n', "\\n\\t");
        format!(
            "{{\n  \"insertId\": \"1x\",\n  \"textPayload\": \"2026-11-26 10:00:00 UTC [77]: [3-1] db=shop LOG:  duration: 5.1 ms  plan:\\n\\t{message}\",\n  \"severity\": \"INFO\"\n}}\n"
        )
    }),
    ("messages of JSON", |text| {
        joined(text, "\n", |line| {
            format!("{{\"level\":\"info\",\"message\":\"{}\",\"pid\":77}}", quoted(line))
        })
    }),
    ("auto_explain", |text| {
        let lines = text.lines().map(|line| format!("\t{line}\n")).collect::<String>();
        format!(
            "2026-11-26 10:00:00 UTC [77] LOG:  duration: 5.1 ms  plan:\n{lines}2026-11-26 10:00:01 UTC [77] LOG:  checkpoint starting: time\n"
        )
    }),
];

/// JSON as a literal of another language.
fn literal(json: &str, arrow: bool) -> String {
    let mut text = String::new();
    for (at, piece) in json.split('"').enumerate() {
        let quote = if arrow { '"' } else { '\'' };
        if at % 2 == 0 {
            let piece = if arrow {
                piece.replace(':', " =>").replace("null", "nil")
            } else {
                piece.replace("true", "True").replace("false", "False")
            };
            text.push_str(&piece);
        } else if piece.contains('\'') && !arrow {
            let _ = write!(text, "\"{piece}\"");
        } else {
            let _ = write!(text, "{quote}{piece}{quote}");
        }
    }
    text
}

fn one_line(json: &str) -> String {
    json.lines().map(str::trim).collect()
}

/// Containers of plans in JSON.
pub const JSON: &[Step] = &[
    ("a row as JSON", |json| format!("[{{\"QUERY PLAN\": {json}}}]")),
    ("a row as JSON in one line", |json| format!("[{{\"QUERY PLAN\":{}}}]", one_line(json))),
    ("a string in a row", |json| {
        format!("[{{\"QUERY PLAN\": \"{}\"}}]", quoted(json).replace('\n', "\\n"))
    }),
    ("a result", |json| {
        format!(
            "{{\"rows\": [{{\"QUERY PLAN\": {json}}}], \"rowCount\": 1, \"command\": \"EXPLAIN\"}}"
        )
    }),
    ("a repr", |json| literal(&one_line(json), false)),
    ("a repr of rows", |json| format!("[({},)]", literal(&one_line(json), false))),
    ("a repr of dict rows", |json| {
        format!("[RealDictRow([('QUERY PLAN', {})])]", literal(json, false))
    }),
    ("a hash of Ruby", |json| literal(&one_line(json), true)),
    ("a record of a log", |json| {
        format!("{{\"level\":\"info\",\"jsonPayload\":{{\"plan\":{}}}}}", one_line(json))
    }),
    ("psql expanded", |json| {
        let lines: Vec<&str> = json.lines().collect();
        let last = lines.len() - 1;
        let mark = |at: usize| if at < last { "+" } else { "" };
        let head = "-[ RECORD 1 ]------\n".to_owned();
        lines.iter().enumerate().fold(head, |all, (at, line)| {
            all + &format!(
                "{:10} | {line:60}{}\n",
                if at == 0 { "QUERY PLAN" } else { "" },
                mark(at)
            )
        })
    }),
    ("a cell of CSV", |json| format!("id,plan\n1,\"{}\"\n", json.trim_end().replace('"', "\"\""))),
    ("HTML", |json| html(json).replace('"', "&quot;")),
    ("quotes of a word processor", |json| {
        let mut open = false;
        json.chars()
            .map(|c| {
                if c == '"' {
                    open = !open;
                    if open { '“' } else { '”' }
                } else {
                    c
                }
            })
            .collect()
    }),
    ("a mail", |json| json.lines().map(|line| format!("> {line}\n")).collect()),
    ("comments", |json| json.lines().map(|line| format!("-- {line}\n")).collect()),
    ("numbers", |json| {
        json.lines().enumerate().map(|(at, line)| format!("{:>4}: {line}\n", at + 1)).collect()
    }),
];
