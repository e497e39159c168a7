//! An EXPLAIN request as form data: its fields, and how they are read from a submitted form, with
//! and without JavaScript. Pure.

use model::ServerId;
#[cfg(any(feature = "ssr", test))]
use model::explain::{Mode, Request, RunId};
use model::explain::{NotExplained, Options, Refusal};
use plan::query::lexer::{TokenKind, tokens};
use serde::{Deserialize, Serialize};

/// Maximum of parameter fields.
pub const MOST_VALUES: usize = 100;
/// The time limits offered, ms; the first is the default. The engine's own limits are 10 s and 60
/// s.
pub const TIMEOUTS_MS: [u32; 4] = [10_000, 1_000, 30_000, 60_000];

/// The submit button of the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// None: the form is only prefilled.
    #[default]
    Open,
    /// Preview.
    Preview,
    /// Run.
    Run,
}

impl Step {
    /// Its value in the form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Preview => "preview",
            Self::Run => "run",
        }
    }
}

/// An EXPLAIN request as filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainRequest {
    /// The name of the server; empty when none was selected.
    pub server: String,
    /// The database; empty for that of the DSN.
    pub database: String,
    /// The statement.
    pub statement: String,
    /// Values of `$1`, `$2`, …; None is NULL.
    pub values: Vec<Option<String>>,
    /// Whether to execute it (ANALYZE).
    pub analyze: bool,
    /// Consent to modify rows.
    pub dml: bool,
    /// Consent to volatile functions.
    pub functions: bool,
    /// EXPLAIN's options.
    pub options: Options,
}

impl Default for ExplainRequest {
    /// Options that help and cost nothing are on.
    fn default() -> Self {
        let options =
            Options { verbose: true, buffers: true, settings: true, ..Options::default() };
        Self {
            server: String::new(),
            database: String::new(),
            statement: String::new(),
            values: vec![],
            analyze: false,
            dml: false,
            functions: false,
            options,
        }
    }
}

impl ExplainRequest {
    /// Parses the fields of the form; the last one of a name wins.
    pub fn from_pairs(pairs: &[(String, String)]) -> Self {
        let get = |name: &str| {
            pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        let text = |name: &str| get(name).unwrap_or_default().to_owned();
        let on = |name: &str| get(name).is_some();
        let number = |key: &str| key.strip_prefix('p')?.parse::<usize>().ok();
        let given = pairs.iter().filter_map(|(key, _)| number(key)).max().unwrap_or(0);
        let value = |n: usize| match on(&format!("p{n}null")) {
            true => None,
            false => Some(text(&format!("p{n}"))),
        };
        Self {
            server: text("server"),
            database: text("database").trim().to_owned(),
            // Browsers send CR LF; error positions count LF. Others may send CR alone.
            statement: text("statement").replace("\r\n", "\n").replace('\r', "\n"),
            values: (1..=given.min(MOST_VALUES)).map(value).collect(),
            analyze: get("mode") == Some("analyze"),
            dml: on("dml"),
            functions: on("functions"),
            options: Options {
                verbose: on("verbose"),
                buffers: on("buffers"),
                wal: on("wal"),
                settings: on("settings"),
                serialize: on("serialize"),
                memory: on("memory"),
                generic: on("generic"),
                timeout_ms: get("timeout_ms").and_then(|ms| ms.parse().ok()),
            },
        }
    }

    /// The fields that parse back to this, for hidden inputs.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
        add("server", &self.server);
        add("database", &self.database);
        add("statement", &self.statement);
        add("mode", if self.analyze { "analyze" } else { "plan" });
        for (at, value) in self.values.iter().enumerate() {
            match value {
                Some(value) => add(&format!("p{}", at + 1), value),
                None => {
                    add(&format!("p{}", at + 1), "");
                    add(&format!("p{}null", at + 1), "on");
                }
            }
        }
        let options = &self.options;
        for (name, on) in [
            ("dml", self.dml),
            ("functions", self.functions),
            ("verbose", options.verbose),
            ("buffers", options.buffers),
            ("wal", options.wal),
            ("settings", options.settings),
            ("serialize", options.serialize),
            ("memory", options.memory),
            ("generic", options.generic),
        ] {
            if on {
                add(name, "on");
            }
        }
        if let Some(ms) = options.timeout_ms {
            add("timeout_ms", &ms.to_string());
        }
        pairs
    }

    /// The server's id.
    pub fn server_id(&self) -> ServerId {
        ServerId::new(self.server.clone())
    }

    /// The mode, with the consents of an execution.
    #[cfg(any(feature = "ssr", test))]
    pub fn mode(&self) -> Mode {
        match self.analyze {
            true => Mode::Analyze { dml: self.dml, functions: self.functions },
            false => Mode::Plan,
        }
    }

