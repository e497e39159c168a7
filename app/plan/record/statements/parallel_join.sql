select c.country, count(*) from orders o join customers c on c.id = o.customer_id where o.amount > 5 group by 1
