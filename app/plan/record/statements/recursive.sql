with recursive r(n) as (select 1 union all select n + 1 from r where n < 20) select * from r, generate_series(1, 2) s, (values (1), (2)) v(x) where s > 0
