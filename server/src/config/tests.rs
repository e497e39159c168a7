//! Configuration tests: precedence of the sources, error messages, the example file.

use std::path::PathBuf;

use engine::dsn::Environment;

use super::{Config, ExplainAnalyze, HistoryPlace, file, load};
use crate::cli::{Place, Serve};

fn env(vars: &[(&str, &str)]) -> Environment {
    let vars = vars.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    Environment {
        vars,
        user: Some("me".into()),
        home: Some("/home/me".into()),
        ..Environment::empty()
    }
}

fn wrong(text: &str) -> String {
    match file::parse("pgdeck.toml", text.into()) {
        Ok(_) => panic!("accepted: {text}"),
        Err(failure) => failure.to_string(),
    }
}

fn with_file(text: &str, serve: Serve, vars: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pgdeck.toml");
    std::fs::write(&path, text).unwrap();
    let serve = Serve { place: Place { config: Some(path), ..serve.place }, ..serve };
    load(&serve, &env(vars)).map_err(|failure| failure.to_string())
}

fn refused(text: &str) -> String {
    match with_file(text, Serve::default(), &[]) {
        Ok(_) => panic!("accepted: {text}"),
        Err(message) => message,
    }
}

#[test]
fn unknown_keys_and_wrong_types_are_named_with_their_line() {
    let message = wrong("data_dir = \"x\"\nlistn = \"127.0.0.1:1\"\n");
    assert!(message.contains("line 2") && message.contains("listn"), "{message}");
    let message = wrong("\n\nlisten = 8432\n");
    assert!(
        message.contains("line 3") && message.contains("key listen") && message.contains("string"),
        "{message}"
    );
    let message = wrong("[[servers]]\nname = \"a\"\ndns = \"x\"\n");
    assert!(message.contains("line 3") && message.contains("dns"), "{message}");
    let message = wrong("listen = \n");
    assert!(message.contains("line 1") && !message.contains('\n'), "{message}");
    let message = wrong("[rules.\"activity/long_transaction\"]\nlimit = \"x\"\n");
    assert!(message.contains("line 2"), "{message}");
}

#[test]
fn the_command_line_beats_the_environment_beats_the_file() {
    const FILE: &str =
        "listen = \"127.0.0.1:1\"\ndata_dir = \"/file\"\n[[servers]]\nname=\"a\"\ndsn=\"host=f\"\n";
    let read = with_file(FILE, Serve::default(), &[]).unwrap_or_else(|message| panic!("{message}"));
    assert_eq!((read.listen.port(), read.data_dir), (1, PathBuf::from("/file")));
    let vars = [
        ("PGDECK_LISTEN", "127.0.0.1:2"),
        ("PGDECK_DATA_DIR", "/env"),
        ("PGDECK_SERVERS_A_DSN", "host=e"),
    ];
    let read =
        with_file(FILE, Serve::default(), &vars).unwrap_or_else(|message| panic!("{message}"));
    assert_eq!((read.listen.port(), read.data_dir), (2, PathBuf::from("/env")));
    assert_eq!(read.servers[0].dsn.host(), "e");
    let serve = Serve { listen: Some("localhost:3".into()), ..Serve::default() };
    let read = with_file(FILE, serve, &vars).unwrap_or_else(|message| panic!("{message}"));
    assert_eq!(read.listen.to_string(), "127.0.0.1:3");
}

#[test]
fn a_superuser_analyzes_only_where_the_administrator_wrote_so() {
    const FILE: &str = "explain_analyze = \"allow_superuser\"\n[[servers]]\nname=\"a\"\ndsn=\"\"\n";
    let read = |text: &str, vars: &[(&str, &str)]| {
        with_file(text, Serve::default(), vars).map(|config| config.explain_analyze)
    };
    let without = FILE.split_once('\n').map_or("", |(_, rest)| rest);
    assert_eq!(read(without, &[]), Ok(ExplainAnalyze::RefuseSuperuser));
    assert_eq!(read(FILE, &[]), Ok(ExplainAnalyze::AllowSuperuser));
    let vars = [("PGDECK_EXPLAIN_ANALYZE", "refuse_superuser")];
    assert_eq!(read(FILE, &vars), Ok(ExplainAnalyze::RefuseSuperuser));
    assert!(
        read(FILE, &[("PGDECK_EXPLAIN_ANALYZE", "yes")])
            .is_err_and(|message| message.contains("allow_superuser"))
    );
    assert!(wrong("explain_analyze = true\n").contains("explain_analyze"));
}

#[test]
fn servers_have_one_name_each_that_fits_a_url() {
    let two = "[[servers]]\nname=\"a\"\ndsn=\"host=x\"\n[[servers]]\nname=\"a\"\ndsn=\"host=y\"\n";
    assert!(refused(two).contains("line 5") && refused(two).contains("two servers named \"a\""));
    for name in ["A b", "", ".", "..", ".hidden", "a/b", "ü", "a%2Fb"] {
        let message = refused(&format!("[[servers]]\nname=\"{name}\"\ndsn=\"\"\n"));
        assert!(message.contains("does not fit into a URL"), "{name}: {message}");
        assert!(message.contains("db1.example.com"), "{name}: {message}");
    }
    assert!(refused("[[servers]]\nname=\"a\"\n").contains("dsn_file"));
    let message = refused("[[servers]]\nname=\"a\"\ndsn=\"hots=x\"\n");
    assert!(message.contains("server a") && message.contains("hots"), "{message}");
    assert!(refused("").contains("no server to watch"));
}

