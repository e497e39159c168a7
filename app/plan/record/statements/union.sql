select id from customers intersect select customer_id from orders union all select 1
