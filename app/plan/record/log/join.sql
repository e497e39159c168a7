select c.name, o.amount
  from customers c join orders o on o.customer_id = c.id
 where c.id < 20 and c.note <> 'a "b", c' limit 5;
