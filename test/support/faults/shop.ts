/** Tables with a foreign key, indexes, a sequence and enough rows that a dump lasts long enough to be hit. */
export const shopSql = `
  CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL, note text);
  CREATE TABLE orders (id serial PRIMARY KEY, customer int NOT NULL REFERENCES customers, amount numeric NOT NULL, receipt bytea);
  CREATE INDEX orders_of_customer ON orders (customer);
  CREATE TABLE state (version int NOT NULL);
  INSERT INTO state VALUES (0);
  INSERT INTO customers (name, note) SELECT 'customer ' || i, repeat(md5(i::text), 4) FROM generate_series(1, 4000) i;
  INSERT INTO orders (customer, amount, receipt)
    SELECT 1 + i % 4000, i * 1.5, decode(repeat(md5(i::text) || md5((i + 1)::text), 2), 'hex') FROM generate_series(1, 30000) i;
  ANALYZE;`

/** One line that differs whenever a row, an index or a constraint of the shop does. */
export const fingerprintSql = `
  SELECT md5(string_agg(part, ',')) FROM (
    SELECT sum(hashtextextended(t::text, 0))::text FROM customers t
    UNION ALL SELECT sum(hashtextextended(t::text, 0))::text FROM orders t
    UNION ALL SELECT string_agg(t::text, '') FROM state t
    UNION ALL SELECT string_agg(indexdef, '' ORDER BY indexdef) FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT string_agg(pg_get_constraintdef(oid), '' ORDER BY conname) FROM pg_constraint WHERE contype IN ('f', 'p')
    UNION ALL SELECT last_value::text FROM orders_id_seq) AS parts (part)`
