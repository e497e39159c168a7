//! Tests of the listing.

use model::Reason;
use model::indexes::listing::LastScan;
use model::indexes::{DatabaseIndexes, Duty, Index, Key, Owner, ProblemKind, Texts, problems};
use model::{Harm, Reading, Remedy, Severity};

use super::*;

fn index(oid: u32, indrelid: u32, relname: &str, relpages: u32) -> Index {
    let key = Key { attnum: i16::try_from(oid).unwrap_or(1), ..Key::default() };
    Index {
        oid,
        indrelid,
        relname: relname.into(),
        amname: "btree".into(),
        keys: vec![key],
        relpages,
        ..Index::default()
    }
}

fn owner(oid: u32, nspname: &str, relname: &str) -> Owner {
    Owner {
        oid,
        nspname: nspname.into(),
        relname: relname.into(),
        relpages: 100,
        ..Owner::default()
    }
}

fn definition(text: &str) -> model::rare::Rare<Texts> {
    Texts { indexdef: Some(text.into()), ..Texts::default() }.into()
}

fn read() -> DatabaseIndexes {
    let unused = Index {
        texts: definition("CREATE INDEX \"<b>\" ON public.orders USING btree (note)"),
        ..index(7, 1, "<b>", 50)
    };
    let scanned =
        Index { idx_scan: 9, last_idx_scan_ms: Some(4), ..index(6, 1, "orders_at_idx", 20) };
    let primary = Index {
        indisprimary: true,
        indisunique: true,
        idx_scan: 40,
        conname: Some("orders_pkey".into()),
        ..index(5, 1, "orders_pkey", 30)
    };
    let orders = Owner { entries_per_s: Some(2.5), ..owner(1, "public", "orders") };
    let mut read = DatabaseIndexes {
        major: 17,
        compared: true,
        block_bytes: 8_192,
        track_counts: true,
        counted_since_ms: Some(1),
        standbys: Some(1),
        idle_slots: Some(0),
        owners: [orders, owner(2, "information_schema", "of_system")].map(Arc::new).into(),
        indexes: [primary, scanned, unused, index(8, 2, "system_idx", 900)].map(Arc::new).into(),
        ..DatabaseIndexes::default()
    };
    read.problems = problems(&read);
    read
}

fn of(datname: &str, value: model::Known<Arc<DatabaseIndexes>>) -> OfDatabase<DatabaseIndexes> {
    OfDatabase { datname: datname.into(), at_ms: 1, took_ms: 1.0, value }
}

fn shop(read: DatabaseIndexes) -> Indexes {
    let hidden = Reason::MissingGrant {
        what: "the database".into(),
        is_message: false,
        sql: "grant connect".into(),
    };
    let databases = vec![
        of("shop", Ok(Arc::new(read))),
        of("closed", Err(hidden)),
        of("waiting", Err(Reason::NotYet)),
    ];
    Indexes { databases, count: None }
}

/// A standby that scans the index without scans on the primary.
fn standby() -> (String, Arc<Latest<Indexes>>) {
    let mut there = read();
    Arc::make_mut(&mut there.indexes[2]).idx_scan = 3;
    let value = shop(there);
    let reading =
        Reading { at_ms: 1, took_ms: 1.0, value, findings: Vec::new(), not_checked: Vec::new() };
    let latest = Latest { now_ms: 1, every_ms: 1, reading: Some(reading), failure: None };
    ("replica".into(), Arc::new(latest))
}

fn finding(rule: &str, object: Object) -> Finding {
    Finding {
        rule: rule.into(),
        severity: Severity::Info,
        object,
        message: String::new(),
        evidence: Vec::new(),
        remedy: Remedy::default(),
        harm: Harm::Hygiene,
        root: None,
        same_root: Vec::new(),
    }
}

fn answered(indexes: &Indexes, question: &Question, beside: &Beside) -> Listing {
    list(indexes, &Prepared::new(indexes), question, beside)
}

fn listed(question: Question) -> Listing {
    answered(&shop(read()), &question, &Beside::default())
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.rows.iter().map(|row| row.relname.as_str()).collect()
}

#[test]
fn the_largest_come_first_and_those_of_the_system_stay_away() {
    let all = listed(Question::default());
    assert_eq!(names(&all), ["<b>", "orders_pkey", "orders_at_idx"]);
    assert_eq!((all.matching, all.matching_bytes), (3, 100.0 * 8_192.0));
    let states: Vec<bool> = all.databases.iter().map(|one| one.indexes.is_ok()).collect();
    assert_eq!(states, [true, false, false]);
    let first = &all.rows[0];
    assert_eq!(first.spelled.as_deref(), Some("(note)"));
    assert_eq!((first.table_percent, first.entries_per_s), (Some(50.0), Some(2.5)));
    assert_eq!((first.scans, first.last_scan), (Some(0), LastScan::Never));
    assert_eq!(first.problems, [ProblemKind::Unused]);
    assert_eq!(
        (all.rows[1].duties.as_slice(), all.rows[1].last_scan),
        ([Duty::Primary].as_slice(), LastScan::NotTold)
    );
    assert_eq!(all.rows[2].last_scan, LastScan::At(4));
}