#[test]
fn servers_of_the_command_line_are_named_after_what_they_are() {
    let dsns = [
        "postgres://h/Shop",
        "postgres://g/shop",
        "postgres://db-1.example/postgres",
        "host=/tmp dbname=postgres",
    ];
    let serve = Serve { dsns: dsns.map(String::from).to_vec(), ..Serve::default() };
    let read = load(&serve, &env(&[])).unwrap_or_else(|failure| panic!("{failure}"));
    let names: Vec<&str> = read.servers.iter().map(|server| server.id.as_str()).collect();
    assert_eq!(names, ["Shop", "shop-2", "db-1.example", "local"]);
}

#[test]
fn names_are_taken_as_people_type_them() {
    for name in ["db1.example.com", "DB1", "shop_2", "10.0.0.5"] {
        let file = format!("[[servers]]\nname=\"{name}\"\ndsn=\"host=x\"\n");
        let read = with_file(&file, Serve::default(), &[]).unwrap_or_else(|m| panic!("{m}"));
        assert_eq!(read.servers[0].id.as_str(), name);
    }
    let file = "[[servers]]\nname=\"db1.example.com\"\ndsn=\"host=f\"\n";
    let vars = [("PGDECK_SERVERS_DB1_EXAMPLE_COM_DSN", "host=e")];
    let read = with_file(file, Serve::default(), &vars).unwrap_or_else(|m| panic!("{m}"));
    assert_eq!(read.servers[0].dsn.host(), "e");
    let two = "[[servers]]\nname=\"DB1\"\ndsn=\"\"\n[[servers]]\nname=\"db1\"\ndsn=\"\"\n";
    assert!(refused(two).contains("two servers named \"db1\""));
}

#[test]
fn the_cores_of_a_machine_are_a_positive_number() {
    let file = |cores: &str| format!("[[servers]]\nname=\"a\"\ndsn=\"host=x\"\n{cores}");
    let read =
        |cores: &str| with_file(&file(cores), Serve::default(), &[]).map(|c| c.servers[0].cores);
    assert_eq!(read("cores = 16\n"), Ok(Some(16)));
    assert_eq!(read(""), Ok(None));
    for wrong_one in ["cores = 0\n", "cores = -1\n", "cores = \"16\"\n"] {
        let message = wrong(&file(wrong_one));
        assert!(message.contains("line 4, key cores"), "{message}");
    }
}

#[test]
fn a_secret_is_given_once() {
    let message = refused(
        "metrics_token=\"a\"\nmetrics_token_file=\"b\"\n[[servers]]\nname=\"a\"\ndsn=\"\"\n",
    );
    assert!(message.contains("both metrics_token"), "{message}");
}

#[test]
fn addresses_are_checked() {
    assert!(refused("listen=\"everywhere\"\n").contains("127.0.0.1:8432"));
    assert!(refused("public_url=\"pgdeck.example.org\"\n").contains("https://"));
}

#[test]
fn the_history_is_in_a_file_or_in_a_database() {
    let server = "[[servers]]\nname=\"a\"\ndsn=\"\"\n";
    let place = |text: &str| {
        with_file(&format!("data_dir=\"/d\"\nhistory={text:?}\n{server}"), Serve::default(), &[])
            .map(|config| config.history)
    };
    assert!(matches!(place("off"), Ok(None)));
    assert!(
        matches!(place("sqlite:/x/y"), Ok(Some(HistoryPlace::File(path))) if path == std::path::Path::new("/x/y"))
    );
    let Ok(Some(HistoryPlace::Shared(address))) = place("postgres://me:s3cret@db/past") else {
        panic!("no address")
    };
    assert_eq!(format!("{address:?}"), "Address(postgres://db:5432/past)");
    for wrong in ["sqlite:", "on", "mysql://me:s3cret@db/past", "postgres://me:s3cret@db:x/past"] {
        let message = place(wrong).err().unwrap_or_else(|| panic!("accepted: {wrong}"));
        assert!(message.contains("history") && !message.contains("s3cret"), "{message}");
    }
}

/// The commented example that users copy.
const EXAMPLE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pgdeck.example.toml"));

/// The keys of a table, as serde lists them to whoever writes another one.
fn keys_of(table: &str) -> Vec<String> {
    let message = wrong(&format!("{table}no_such_key = 1\n"));
    let (_, expected) =
        message.split_once("expected one of").unwrap_or_else(|| panic!("{message}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_example_is_valid_and_names_every_key() {
    let read =
        with_file(EXAMPLE, Serve::default(), &[]).unwrap_or_else(|message| panic!("{message}"));
    let names: Vec<&str> = read.servers.iter().map(|server| server.id.as_str()).collect();
    assert_eq!((names, read.listen), (vec!["shop", "shop-replica"], super::DEFAULT_LISTEN));

    // Commented keys are keys, too.
    let is_key = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase() || c == '[');
    let lines = EXAMPLE.lines().map(|line| line.strip_prefix('#').unwrap_or(line));
    let all = lines.filter(is_key).map(|line| format!("{line}\n")).collect::<String>();
    file::parse("pgdeck.example.toml", all.clone()).unwrap_or_else(|failure| panic!("{failure}"));

    let (top, server) = (keys_of(""), keys_of("[[servers]]\n"));
    assert!(top.len() > 5 && server.len() > 3, "no keys found: {top:?}, {server:?}");
    for key in top.iter().chain(&server) {
        let written = all.contains(&format!("\n{key} = ")) || all.starts_with(&format!("{key} = "));
        assert!(written || all.contains(&format!("[{key}")), "add the key {key} to the example");
    }
    let variables = include_str!("mod.rs").split('"').filter(|word| word.starts_with("PGDECK_"));
    for variable in variables.filter(|word| !word.contains(' ')) {
        assert!(EXAMPLE.contains(variable), "add the variable {variable} to the example");
    }
}
