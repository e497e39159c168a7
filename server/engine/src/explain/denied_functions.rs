//! Deny-list of functions that EXPLAIN ANALYZE never calls, whatever the user consents to: they act
//! outside the transaction, so that a rollback does not undo them, or run SQL that the guard has
//! not read.
//!
//! All of them run inside `begin read only` without an error when the role may call them
//! (`docs/limits.md#read-only-transactions`). A name ends in `*` where a family shares it.

/// The list, by what they do: other connections and programs; texts run as SQL (contrib tablefunc and
/// xml2, XML export, text search); files of the server; other sessions and the postmaster; locks and
/// time; settings and numbers that outlive a rollback; WAL, replication, backup; catalog and storage.
const BLOCKED: &str = "
    dblink* postgres_fdw_* http_* pg_background_* pg_execute_*
    crosstab* connectby* xpath_table query_to_xml* cursor_to_xml* table_to_xml* schema_to_xml*
    database_to_xml* ts_stat ts_rewrite
    pg_read_* pg_ls_* pg_stat_file pg_file_* pg_logdir_ls pg_current_logfile pg_copy_*
    pg_tablespace_databases lo_* loread lowrite pg_export_snapshot
    pg_terminate_* pg_cancel_* pg_reload_conf pg_rotate_logfile* pg_log_* pg_notify pg_stat_reset*
    pg_stat_statements_reset pg_stat_clear_snapshot pg_stat_force_next_flush
    pg_advisory_* pg_try_advisory_* pg_sleep*
    set_config setval setseed set_limit txid_current pg_current_xact_id
    pg_switch_wal pg_create_* pg_drop_* pg_logical_* pg_replication_* pg_sync_replication_slots
    pg_wal_replay_* pg_promote pg_backup_* pg_start_backup pg_stop_backup
    pg_import_system_collations pg_extension_config_dump pg_set_* pg_clear_* pg_restore_*
    pg_truncate_visibility_map heap_force_* pg_prewarm autoprewarm* brin_* gin_clean_pending_list
    binary_upgrade_* pg_nextoid pg_stop_making_pinned_objects pg_event_trigger_*";

/// Whether a function of that name is never called, in whichever schema it is.
pub fn blocked(name: &str) -> bool {
    let name = name.to_lowercase();
    BLOCKED.split_ascii_whitespace().any(|pattern| match pattern.strip_suffix('*') {
        Some(family) => name.starts_with(family),
        None => name == pattern,
    })
}

/// The same as a regular expression of PostgreSQL.
pub fn pattern() -> String {
    let names: Vec<&str> = BLOCKED.split_ascii_whitespace().collect();
    format!("^({})$", names.join("|").replace('*', ".*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_has_every_name() {
        let pattern = pattern();
        assert!(pattern.starts_with("^(dblink.*|") && pattern.contains("|ts_stat|"), "{pattern}");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.*|".contains(c);
        assert!(pattern.trim_matches(|c| "^()$".contains(c)).chars().all(plain), "{pattern}");
    }

    #[test]
    fn families_are_blocked_whole_and_neighbours_are_not() {
        for name in ["dblink", "dblink_exec", "PG_SLEEP_for", "pg_read_binary_file", "lo_export"] {
            assert!(blocked(name), "{name}");
        }
        for name in ["set_bit", "lower", "lead", "pg_get_viewdef", "pg_size_pretty", "location"] {
            assert!(!blocked(name), "{name}");
        }
    }
}
