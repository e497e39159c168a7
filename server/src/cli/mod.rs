//! Command line definition (clap): commands, options, one-line usage errors. Runs nothing.

pub mod ask;
pub mod backup;
pub mod check;
pub mod demo;
pub mod error;
pub mod login_link;
pub mod mark;
pub mod plan;
pub mod record;
pub mod terminal;
pub mod user;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand};
use model::Role;

/// A web console for PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "pgdeck", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What pgdeck can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch servers and serve the pages
    Serve(Serve),
    /// Start throw-away servers with a misbehaving workload and serve their pages
    Demo(Demo),
    /// Run all rules once: exit code 0 fine, 1 warning, 2 critical, 3 could not judge
    Check(Check),
    /// Record servers for `serve --recording`: into a file with their past, or one reading to standard output
    Record(record::Record),
    /// Show where a plan's time goes and what to do; FILE or standard input
    Plan(Plan),
    /// Manage who may sign in
    User(User),
    /// Print a new sign-in link of the running pgdeck; it works once
    LoginLink(LoginLink),
    /// Set a mark, such as a deploy, under the charts of the running pgdeck
    Mark(mark::Mark),
    /// Copy the history into a new file; pgdeck may be running
    BackupHistory(backup::BackupHistory),
    /// Verify the audit log: exit code 0 intact, 2 broken, 3 nothing to compare it with
    Audit(Audit),
    /// List every route, page and server function with the permission it requires
    #[command(hide = true, alias = "doors")]
    Routes(Routes),
}

/// `pgdeck routes`.
#[derive(Debug, Args)]
pub struct Routes {
    /// As JSON, with the pages of the navigation
    #[arg(long)]
    pub json: bool,
}

/// `pgdeck audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// What to do.
    #[command(subcommand)]
    pub what: AuditWhat,
    /// Where the log is.
    #[command(flatten)]
    pub place: Place,
}

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditWhat {
    /// Verify the whole hash chain, and compare it with the head that is kept outside the data directory
    Verify,
}

/// `pgdeck serve`.
#[derive(Clone, Debug, Default, Args)]
pub struct Serve {
    /// Servers to watch: postgres://… or key=value; PG* variables, ~/.pgpass and pg_service.conf are honored
    #[arg(value_name = "DSN")]
    pub dsns: Vec<String>,
    /// Where the configuration is and what overrides it.
    #[command(flatten)]
    pub place: Place,
    /// Address to listen on [default: 127.0.0.1:8432]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Show what `pgdeck record` wrote into a file instead of watching servers
    #[arg(long, value_name = "FILE", conflicts_with = "dsns")]
    pub recording: Option<PathBuf>,
}

/// Configuration file and data directory.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// Configuration file
    #[arg(long, value_name = "FILE", env = "PGDECK_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Directory for users and sessions [default: ~/.local/share/pgdeck]
    #[arg(long, value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
}

/// `pgdeck demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Only this trouble; may be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    pub trouble: Vec<playground::Trouble>,
    /// Leave this trouble out; may be repeated
    #[arg(long, value_name = "NAME")]
    pub without: Vec<playground::Trouble>,
    /// List the troubles and exit
    #[arg(long)]
    pub list: bool,
    /// Make up no week before the start; the troubles then begin at once
    #[arg(long)]
    pub without_past: bool,
    /// PostgreSQL major version [default: the newest installed]
    #[arg(long)]
    pub major: Option<u16>,
    /// Address to listen on [default: 127.0.0.1:8432]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

impl Demo {
    /// Whether a past is made up.
    pub fn has_past(&self) -> bool {
        !self.without_past
    }
}

/// `pgdeck check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The server [default: the one that PG* variables describe]
    #[arg(value_name = "DSN", default_value = "")]
    pub dsn: String,
    /// What is printed.
    #[command(flatten)]
    pub formats: Formats,
    /// A rule that may go unchecked without exit code 3; may be repeated
    #[arg(long, value_name = "RULE")]
    pub accept_unchecked: Vec<String>,
    /// Configuration file, for the limits of rules
    #[arg(long, value_name = "FILE", env = "PGDECK_CONFIG")]
    pub config: Option<PathBuf>,
}

/// How `pgdeck check` prints: as text, unless one is chosen.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Formats {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print Markdown, for an issue or a wiki
    #[arg(long)]
    pub markdown: bool,
    /// Print JUnit XML, for a CI server: a finding is a failure, a rule without one has passed
    #[arg(long)]
    pub junit: bool,
    /// Print as a monitoring plugin: a line with the state and counts, then the findings
    #[arg(long)]
    pub nagios: bool,
}

