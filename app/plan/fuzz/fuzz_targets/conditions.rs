//! Fuzz target `conditions`: a condition on the nodes for which an index is proposed.
#![no_main]

mod common;

libfuzzer_sys::fuzz_target!(|text: &str| {
    // Up to the first line break it is a filter, behind it an order.
    let (filter, order) = text.split_once('\n').unwrap_or((text, "id"));
    let order = order.replace(['\n', '\r'], " ");
    common::read(
        &format!(
            "\
Limit  (cost=9.00..900.00 rows=10 width=4) (actual time=899.000..899.500 rows=10 loops=1)
  ->  Sort  (cost=9.00..900.00 rows=10 width=4) (actual time=899.000..899.400 rows=10 loops=1)
        Sort Key: {order}
        ->  Nested Loop  (cost=9.00..800.00 rows=10 width=4) (actual time=1.000..890.000 rows=10 loops=1)
              ->  Seq Scan on public.t  (cost=0.00..700.00 rows=10 width=4) (actual time=0.010..700.000 rows=10 loops=1)
                    Filter: ({filter})
                    Rows Removed by Filter: 1000000
              ->  Index Scan using u_pkey on u  (cost=0.40..9.00 rows=1 width=4) (actual time=0.010..18.000 rows=1 loops=10)
                    Index Cond: (id = t.u)
                    Filter: ({filter})
                    Rows Removed by Filter: 90000
Execution Time: 900.000 ms
"
        ),
        plan::Format::Text,
    );
});
