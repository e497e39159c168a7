//! What has become of a server between two looks at it, read every minute and told as events: restarts,
//! promotions, settings, statistics resets, extensions, DDL (`docs/limits.md#events`). What was known
//! outlives pgdeck: what changes while it is down is told afterwards.

mod catalog;
mod catalog_words;
mod memory;
mod rows;
mod server_state;
mod settings;
mod statistics;

/// The rules of this area: none, events are no findings.
pub mod rules {
    use model::changes::Changes;

    use crate::rule::Rule;

    /// None.
    pub const RULES: &[Rule<Changes>] = &[];
}

use model::changes::Changes;
use model::server::Facts;
use model::{AreaName, Known, Reason};

use crate::area::{Area, read};
use crate::connection::{Observer, Rows};
use crate::error::Error;
use crate::remembered::Saved;
use crate::sql::{Fill, Query, sql};
pub use memory::State;
use rows::{
    AnalyzedRow, ExtensionRow, RelationRow, ResetRow, RoleSettingRow, RoutineRow, ServerRow,
    SettingRow,
};

sql! {
    SERVER_STATES = "server_states" [14];
    SETTING_VALUES = "setting_values" [14];
    ROLE_SETTINGS = "role_settings" [14];
    STATISTICS_RESETS = "statistics_resets" [14, 16, 17];
    INSTALLED_EXTENSIONS = "installed_extensions" [14];
    ANALYZED_TABLES = "analyzed_tables" [14];
    RELATIONS = "relations" [14];
    ROUTINES = "routines" [14];
    "pg_stat_statements":
    STATEMENT_RESETS = "statement_resets" "pgss-1" [9];
}

/// What every tick reads.
const EVERY_TICK: [Query; 6] = [
    SERVER_STATES,
    SETTING_VALUES,
    ROLE_SETTINGS,
    STATISTICS_RESETS,
    INSTALLED_EXTENSIONS,
    ANALYZED_TABLES,
];

/// The area of changes.
pub struct ChangesArea;

impl Area for ChangesArea {
    type Value = Changes;
    type State = State;
    type History = ();
    const NAME: AreaName = AreaName::Changes;
    const EVERY_MS: u32 = 60_000;
    const RULES: &'static [crate::rule::Rule<Changes>] = rules::RULES;
    const QUERIES: &'static [Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut State,
        now_ms: i64,
    ) -> Result<Changes, Error> {
        if state.is_of_another(facts) {
            *state = State::of(facts, None);
        }
        let mut sets = read(observer, facts, &EVERY_TICK).await?.into_iter();
        let mut next = || sets.next().unwrap_or(Err(Reason::NotYet));
        let query = |query| move |reason| Error::Query { query, reason };
        let server: ServerRow =
            next().and_then(|rows: Rows| rows.one()).map_err(query("server_states"))?;
        let settings: Known<Vec<SettingRow>> = next().and_then(|rows| rows.all());
        let role_settings: Known<Vec<RoleSettingRow>> = next().and_then(|rows| rows.all());
        let resets: Known<Vec<ResetRow>> = next().and_then(|rows| rows.all());
        let extensions: Known<Vec<ExtensionRow>> = next().and_then(|rows| rows.all());
        let analyzed: Known<Vec<AnalyzedRow>> = next().and_then(|rows| rows.all());

        let statements_ms = statement_resets(observer, facts, &extensions).await?;
        let catalog = match state.catalog_is_due(&server, now_ms) {
            true => Some(read_catalog(observer, facts).await?),
            false => None,
        };
        let settings_seen = settings.as_ref().map(|rows| rows.len() as i64).map_err(Clone::clone);
        let mut look = memory::Look::new(&mut state.memory, &server, now_ms);
        look.server();
        look.settings(settings.ok(), role_settings.ok());
        look.statistics(resets.ok(), statements_ms);
        look.extensions(extensions.ok());
        look.analyzed(analyzed.ok());
        if let Some(catalog) = &catalog {
            look.catalog(catalog.as_ref().ok());
        }
        let events = look.told();
        if let Some(catalog) = catalog {
            let count = catalog.map(|(relations, routines)| relations.len() + routines.len());
            state.catalog_was_read(&server, now_ms, count.map(|count| count as i64));
        }
        Ok(Changes {
            events,
            database: server.database,
            catalog: state.catalog_known(),
            settings: settings_seen,
        })
    }

    fn events(value: &Changes) -> &[model::Event] {
        &value.events
    }

    fn untold(value: &Changes) -> Vec<String> {
        value.notes()
    }

    fn lacks_memory(state: &State, facts: &Facts) -> bool {
        !state.is_restored || state.is_of_another(facts)
    }

    fn restore(state: &mut State, facts: &Facts, saved: Option<Saved>) {
        *state = State::of(facts, saved);
    }

    fn saved(state: &State, now_ms: i64) -> Option<Vec<u8>> {
        state.memory.to_bytes(now_ms)
    }
}

/// When all entries of pg_stat_statements were removed, where it can be asked without an error.
async fn statement_resets(
    observer: &mut Observer,
    facts: &Facts,
    extensions: &Known<Vec<ExtensionRow>>,
) -> Result<Option<i64>, Error> {
    let mut installed = extensions.iter().flatten();
    let Some(found) = installed.find(|one| one.is_readable) else { return Ok(None) };
    let (Some(schema), Some(file)) = (&found.schema, STATEMENT_RESETS.pick_for(facts)) else {
        return Ok(None);
    };
    let fill = Fill { schema, ..Fill::default() };
    let mut answers = observer.read_with(&[file], fill).await.map_err(Error::Lost)?;
    let row = answers.pop().and_then(|rows| rows.and_then(|rows| rows.one()).ok());
    Ok(row.and_then(|row: rows::StatementResetRow| row.reset_ms))
}

/// Relations and routines; an error where there are more than are compared.
type Catalog = (Vec<RelationRow>, Vec<RoutineRow>);

async fn read_catalog(observer: &mut Observer, facts: &Facts) -> Result<Known<Catalog>, Error> {
    let mut sets = read(observer, facts, &[RELATIONS, ROUTINES]).await?.into_iter();
    let mut next = || sets.next().unwrap_or(Err(Reason::NotYet));
    let relations: Known<Vec<RelationRow>> = next().and_then(|rows| rows.all());
    let routines: Known<Vec<RoutineRow>> = next().and_then(|rows| rows.all());
    Ok(relations.and_then(|relations| catalog::bounded(relations, routines?)))
}
