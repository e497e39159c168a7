//! Outline of a statement: the items of its FROM lists, its CTEs, and the spans of its clauses.

use std::ops::Range;

use super::lexer::{Token, TokenKind, tokens};

/// Words that end an item of a FROM list and so are no alias, unless quoted.
const NO_ALIAS: &[&str] = &[
    "as",
    "cross",
    "except",
    "fetch",
    "for",
    "from",
    "full",
    "group",
    "having",
    "inner",
    "intersect",
    "into",
    "join",
    "left",
    "limit",
    "natural",
    "offset",
    "on",
    "order",
    "outer",
    "returning",
    "right",
    "select",
    "set",
    "tablesample",
    "union",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
];

/// Words that start a clause.
const CLAUSES: &[&str] = &[
    "delete",
    "except",
    "fetch",
    "for",
    "from",
    "group",
    "having",
    "insert",
    "intersect",
    "into",
    "limit",
    "merge",
    "offset",
    "order",
    "returning",
    "select",
    "set",
    "union",
    "update",
    "values",
    "where",
    "window",
    "with",
];

/// An item of a FROM list, or the target of a statement that changes data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// The relation, CTE or function; `None` for a subquery or VALUES.
    pub name: Option<String>,
    /// Its alias, or its name where it has none.
    pub alias: Option<String>,
    /// Its bytes, alias included.
    pub range: Range<usize>,
}

/// A clause: its first word and its tokens.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    /// `order`, `group`, `limit` ….
    pub word: &'static str,
    /// Its tokens, the first word included.
    pub tokens: Range<usize>,
    /// Brackets around it.
    pub depth: usize,
    /// Whether it stands in brackets of a function call or of OVER.
    pub in_call: bool,
}

/// A statement taken apart.
#[derive(Default)]
pub(super) struct Outline<'a> {
    /// Its tokens without blanks and comments.
    pub tokens: Vec<Token<'a>>,
    /// For an opening bracket: its closing one.
    pub closing: Vec<Option<usize>>,
    pub items: Vec<Item>,
    /// CTEs: their names and the bytes of their definitions.
    pub ctes: Vec<Item>,
    pub clauses: Vec<Clause>,
}

/// A pair of brackets that is open, or the whole.
#[derive(Default)]
struct Scope {
    /// The clause that is open: its place in the list.
    clause: Option<usize>,
    /// Whether an item of a FROM list comes next.
    item: bool,
    /// Whether a FROM of its own may come.
    statement: bool,
    call: bool,
}

impl<'a> Outline<'a> {
    /// Takes a statement apart, token by token.
    pub(super) fn of(query: &'a str) -> Self {
        let mut outline = Self {
            tokens: tokens(query)
                .filter(|token| !matches!(token.kind, TokenKind::Whitespace | TokenKind::Comment))
                .collect(),
            ..Self::default()
        };
        outline.match_brackets();
        let mut scopes = vec![Scope::default()];
        for at in 0..outline.tokens.len() {
            outline.step(at, &mut scopes);
        }
        let end = outline.tokens.len();
        for scope in &scopes {
            outline.end_clause(scope, end);
        }
        outline
    }

