//! Syntax tree of a statement from PostgreSQL's own parser (`pg_query`, the grammar of 18).
//!
//! The tree is walked whole and without recursion, by an allow-list of node kinds: a kind that is not
//! listed is refused, so that an unforeseen one is refused too. Knows no policy.

use std::thread;

use model::explain::{Position, Refusal};
use pg_query::NodeEnum;
use pg_query::protobuf::Token;
use serde_json::Value;

/// Stack of the thread that parses, bytes: the parser's C side measures the stack it has and refuses
/// what goes deeper; decoding and dropping its tree needs a few times as much.
const STACK_BYTES: usize = 256 << 20;

/// Kinds of nodes an explainable statement is made of: statements that read or change rows, clauses,
/// expressions, names and constants. Anything else is refused.
const PARTS: &str = "
    SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt
    Alias CommonTableExpr GroupingSet IndexElem JoinExpr LockingClause MergeWhenClause RangeFunction
    RangeSubselect RangeTableFunc RangeTableFuncCol RangeTableSample RangeVar ResTarget
    ReturningOption SortBy WindowDef
    AArrayExpr AConst AExpr AIndices AIndirection AStar BoolExpr BooleanTest CaseExpr CaseWhen
    CoalesceExpr CollateClause ColumnDef ColumnRef FuncCall GroupingFunc MergeSupportFunc MinMaxExpr
    MultiAssignRef NamedArgExpr NullTest ParamRef RowExpr SetToDefault SqlvalueFunction SubLink
    TypeCast TypeName XmlExpr XmlSerialize
    JsonAggConstructor JsonArgument JsonArrayAgg JsonArrayConstructor JsonArrayQueryConstructor
    JsonBehavior JsonFormat JsonFuncExpr JsonIsPredicate JsonKeyValue JsonObjectAgg
    JsonObjectConstructor JsonOutput JsonParseExpr JsonReturning JsonScalarExpr JsonSerializeExpr
    JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr
    BitString Boolean Float Integer List String";

/// A name in the statement that may stand for a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The schema, where one is written.
    pub schema: Option<String>,
    /// The name, as PostgreSQL reads it.
    pub name: String,
    /// Its byte in the text.
    pub offset: Option<usize>,
}

/// What the guard must know of one statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The statement's node kind, for example `SelectStmt`.
    pub kind: String,
    /// Node kinds that change rows, with their place where known.
    pub writes: Vec<(String, Option<usize>)>,
    /// A node kind that is not on the list.
    pub unknown: Option<(String, Option<usize>)>,
    /// Where SELECT INTO names its table.
    pub into: Option<usize>,
    /// Whether rows are locked (`FOR UPDATE` and its kin).
    pub locks: bool,
    /// Functions called by name.
    pub functions: Vec<Called>,
    /// Operators.
    pub operators: Vec<Called>,
    /// Names after a dot or alone: `row.f` calls `f(row)` when there is no such column.
    pub columns: Vec<Called>,
    /// Tables and views, also names of CTEs.
    pub relations: Vec<Called>,
    /// Types of casts and column definitions.
    pub types: Vec<Called>,
    /// The highest `$n`.
    pub parameters: usize,
}

/// Parses a text into its only statement.
pub fn parse(text: &str) -> Result<Tree, Refusal> {
    on_large_stack(text, || read(text).map(|tree| walk(&tree)))
}

/// The same as it is, for questions that the guard does not have.
pub fn json(text: &str) -> Result<Value, Refusal> {
    on_large_stack(text, || read(text))
}

/// All statements of a text, each with what the guard must know of its parts. Its own kind is the caller's to
/// judge.
pub fn each(text: &str) -> Result<Vec<(NodeEnum, Tree)>, Refusal> {
    on_large_stack(text, || {
        let parsed = pg_query::parse(text, 0).map_err(|error| not_parsed(text, &error))?;
        let nodes = parsed.protobuf.stmts.into_iter();
        let nodes = nodes.filter_map(|statement| statement.stmt?.node);
        let with_tree = |node: NodeEnum| {
            let gave_up =
                |_| Refusal::NotParsed { message: "its tree cannot be read".into(), at: None };
            let value = serde_json::to_value(&node).map_err(gave_up)?;
            let body = value.as_object().and_then(|fields| fields.values().next());
            let tree = body.map(walk).unwrap_or_default();
            Ok((node, tree))
        };
        nodes.map(with_tree).collect()
    })
}

fn on_large_stack<T: Send>(
    text: &str,
    read: impl FnOnce() -> Result<T, Refusal> + Send,
) -> Result<T, Refusal> {
    if let Some(nul) = text.find('\0') {
        return Err(Refusal::Nul { at: Position::of(text, nul) });
    }
    let parsing = thread::scope(|scope| {
        let thread = thread::Builder::new().name("parse".into()).stack_size(STACK_BYTES);
        thread.spawn_scoped(scope, read).map(|running| running.join())
    });
    match parsing {
        Ok(Ok(tree)) => tree,
        // A panic of the parser, or no thread to be had: either way nothing was understood.
        _ => Err(Refusal::NotParsed { message: "it could not process this text".into(), at: None }),
    }
}

fn read(text: &str) -> Result<Value, Refusal> {
    let parsed = pg_query::parse(text, 0).map_err(|error| not_parsed(text, &error))?;
    let statements = &parsed.protobuf.stmts;
    let Some(statement) = statements.first() else { return Err(Refusal::Empty) };
    if let Some(second) = statements.get(1) {
        let from = usize::try_from(second.stmt_location).unwrap_or(0);
        let rest = text.get(from..).unwrap_or_default();
        let spaces = rest.len() - rest.trim_start().len();
        return Err(Refusal::Several { at: Position::of(text, from + spaces) });
    }
    let gave_up = |_| Refusal::NotParsed { message: "its tree cannot be read".into(), at: None };
    serde_json::to_value(statement).map_err(gave_up)
}

