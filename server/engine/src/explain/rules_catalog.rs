//! The catalog of a plan as the plan's rules take it.

use model::{Known, Reason};
use plan::catalog::{self, Catalog};

use super::catalog::{Column, ColumnType, Extended, Index, PlanCatalog, Relation};

/// The parts of what was read of the tables; `None` where a part is not known.
struct Parts {
    columns: Option<Vec<Column>>,
    types: Option<Vec<ColumnType>>,
    indexes: Vec<Index>,
    extended: Option<Vec<Extended>>,
}

impl PlanCatalog {
    /// What the rules may rely on, and the parts that could not be read. Where an index or extended
    /// statistics might exist unseen, the part stays unknown: unknown is never treated as empty.
    pub fn for_rules(self) -> (Catalog, Vec<(&'static str, Reason)>) {
        let mut unknown = vec![];
        let relations = part(self.relations, "tables", &mut unknown).unwrap_or_default();
        let indexes = part(self.indexes, "indexes", &mut unknown);
        let columns = part(self.columns, "column statistics", &mut unknown);
        let types = part(self.types, "types of columns", &mut unknown);
        let extended = part(self.extended, "extended statistics", &mut unknown);
        let settings = part(self.settings, "settings", &mut unknown).unwrap_or_default();
        let relations = match indexes {
            Some(indexes) => {
                let parts = Parts { columns, types, indexes, extended };
                relations.into_iter().map(|one| relation(one, &parts)).collect()
            }
            None => vec![],
        };
        let settings = settings.into_iter().filter_map(|one| Some((one.name, one.setting?)));
        (Catalog { relations, settings: settings.collect(), trigrams: None }, unknown)
    }
}

fn part<T>(
    known: Known<T>,
    what: &'static str,
    unknown: &mut Vec<(&'static str, Reason)>,
) -> Option<T> {
    known.map_err(|reason| unknown.push((what, reason))).ok()
}

fn relation(one: Relation, parts: &Parts) -> catalog::Relation {
    let here = |schema: &str, relation: &str| schema == one.schema && relation == one.name;
    // Without them a rule would propose extended statistics that may exist already.
    let columns = parts.columns.as_ref().filter(|_| parts.extended.is_some());
    let columns = columns.into_iter().flatten();
    let extended = parts.extended.iter().flatten();
    catalog::Relation {
        columns: columns
            .filter(|column| here(&column.schema, &column.relation))
            .map(column)
            .collect(),
        types: parts.types.as_ref().map(|all| {
            all.iter().filter(|one| here(&one.schema, &one.relation)).map(column_type).collect()
        }),
        indexes: parts
            .indexes
            .iter()
            .filter(|index| here(&index.schema, &index.relation))
            .map(index)
            .collect(),
        extended: extended
            .filter(|one| here(&one.schema, &one.relation))
            .map(|one| catalog::Extended { name: one.name.clone(), columns: one.columns.clone() })
            .collect(),
        root: root(&one),
        size_bytes: Some(one.size_bytes),
        reltuples: one.reltuples,
        all_visible: one.all_visible,
        n_mod_since_analyze: one.n_mod_since_analyze,
        analyze_age_seconds: one.analyze_age_seconds,
        schema: one.schema,
        name: one.name,
    }
}

fn root(one: &Relation) -> Option<catalog::Root> {
    Some(catalog::Root {
        schema: one.root_schema.clone()?,
        name: one.root_name.clone()?,
        partitioned: one.root_partitioned?,
    })
}

fn column(one: &Column) -> catalog::Column {
    catalog::Column {
        name: one.name.clone(),
        n_distinct: Some(one.n_distinct),
        correlation: one.correlation,
        null_frac: Some(one.null_frac),
        most_common_freq: one.most_common_freq,
        avg_width: one.avg_width,
    }
}

fn column_type(one: &ColumnType) -> catalog::ColumnType {
    catalog::ColumnType {
        name: one.name.clone(),
        data_type: one.data_type.clone(),
        typtype: one.typtype.clone(),
        sortable: one.sortable,
        bytewise: one.bytewise,
        alignment: u8::try_from(one.alignment).unwrap_or(0),
    }
}

fn index(one: &Index) -> catalog::Index {
    catalog::Index {
        name: one.name.clone(),
        method: one.method.clone(),
        keys: one.keys.clone(),
        classes: one.classes.clone(),
        directions: one.directions.clone(),
        include: one.include.clone(),
        predicate: one.predicate.clone(),
        indisunique: one.indisunique,
        indisvalid: one.indisvalid,
        size_bytes: Some(one.size_bytes),
    }
}
