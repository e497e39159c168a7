//! The view that shows a monitoring role the numbers of `pg_statistic` and none of its values.

use crate::error::quoted;

/// What a superuser runs once per database: a view that reads `pg_statistic` with its owner's rights and shows
/// fractions, widths and counts of all columns, those of tables with row security included, and no value.
/// `role` is the one that pgdeck connects as.
pub fn create_view(role: &str) -> String {
    let role = quoted(role);
    format!(
        "create schema if not exists pgdeck;
create or replace view pgdeck.column_numbers as
select starelid as relid, staattnum as attnum, stanullfrac as null_frac, stawidth as avg_width,
       stadistinct as n_distinct,
       case 1 when stakind1 then stanumbers1 when stakind2 then stanumbers2 when stakind3 then stanumbers3
              when stakind4 then stanumbers4 when stakind5 then stanumbers5 end as frequencies,
       (case 3 when stakind1 then stanumbers1 when stakind2 then stanumbers2 when stakind3 then stanumbers3
               when stakind4 then stanumbers4 when stakind5 then stanumbers5 end)[1] as correlation
  from pg_catalog.pg_statistic
 where not stainherit;
revoke all on pgdeck.column_numbers from public;
grant usage on schema pgdeck to {role};
grant select on pgdeck.column_numbers to {role};"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_prints_the_same() {
        let readme = include_str!("../../../../README.md");
        assert!(readme.contains(&super::create_view("pgdeck")), "copy it from here to the README");
    }
}
