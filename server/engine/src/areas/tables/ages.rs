//! Ages grow although a table is not read again: as much as transaction and multixact IDs are handed out.

use std::sync::Arc;

use model::tables::Table;

/// Ages are brought up to date when they grew by this share of the age at which autovacuum freezes by force: before, no
/// verdict would be another.
const GROWN_SHARE: i32 = 1_000;

/// How many IDs there were when the ages of all tables were last brought up to date: transactions, multixacts.
#[derive(Debug, Default)]
pub struct Ages(Option<(i32, i32)>);

impl Ages {
    /// Adds to the tables of the reading before what was handed out since. One that was read meanwhile is taken for
    /// too old by that share at most, until it is read again.
    pub fn pass(&mut self, now: (i32, i32), freeze_max_age: i32, tables: &mut [Arc<Table>]) {
        let then = self.0.filter(|_| !tables.is_empty()).unwrap_or(now);
        self.0 = Some(then);
        // Both wrap around, as transaction IDs do.
        let (xids, multixacts) = (now.0.wrapping_sub(then.0), now.1.wrapping_sub(then.1));
        if xids.max(multixacts) <= freeze_max_age / GROWN_SHARE {
            return;
        }
        self.0 = Some(now);
        for table in tables {
            let table = Arc::make_mut(table);
            let toast = table.toast.as_deref_mut();
            let of_toast = toast.map(|toast| (&mut toast.xid_age, &mut toast.multixact_age));
            let own = (&mut table.xid_age, &mut table.multixact_age);
            for (xid_age, multixact_age) in std::iter::once(own).chain(of_toast) {
                add(xid_age, xids);
                add(multixact_age, multixacts);
            }
        }
    }
}

fn add(age: &mut Option<i64>, more: i32) {
    if let Some(age) = age {
        *age = age.saturating_add(i64::from(more.max(0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::tables::Toast;

    #[test]
    fn ages_grow_with_what_is_handed_out_also_beyond_the_largest_number() {
        let toast = Toast { xid_age: Some(1), ..Toast::default() };
        let table = Table { xid_age: Some(10), toast: Some(Box::new(toast)), ..Table::default() };
        let mut tables = vec![Arc::new(table)];
        let mut ages = Ages::default();
        let mut pass = |now| {
            ages.pass(now, 200_000_000, &mut tables);
            let table = tables.first().cloned().unwrap_or_default();
            (table.xid_age, table.multixact_age, table.toast.as_ref().and_then(|t| t.xid_age))
        };
        assert_eq!(pass((i32::MAX - 50_000, 5)), (Some(10), None, Some(1)));
        assert_eq!(pass((i32::MAX, 5)), (Some(10), None, Some(1)), "no verdict would change");
        assert_eq!(pass((i32::MIN + 249_999, 5)), (Some(300_010), None, Some(300_001)));
        assert_eq!(pass((i32::MIN + 249_999, 5)), (Some(300_010), None, Some(300_001)));
    }
}
