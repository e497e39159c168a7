select kind, count(*) from events where at >= '2025-06-01' group by grouping sets ((kind), ())