fn walk(root: &Value) -> Tree {
    let top =
        root.pointer("/stmt/node").and_then(Value::as_object).and_then(|node| node.keys().next());
    let mut tree = Tree { kind: top.cloned().unwrap_or_default(), ..Tree::default() };
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                if let Some(Value::Object(node)) = fields.get("node") {
                    // Kinds begin with a capital; ORDER BY has a field that is called `node` too.
                    let kinds = node.iter().filter(|(kind, _)| kind.as_str() != "node");
                    kinds.for_each(|(kind, body)| tree.note(kind, body));
                }
                tree.note_clauses(value);
                open.extend(fields.values());
            }
            _ => {}
        }
    }
    tree
}

impl Tree {
    fn note(&mut self, kind: &str, body: &Value) {
        let offset = location(body).or_else(|| location(body.get("relation")?));
        match kind {
            "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" => {
                self.writes.push((kind.to_owned(), offset));
            }
            "FuncCall" => self.functions.extend(called(body.get("funcname"), offset)),
            "RangeTableSample" => self.functions.extend(called(body.get("method"), offset)),
            "AExpr" => self.operators.extend(called(body.get("name"), offset)),
            "SubLink" => self.operators.extend(called(body.get("oper_name"), offset)),
            "SortBy" => self.operators.extend(called(body.get("use_op"), offset)),
            "ColumnRef" => self.columns.extend(field(body.get("fields"), offset)),
            "AIndirection" => self.columns.extend(field(body.get("indirection"), offset)),
            "ParamRef" => {
                let number = body.get("number").and_then(Value::as_u64).unwrap_or(0);
                self.parameters =
                    self.parameters.max(usize::try_from(number).unwrap_or(usize::MAX));
            }
            _ if known(kind) => {}
            _ => {
                self.unknown.get_or_insert((kind.to_owned(), offset));
            }
        }
    }

    /// Clauses that are fields of a statement and not nodes of their own.
    fn note_clauses(&mut self, fields: &Value) {
        if let Some(into) = fields.get("into_clause").filter(|into| !into.is_null()) {
            let at = into.get("rel").and_then(location).unwrap_or(0);
            self.into.get_or_insert(at);
        }
        let locking = fields.get("locking_clause").and_then(Value::as_array);
        self.locks |= locking.is_some_and(|clauses| !clauses.is_empty());
        // Tables and types stand as nodes and as fields of others.
        let offset = fields.get("location").and_then(Value::as_i64);
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        let word = |key: &str| fields.get(key)?.as_str().filter(|word| !word.is_empty());
        if let Some(name) = word("relname") {
            let schema = word("schemaname").map(str::to_owned);
            self.relations.push(Called { schema, name: name.to_owned(), offset });
        }
        if fields.get("typemod").is_some() {
            self.types.extend(called(fields.get("names"), offset));
        }
    }
}

fn known(kind: &str) -> bool {
    PARTS.split_ascii_whitespace().any(|part| part == kind)
}

/// Its own place, or that of what it is applied to.
fn location(body: &Value) -> Option<usize> {
    let own = body.get("location").and_then(Value::as_i64);
    let inner = || {
        let node = body.pointer("/arg/node")?.as_object()?.values().next()?;
        node.get("location")?.as_i64()
    };
    usize::try_from(own.or_else(inner)?).ok()
}

/// The name that a list of strings spells: the last, with the one before it as its schema.
fn called(names: Option<&Value>, offset: Option<usize>) -> Option<Called> {
    let names: Vec<&str> = names?
        .as_array()?
        .iter()
        .filter_map(|name| name.pointer("/node/String/sval")?.as_str())
        .collect();
    let (name, before) = names.split_last()?;
    let schema = before.last().map(|schema| (*schema).to_owned());
    Some(Called { schema, name: (*name).to_owned(), offset })
}

/// The field that a list of strings ends in; what is before it is a table or a row, no schema.
fn field(names: Option<&Value>, offset: Option<usize>) -> Option<Called> {
    called(names, offset).map(|field| Called { schema: None, ..field })
}

/// The byte where the first row-locking clause stands.
pub fn locking_clause(text: &str) -> Option<usize> {
    let tokens = pg_query::scan_tokens(text).ok()?;
    let is = |token: i32, word: Token| token == word as i32;
    tokens.windows(2).find_map(|pair| {
        let [first, second] = pair else { return None };
        let locks = [Token::Update, Token::No, Token::Share, Token::Key];
        let found = is(first.token, Token::For) && locks.iter().any(|word| is(second.token, *word));
        found.then(|| usize::try_from(first.start).ok()).flatten()
    })
}

/// The parser names the token it stumbled over, not its place: that is known when the token occurs
/// once.
fn not_parsed(text: &str, error: &pg_query::Error) -> Refusal {
    let message = match error {
        pg_query::Error::Parse(message) => message.clone(),
        other => other.to_string(),
    };
    let near = message.split_once("at or near \"").and_then(|(_, rest)| rest.strip_suffix('"'));
    let offset = match near {
        _ if message.ends_with("at end of input") => Some(text.len()),
        Some(near) => {
            let mut places = text.match_indices(near).map(|(at, _)| at);
            places.next().filter(|_| places.next().is_none())
        }
        None => None,
    };
    Refusal::NotParsed { at: offset.map(|offset| Position::of(text, offset)), message }
}
