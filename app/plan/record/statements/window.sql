select id, row_number() over (partition by country order by name) from customers