    /// The engine's request. The generic plan needs no values: empty fields are left out.
    #[cfg(any(feature = "ssr", test))]
    pub fn engine_request(&self, run: RunId) -> Request {
        let nameless = self.options.generic && !self.analyze;
        Request {
            run,
            statement: self.statement.clone(),
            database: (!self.database.is_empty()).then(|| self.database.clone()),
            parameters: if nameless { vec![] } else { self.values.clone() },
            mode: self.mode(),
            options: self.options,
        }
    }

    /// The number of value fields: as many as the statement seems to have, or as the server said.
    pub fn fields(&self, refused: Option<&NotExplained>) -> usize {
        let needed = match refused {
            Some(NotExplained::Refused(Refusal::Parameters { needs, .. })) => *needs,
            _ => 0,
        };
        parameters(&self.statement).max(needed).min(MOST_VALUES)
    }
}

/// The highest parameter of a statement: `$3` is 3. Used for the form only; PostgreSQL's parser
/// decides.
pub fn parameters(statement: &str) -> usize {
    let named = tokens(statement).filter(|token| token.kind == TokenKind::Parameter);
    let numbers = named.filter_map(|token| token.text.strip_prefix('$')?.parse::<usize>().ok());
    numbers.max().unwrap_or(0)
}

/// Inserts the statement into EXPLAIN's JSON as `Query Text`, like auto_explain.
#[cfg(any(feature = "ssr", test))]
pub fn with_statement(plan: &str, statement: &str) -> String {
    let quoted = serde_json::Value::from(statement).to_string();
    match plan.split_once('{') {
        Some((before, rest)) => format!("{before}{{\n    \"Query Text\": {quoted},{rest}"),
        None => plan.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> ExplainRequest {
        ExplainRequest {
            server: "shop".into(),
            database: "web".into(),
            statement: "select *\nfrom t where a = $1 and b = $2".into(),
            values: vec![Some("1".into()), None],
            analyze: true,
            dml: true,
            functions: true,
            options: Options {
                wal: true,
                generic: true,
                timeout_ms: Some(1_000),
                ..Options::default()
            },
        }
    }

    #[test]
    fn a_sheet_survives_its_own_form() {
        for request in [full(), ExplainRequest::default()] {
            assert_eq!(ExplainRequest::from_pairs(&request.pairs()), request);
        }
    }

    #[test]
    fn fields_come_as_browsers_send_them() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = ExplainRequest::from_pairs(&[
            pair("statement", "select\r\n1"),
            pair("p2", "x"),
            pair("p99999999999999999999", "x"),
            pair("p5000", "x"),
            pair("timeout_ms", "soon"),
        ]);
        assert_eq!(request.statement, "select\n1");
        assert_eq!(request.values.len(), MOST_VALUES, "however many are sent");
        assert_eq!(request.values.get(1), Some(&Some("x".into())));
        assert_eq!(request.mode(), Mode::Plan);
        assert_eq!(request.options, Options::default(), "an unchecked box is not sent");
    }

    #[test]
    fn ends_of_lines_are_the_same_however_often_a_form_is_sent() {
        let sent = [("statement".to_owned(), "select\r\r\n1\r,\r\n2".to_owned())];
        let request = ExplainRequest::from_pairs(&sent);
        assert_eq!(request.statement, "select\n\n1\n,\n2");
        assert_eq!(ExplainRequest::from_pairs(&request.pairs()).statement, request.statement);
    }

    #[test]
    fn the_generic_plan_needs_no_values() {
        let run = || RunId::new([7; 16]);
        assert_eq!(full().engine_request(run()).parameters.len(), 2);
        let planned = ExplainRequest { analyze: false, ..full() };
        assert!(planned.engine_request(run()).parameters.is_empty());
    }

    #[test]
    fn parameters_are_those_outside_of_texts() {
        assert_eq!(parameters("select $1, '$7', $tag$ $9 $tag$, $3 -- $8\n"), 3);
        assert_eq!(parameters("select 1"), 0);
        let request =
            ExplainRequest { statement: "select $100000".into(), ..ExplainRequest::default() };
        assert_eq!(request.fields(None), MOST_VALUES);
        let needs = NotExplained::Refused(Refusal::Parameters { needs: 2, given: 0 });
        assert_eq!(ExplainRequest::default().fields(Some(&needs)), 2);
    }

    #[test]
    fn a_plan_carries_its_statement() {
        let plan = "[\n  {\n    \"Plan\": {\n      \"Node Type\": \"Result\",\n \"Startup Cost\": 0.00, \"Total Cost\": 0.01, \"Plan Rows\": 1, \"Plan Width\": 4\n    }\n  }\n]";
        let statement = "select '\"}', 1\n-- ä";
        let parsed = plan::parse(&with_statement(plan, statement)).expect("a plan");
        assert_eq!(parsed.plans[0].query.as_deref(), Some(statement));
        assert!(parsed.not_understood.is_empty(), "{:?}", parsed.not_understood);
        assert_eq!(with_statement("none", "x"), "none");
    }
}
