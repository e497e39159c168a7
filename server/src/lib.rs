//! pgdeck: a web console for PostgreSQL. The library behind the binary: command line, HTTP server,
//! authentication, actions, audit log. Speaks to PostgreSQL only through `engine`.
#![recursion_limit = "512"]

pub mod actions;
pub mod audit;
pub mod auth;
pub mod cli;
pub mod config;
pub mod control;
pub mod database;
pub mod http;
pub mod lock;
mod log;
mod memory;
pub mod rate_limit;
pub mod recording;
pub mod reload;

use std::io::IsTerminal;
use std::process::ExitCode;

use engine::dsn::Environment;
use tracing_subscriber::EnvFilter;

use cli::error::Failure;
use cli::{Cli, Command, Invocation};

/// The program: parses the command line, sets up logging and the runtime, runs the command.
pub fn main() -> ExitCode {
    let command = match cli::parse(std::env::args_os()) {
        Invocation::Run(Cli { command }) => command,
        Invocation::Print(text) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Invocation::Wrong(message) => return Failure::usage(message).report(),
    };
    if matches!(command, Command::Serve(_)) {
        memory::give_back();
    }
    // What ends a recording is said once, as its error.
    let level = if matches!(command, Command::Record(_)) { "error" } else { "warn" };
    // Notices of watched servers concern only our own statements.
    let filter = EnvFilter::try_from_env("PGDECK_LOG").unwrap_or_else(|_| {
        EnvFilter::new(format!("{level},sqlx::query=off,sqlx::postgres::notice=off"))
    });
    // In a log file escape sequences are noise.
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        // Of a log that takes no line nobody can be told: saying so on standard error would panic.
        .log_internal_errors(false)
        .with_writer(move || log::OneLine { out: std::io::stderr(), has_colours: colours })
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(
            place,
            panic = panic.payload_as_str().unwrap_or_default(),
            "a task panicked"
        );
    }));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Failure::failed(format!("cannot start threads: {error}.")).report();
        }
    };
    let outcome = runtime.block_on(run(command));
    // Tasks that still hang must not keep the process alive; graceful shutdown is done.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|failure| failure.report())
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    let env = Environment::of_process();
    let done = |()| ExitCode::SUCCESS;
    match command {
        Command::Serve(serve) => {
            let config = config::load(&serve, &env)?;
            let shown = match &serve.recording {
                Some(path) => Some(recording::open(path).await?),
                None => None,
            };
            http::server::serve(config, shown, &serve).await.map(done)
        }
        Command::Demo(demo) => cli::demo::demo(&demo, &env).await.map(done),
        Command::Check(check) => cli::check::check(&check, &env).await,
        Command::Record(record) => cli::record::record(&record, &env).await.map(done),
        Command::Plan(plan) => cli::plan::plan(&plan),
        Command::Audit(audit) => audit::verify(&audit, &env).await,
        Command::Routes(routes) => {
            let all = http::routes::all();
            if routes.json {
                println!("{}", http::routes::json(&all));
            } else {
                http::routes::print(&all);
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::LoginLink(link) => cli::login_link::login_link(&link, &env).await.map(done),
        Command::Mark(mark) => cli::mark::mark(&mark, &env).await.map(done),
        Command::BackupHistory(backup) => cli::backup::backup(&backup, &env).await.map(done),
        Command::User(user) => cli::user::user(user, &env).await.map(done),
    }
}
