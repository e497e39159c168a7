with t as materialized (select customer_id, sum(amount) s from orders group by 1) select a.customer_id from t a join t b on a.s = b.s and a.customer_id < b.customer_id
