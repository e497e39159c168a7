//! What the history takes of a tick: the ages of the oldest databases, and how far back the horizon is held.

use history::{Entity, Metric, Point};
use model::vacuum::Vacuum;

/// `age(datfrozenxid)` of a database.
pub const XID_AGE: Metric = Metric::gauge("xid_age");
/// `mxid_age(datminmxid)` of a database.
pub const MULTIXACT_AGE: Metric = Metric::gauge("multixact_age");
/// How far back the xmin horizon is held, transactions; of the whole server.
pub const HORIZON: Metric = Metric::gauge("xmin_horizon");
/// The most databases that are kept, the oldest first.
const MOST_DATABASES: usize = 50;

/// The points of one reading.
pub fn points(value: &Vacuum) -> Vec<Point> {
    let mut points = Vec::new();
    for database in value.databases.iter().take(MOST_DATABASES) {
        let entity = Entity::of([("database", database.datname.as_str())]);
        for (metric, age) in [(XID_AGE, database.xid_age), (MULTIXACT_AGE, database.multixact_age)]
        {
            points.extend(age.map(|age| Point::new(&entity, metric, age as f64)));
        }
    }
    if let Ok(holders) = &value.xmin_holders {
        let farthest = holders.first().and_then(|holder| holder.xids).unwrap_or_default();
        points.push(Point::new(&Entity::server(), HORIZON, farthest as f64));
    }
    points
}
