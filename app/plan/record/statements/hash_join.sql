select c.country, sum(o.amount) from customers c left join orders o on o.customer_id = c.id group by 1 order by 2