    /// The bytes from one token to the one before another.
    pub(super) fn bytes(&self, tokens: &Range<usize>) -> Range<usize> {
        let start = self.tokens.get(tokens.start).map_or(0, |token| token.start);
        let last = self.tokens.get(tokens.end.saturating_sub(1).max(tokens.start));
        start..last.map_or(start, Token::end)
    }

    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(word))
    }

    fn match_brackets(&mut self) {
        self.closing = vec![None; self.tokens.len()];
        let mut open = vec![];
        for (at, token) in self.tokens.iter().enumerate() {
            if token.is("(") {
                open.push(at);
            } else if token.is(")")
                && let Some(closing) = open.pop().and_then(|open| self.closing.get_mut(open))
            {
                *closing = Some(at);
            }
        }
    }

    fn step(&mut self, at: usize, scopes: &mut Vec<Scope>) {
        let Some(token) = self.tokens.get(at).copied() else { return };
        if token.is("(") {
            return self.open(at, scopes);
        }
        let depth = scopes.len().saturating_sub(1);
        if token.is(")") || token.is(";") {
            if let Some(scope) = scopes.last() {
                self.end_clause(scope, at);
            }
            if token.is(")") && depth > 0 {
                scopes.pop();
            } else if let Some(scope) = scopes.last_mut() {
                *scope = Scope::default();
            }
            return;
        }
        let Some(scope) = scopes.last_mut() else { return };
        let clause = CLAUSES.iter().find(|word| token.is(word));
        if let Some(word) = clause.filter(|word| self.starts_clause(at, word, scope)) {
            let open = Scope { clause: scope.clause, ..Scope::default() };
            self.end_clause(&open, at);
            scope.clause = Some(self.clauses.len());
            scope.statement |= matches!(*word, "select" | "delete" | "update" | "merge" | "insert");
            scope.item = matches!(*word, "from" | "into")
                || (*word == "update" && !self.is(at.wrapping_sub(1), "for"));
            let in_call = scope.call && !scope.statement;
            self.clauses.push(Clause { word, tokens: at..at, depth, in_call });
        } else if token.is("join") || self.is_comma_of_from(at, scope) || self.is_using(at, scope) {
            scope.item = true;
        } else if scope.item && matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
        {
            if !["only", "lateral", "rows"].iter().any(|word| token.is(word)) {
                scope.item = false;
                self.relation(at);
            }
        } else if self.clause_word(scope) == Some("with") {
            self.cte(at);
        }
    }

    fn starts_clause(&self, at: usize, word: &str, scope: &Scope) -> bool {
        let before = |word| self.is(at.wrapping_sub(1), word);
        if before(".") || self.is(at.saturating_add(1), ".") {
            return false;
        }
        match word {
            // `extract(year from x)`, `is distinct from y`.
            "from" => scope.statement && !before("distinct"),
            "into" => before("insert") || before("merge"),
            "update" => !before("for") && !before("key") && !before("do") && !before("then"),
            "for" => ["update", "share", "no", "key"].iter().any(|word| self.is(at + 1, word)),
            "order" | "group" => self.is(at.saturating_add(1), "by"),
            "with" => scope.clause.is_none(),
            "offset" => !before("fetch"),
            "values" => !before("default"),
            "delete" => !before("then") && !before("on"),
            "set" => scope.statement && !before("do"),
            _ => true,
        }
    }

    fn clause_word(&self, scope: &Scope) -> Option<&'static str> {
        self.clauses.get(scope.clause?).map(|clause| clause.word)
    }

    fn is_comma_of_from(&self, at: usize, scope: &Scope) -> bool {
        self.is(at, ",") && self.clause_word(scope) == Some("from")
    }

    /// USING of DELETE and MERGE; that of a join is followed by columns in brackets.
    fn is_using(&self, at: usize, scope: &Scope) -> bool {
        let columns =
            self.is(at.saturating_add(1), "(") && !self.is(at.saturating_add(2), "select");
        self.is(at, "using") && matches!(self.clause_word(scope), Some("from" | "into")) && !columns
    }

    fn open(&mut self, at: usize, scopes: &mut Vec<Scope>) {
        let item = scopes.last_mut().is_some_and(|scope| std::mem::take(&mut scope.item));
        let inner = |word| self.is(at.saturating_add(1), word);
        let subquery = inner("select") || inner("values") || inner("with") || inner("table");
        let before = self.tokens.get(at.wrapping_sub(1));
        let call = before.is_some_and(|token| match token.kind {
            TokenKind::Word => {
                !CLAUSES.iter().chain(NO_ALIAS).any(|word| token.is(word))
                    && !["in", "any", "all", "some", "exists", "not", "materialized", "and", "or"]
                        .iter()
                        .any(|word| token.is(word))
            }
            kind => kind == TokenKind::QuotedIdentifier,
        });
        let mut scope = Scope { call, ..Scope::default() };
        if item && subquery {
            self.item(at, None, self.closing.get(at).copied().flatten());
        } else if item {
            // A join in brackets.
            (scope.item, scope.statement) = (true, true);
            scope.clause = scopes.last().and_then(|scope| scope.clause);
        }
        scopes.push(scope);
    }

    fn end_clause(&mut self, scope: &Scope, end: usize) {
        if let Some(clause) = scope.clause.and_then(|clause| self.clauses.get_mut(clause)) {
            clause.tokens.end = end.max(clause.tokens.end);
        }
    }

    /// `schema.name`, perhaps `(arguments)`, perhaps an alias.
    fn relation(&mut self, from: usize) {
        let (mut last, mut at) = (from, from.saturating_add(1));
        while self.is(at, ".") {
            (last, at) = (at.saturating_add(1), at.saturating_add(2));
        }
        let Some(name) = self.tokens.get(last).and_then(Token::name) else { return };
        if self.is(at, "*") {
            at = at.saturating_add(1);
        }
        let arguments = self.closing.get(at).copied().flatten();
        let insert = self.is(from.wrapping_sub(1), "into");
        let end = arguments.filter(|_| !insert).unwrap_or(at.saturating_sub(1));
        self.item(from, Some(name), Some(end));
    }

    /// Takes an item in whose name or brackets end at a token.
    fn item(&mut self, from: usize, name: Option<String>, end: Option<usize>) {
        let Some(mut end) = end else { return };
        let mut next = end.saturating_add(1);
        if self.is(next, "as") {
            next = next.saturating_add(1);
        }
        let token =
            self.tokens.get(next).filter(|token| !NO_ALIAS.iter().any(|word| token.is(word)));
        let alias = token.and_then(Token::name);
        if alias.is_some() {
            end = self.closing.get(next.saturating_add(1)).copied().flatten().unwrap_or(next);
        }
        let range = self.bytes(&(from..end.saturating_add(1)));
        self.items.push(Item { alias: alias.or_else(|| name.clone()), name, range });
    }

    /// `name (columns) as materialized (…)` in a WITH clause.
    fn cte(&mut self, from: usize) {
        let Some(name) = self.tokens.get(from).and_then(Token::name) else { return };
        let mut at = from.saturating_add(1);
        if let Some(columns) = self.closing.get(at).copied().flatten() {
            at = columns.saturating_add(1);
        }
        if !self.is(at, "as") {
            return;
        }
        at = at.saturating_add(1);
        while self.is(at, "not") || self.is(at, "materialized") {
            at = at.saturating_add(1);
        }
        let Some(end) = self.closing.get(at).copied().flatten() else { return };
        let range = self.bytes(&(from..end.saturating_add(1)));
        self.ctes.push(Item { name: Some(name.clone()), alias: Some(name), range });
    }
}