#[test]
fn an_address_narrows_and_orders() {
    let of = |q: &str, sort: &str, database: &str| {
        let question = Question {
            q: q.into(),
            sort: sort.into(),
            database: database.into(),
            ..Question::default()
        };
        let listing = listed(question);
        let names: Vec<String> = names(&listing).into_iter().map(str::to_owned).collect();
        (names, listing.notes.len())
    };
    let some = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(of("ORDERS.orders_AT", "", "").0, some(&["orders_at_idx"]));
    assert_eq!(of("public.orders_AT", "", "").0, some(&["orders_at_idx"]), "without the table");
    assert_eq!(of("public.\"<B>\"", "", "").0, some(&["<b>"]), "as a statement writes it");
    assert_eq!(of("", "scans", "").0, some(&["<b>", "orders_at_idx", "orders_pkey"]));
    assert_eq!(of("", "-table", "").0, some(&["orders_pkey", "orders_at_idx", "<b>"]));
    assert_eq!(of("", "last", "").0[0], "orders_at_idx", "what is not known comes last");
    assert_eq!(of("", "-cost", "shop").0.len(), 3);
    assert_eq!(of("", "", "closed"), (Vec::new(), 0));
    assert_eq!(of("", "<i>", "").1, 1);
}

#[test]
fn what_would_come_back_orders_and_is_unknown_where_it_was_not_estimated() {
    let sum = |low| Ok(Reclaimable { low, likely: Some(low), high: 2 * low, unknown: 0 });
    let indexes = shop(read());
    let oid = |name: &str| {
        let read = indexes.databases.first().and_then(OfDatabase::known);
        let found = read.and_then(|read| read.indexes.iter().find(|one| one.relname == name));
        found.map_or(0, |index| index.oid)
    };
    let not_a_tree = Reason::Nothing { message: "no tree".into() };
    let known = HashMap::from([
        (oid("orders_at_idx"), sum(10)),
        (oid("orders_pkey"), sum(5)),
        (oid("<b>"), Err(not_a_tree.clone())),
    ]);
    let of: ReclaimableOf =
        Box::new(move |datname, _, oid| known.get(&oid).filter(|_| datname == "shop").cloned());
    let beside = Beside { reclaimable: Some(of), ..Beside::default() };
    let question = Question { sort: "-reclaimable".into(), ..Question::default() };
    let listing = answered(&indexes, &question, &beside);
    assert_eq!(names(&listing), ["orders_at_idx", "orders_pkey", "<b>"]);
    let cells: Vec<_> = listing.rows.iter().map(|row| row.reclaimable.clone()).collect();
    assert_eq!(cells, [Some(sum(10)), Some(sum(5)), Some(Err(not_a_tree))]);
    let none = answered(&indexes, &question, &Beside::default());
    assert!(none.rows.iter().all(|row| row.reclaimable.is_none()), "not estimated yet");
}

#[test]
fn a_problem_is_asked_for_by_its_rule_and_a_standby_that_scans_an_index_uses_it() {
    let question = |rule: &str| Question { problem: rule.into(), ..Question::default() };
    let unused = question("indexes/unused_index");
    let (indexes, alone) = (shop(read()), Beside::default());
    assert_eq!(names(&answered(&indexes, &unused, &alone)), ["<b>"]);
    let watched = Beside::new(Vec::new(), vec![standby()]);
    assert!(answered(&indexes, &unused, &watched).rows.is_empty());
    let all = answered(&indexes, &Question::default(), &watched);
    assert_eq!(all.rows[0].scanned_on, ["replica"]);
    assert_eq!(all.considered.standbys, ["replica"]);
    let folded = finding("indexes/rarely_used_index", Object::index("shop", "public", "<b>"));
    let mut of_table =
        finding("indexes/wide_write_cost", Object::table("shop", "public", "orders"));
    of_table.same_root.push(folded);
    let beside = Beside::new(vec![of_table], Vec::new());
    let rare = answered(&indexes, &question("indexes/rarely_used_index"), &beside);
    assert_eq!(names(&rare), ["<b>"]);
    assert_eq!(rare.rows[0].findings.len(), 2, "its own, and that of its table");
    let wide = answered(&indexes, &question("indexes/wide_write_cost"), &beside);
    assert_eq!(wide.matching, 3);
}

#[test]
fn uncounted_scans_are_unknown() {
    let read = DatabaseIndexes { track_counts: false, ..read() };
    let listing = answered(&shop(read), &Question::default(), &Beside::default());
    assert!(listing.rows.iter().all(|row| row.scans.is_none()));
    assert!(listing.rows.iter().all(|row| row.last_scan != LastScan::Never));
}

#[test]
fn of_very_many_a_page_is_given() {
    let mut read = read();
    let many = (0..100_000).map(|n| index(10 + n, 1, &format!("i_{n}"), n));
    read.indexes = many.map(Arc::new).collect();
    let listing =
        answered(&shop(read), &Question { page: 1, ..Question::default() }, &Beside::default());
    assert_eq!((listing.rows.len(), listing.page, listing.matching), (50, 1, 100_000));
    assert_eq!(listing.rows[0].relname, "i_99949");
    let beyond = Question { page: 9_999_999, ..Question::default() };
    assert_eq!(listed(beyond).page, 0);
}
