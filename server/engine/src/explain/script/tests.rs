//! Tests of the SQL sent for each kind of request.

use model::explain::Mode;

use super::*;

const ANALYZE: Mode = Mode::Analyze { dml: false, functions: false };

fn request(statement: &str, mode: Mode, options: Options, parameters: &[Option<&str>]) -> Request {
    Request {
        run: RunId::new([0xab; 16]),
        statement: statement.into(),
        database: None,
        parameters: parameters.iter().map(|value| value.map(str::to_owned)).collect(),
        mode,
        options,
    }
}

#[track_caller]
fn built(request: &Request, major: u16) -> Script {
    let guarded = guard::guard(&request.statement, request.mode).expect("passes");
    script(&guarded, request, major, 10_000).expect("builds")
}

const ALL: Options = Options {
    verbose: true,
    buffers: true,
    wal: true,
    settings: true,
    serialize: true,
    memory: true,
    generic: false,
    timeout_ms: None,
};

#[test]
fn a_plain_plan_is_one_statement_behind_our_prefix() {
    let script = built(&request("select 1;", Mode::Plan, Options::default(), &[]), 14);
    assert_eq!(
        script.explain.sql(),
        "/* pgdeck abababababababababababababababab */ explain (format json, buffers off) select 1;"
    );
    assert_eq!(script.prepare, None);
    assert!(
        script
            .begin
            .starts_with("begin isolation level read committed read only not deferrable;set local statement_timeout = 10000;")
    );
    assert_eq!(script.sql().last().map(String::as_str), Some("rollback"));
}

#[test]
fn options_follow_the_major_and_what_is_missing_is_said() {
    let sixteen = built(&request("select 1", ANALYZE, ALL, &[]), 16);
    assert!(
        sixteen
            .explain
            .sql()
            .contains("(format json, analyze, verbose, settings, wal, buffers on)")
    );
    assert_eq!(sixteen.left_out.len(), 2);
    let seventeen = built(&request("select 1", ANALYZE, ALL, &[]), 17);
    assert!(seventeen.explain.sql().contains("wal, serialize, memory, buffers on)"));
    assert_eq!(seventeen.left_out, Vec::<String>::new());
    let planned = built(&request("select 1", Mode::Plan, ALL, &[]), 18);
    assert_eq!(planned.left_out.len(), 2, "{:?}", planned.left_out);
}

#[test]
fn values_are_literals_of_the_servers_own_types() {
    let hostile = r"x'); drop table t; --\";
    let asked = request("select $1::int, $2", ANALYZE, Options::default(), &[Some(hostile), None]);
    let script = built(&asked, 18);
    assert!(
        script
            .prepare
            .as_ref()
            .is_some_and(|prepare| prepare.sql().ends_with("as select $1::int, $2"))
    );
    assert!(
        script
            .explain
            .sql()
            .ends_with(r"execute pgdeck_abababababababab(E'x''); drop table t; --\\', null)")
    );
    assert!(script.begin.ends_with("plan_cache_mode = force_custom_plan"));
    assert_eq!(
        script.end,
        "rollback to savepoint pgdeck;deallocate pgdeck_abababababababab;rollback"
    );
    let nul = request("select $1", ANALYZE, Options::default(), &[Some("a\0b")]);
    let guarded = guard::guard(&nul.statement, nul.mode).expect("passes");
    assert!(matches!(check_values(&guarded, &nul), Err(Refusal::Nul { .. })));
}

#[test]
fn a_generic_plan_is_an_option_since_16_and_a_prepared_statement_before() {
    let options = Options { generic: true, ..Options::default() };
    let asked = request("select $1", Mode::Plan, options, &[]);
    assert!(built(&asked, 16).explain.sql().contains("generic_plan, buffers off) select $1"));
    let fifteen = built(&asked, 15);
    assert!(fifteen.explain.sql().ends_with("execute pgdeck_abababababababab(null)"));
    assert!(fifteen.begin.ends_with("force_generic_plan"));
    let run = request("select $1", ANALYZE, options, &[Some("1")]);
    assert!(built(&run, 18).explain.sql().ends_with("('1')"), "GENERIC_PLAN cannot be executed");
}

#[test]
fn values_and_parameters_must_match() {
    let asked = request("select $1, $2", Mode::Plan, Options::default(), &[Some("1")]);
    let guarded = guard::guard(&asked.statement, asked.mode).expect("passes");
    let refused = script(&guarded, &asked, 17, 1_000);
    assert_eq!(refused, Err(Refusal::Parameters { needs: 2, given: 1 }));
}

#[test]
fn only_a_yes_to_dml_opens_a_transaction_that_may_write() {
    let yes = Mode::Analyze { dml: true, functions: false };
    let begin = |text: &str, mode| built(&request(text, mode, Options::default(), &[]), 17).begin;
    assert!(
        begin("delete from t", yes).starts_with("begin isolation level read committed read write")
    );
    assert!(begin("select 1", yes).starts_with("begin isolation level read committed read only"));
    assert!(
        begin("delete from t", Mode::Plan)
            .starts_with("begin isolation level read committed read only")
    );
}

#[test]
fn an_error_is_shown_where_it_is_in_the_persons_text() {
    let script = built(&request("select é, x", Mode::Plan, Options::default(), &[]), 17);
    let sent = script.explain.sql().chars().position(|c| c == 'x').map(|at| at + 1);
    let at = script.explain.sql().chars().count();
    assert_eq!(script.explain.position(at), Some(11), "{sent:?}");
    assert_eq!(script.explain.position(3), None);
}