/// `pgdeck plan`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Plan {
    /// Something else than showing a plan.
    #[command(subcommand)]
    pub command: Option<PlanCommand>,
    /// The file with EXPLAIN's output in any format, or - for standard input
    #[arg(default_value = "-")]
    pub file: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What else can be done with plans.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Compare two plans: what changed, the greatest effect first
    Diff(PlanDiff),
}

/// `pgdeck plan diff`.
#[derive(Debug, clap::Args)]
pub struct PlanDiff {
    /// The file with the plan before the change, or - for standard input
    #[arg(value_name = "A")]
    pub before: String,
    /// The file with the plan after it, or - for standard input
    #[arg(value_name = "B")]
    pub after: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `pgdeck login-link`.
#[derive(Debug, Args)]
pub struct LoginLink {
    /// Sign in as this user [default: the person at this machine]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Port of the pgdeck that is meant, where several run on one data directory
    #[arg(long)]
    pub port: Option<u16>,
    /// Where the running pgdeck keeps its data.
    #[command(flatten)]
    pub place: Place,
}

/// `pgdeck user`.
#[derive(Debug, Args)]
pub struct User {
    /// What to do.
    #[command(subcommand)]
    pub change: UserChange,
    /// Where the users are.
    #[command(flatten)]
    pub place: Place,
}

/// What can be done about users.
#[derive(Debug, Subcommand)]
pub enum UserChange {
    /// Add a user; the password is read from the terminal or standard input
    Add {
        /// Name to sign in with
        name: String,
        /// Role: viewer, analyst, operator or admin; may be repeated
        #[arg(long = "role", value_parser = role, required = true)]
        roles: Vec<Role>,
        /// Server the user may see; may be repeated [default: all]
        #[arg(long = "server", value_name = "NAME")]
        servers: Vec<String>,
    },
    /// List users with their roles
    List,
    /// Remove a user and end their sessions
    Remove {
        /// Name
        name: String,
    },
}

fn role(word: &str) -> Result<Role, String> {
    word.parse().map_err(|_| "roles are viewer, analyst, operator and admin".into())
}

/// The result of parsing the command line.
pub enum Invocation {
    /// A command to run.
    Run(Cli),
    /// Help or version text to print.
    Print(String),
    /// A usage error, one sentence.
    Wrong(String),
}

/// Parses a command line.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Invocation {
    match Cli::try_parse_from(arguments) {
        Ok(cli) => Invocation::Run(cli),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Invocation::Print(error.to_string())
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Invocation::Wrong("no command was given; pgdeck --help lists them.".into())
            }
            _ => Invocation::Wrong(sentence(&error)),
        },
    }
}

/// clap's first line without its label. A DSN in the wrong place is not repeated: it may hold a password.
fn sentence(error: &clap::Error) -> String {
    let holds_dsn = error.context().any(|(kind, value)| {
        let ContextValue::String(text) = value else { return false };
        kind == ContextKind::InvalidArg && (text.contains("://") || text.contains("password"))
    });
    if holds_dsn {
        return "this command takes only one DSN.".into();
    }
    let text = error.to_string();
    let lines: Vec<&str> =
        text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let message = lines.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    format!("{message}; see --help for usage.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> String {
        match parse(line.split(' ').map(OsString::from)) {
            Invocation::Wrong(message) => message,
            _ => panic!("accepted: {line}"),
        }
    }

    #[test]
    fn mistakes_are_one_line_and_name_the_argument() {
        for (line, word) in [
            ("pgdeck serve --nonsense", "--nonsense"),
            ("pgdeck frobnicate", "frobnicate"),
            ("pgdeck user add eve --role king", "viewer, analyst, operator and admin"),
            ("pgdeck user add eve", "--role"),
            ("pgdeck", "--help"),
        ] {
            let message = wrong(line);
            assert!(message.contains(word) && !message.contains('\n'), "{line}: {message}");
        }
    }

    #[test]
    fn a_dsn_in_the_wrong_place_is_not_repeated() {
        assert!(!wrong("pgdeck check a postgres://joe:hunter2@db/x").contains("hunter2"));
    }

    #[test]
    fn the_contract_of_serve_holds() {
        let line = "pgdeck serve postgres://a postgres://b --config c.toml --listen 127.0.0.1:0 --data-dir d";
        let Invocation::Run(Cli { command: Command::Serve(serve) }) =
            parse(line.split(' ').map(OsString::from))
        else {
            panic!("refused");
        };
        assert_eq!(serve.dsns.len(), 2);
        assert_eq!(serve.place.data_dir, Some("d".into()));
    }
}
