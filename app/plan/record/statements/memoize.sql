select count(*) from orders o join lateral (select name from customers c where c.id = o.customer_id % 50) c on true
