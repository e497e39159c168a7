select "a b", slow_one(id) from "Odd Name: x" "weird alias" where "a b" = 'it''s (here' or "a b" = 'two
lines: yes'
