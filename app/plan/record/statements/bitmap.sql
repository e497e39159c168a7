select count(*) from orders where customer_id in (5, 6, 7) or created < '2025-01-03'
