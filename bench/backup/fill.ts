/** Rows for a database of `megabytes`, of kinds that compress in different ways: names and documents, numbers, JSON, vectors. Variable: `megabytes`. */
export const fillSql = `
CREATE EXTENSION vector;
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, name text NOT NULL, profile jsonb NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, amount numeric(12,2) NOT NULL, state text NOT NULL, placed_at timestamptz NOT NULL, note text);
CREATE TABLE documents (id bigint PRIMARY KEY, body text NOT NULL, meta jsonb NOT NULL);
CREATE TABLE embeddings (id bigint PRIMARY KEY, model text NOT NULL, embedding vector(384) NOT NULL);

INSERT INTO customers
  SELECT i, md5(i::text) || '@example.com', initcap(substr(md5((i * 7)::text), 1, 8)) || ' ' || initcap(substr(md5((i * 11)::text), 1, 10)),
    jsonb_build_object('plan', (ARRAY['free', 'team', 'business'])[1 + i % 3], 'score', i * 7919 % 1000, 'tags', jsonb_build_array('a' || i % 17, 'b' || i % 29),
      'city', (ARRAY['Lisbon', 'Porto', 'Kyoto', 'Lima', 'Oslo'])[1 + i % 5]), timestamptz '2024-01-01' + i * interval '37 s'
  FROM generate_series(1::bigint, :megabytes * 600) i;

INSERT INTO orders
  SELECT i, 1 + i * 7919 % (:megabytes * 600), i * 104729 % 1000000 / 100.0, (ARRAY['open', 'paid', 'shipped', 'returned'])[1 + i % 4],
    timestamptz '2024-01-01' + i * interval '13 s', CASE WHEN i % 5 = 0 THEN 'note ' || md5(i::text) END
  FROM generate_series(1::bigint, :megabytes * 3200) i;

-- Together they are longer than what zstd looks back at level 1, so that it finds no document twice.
CREATE TEMP TABLE paragraph AS
  SELECT n, (SELECT string_agg(substr(md5((n * 50 + k * k)::text), 1, 2 + (n + k * 7) % 8), ' ') FROM generate_series(1, 40) k) AS text
  FROM generate_series(0, 19999) n;
CREATE UNIQUE INDEX ON paragraph (n);
INSERT INTO documents
  SELECT i, a.text || ' ' || b.text || ' ' || c.text || ' ' || d.text, jsonb_build_object('id', i, 'lang', 'en', 'sections', i % 12)
  FROM generate_series(1::bigint, :megabytes * 320) i JOIN paragraph a ON a.n = i * 7919 % 20000 JOIN paragraph b ON b.n = i * 31 % 20000
    JOIN paragraph c ON c.n = (i * i + 7) % 20000 JOIN paragraph d ON d.n = i * 13 % 19997;

CREATE TEMP TABLE base AS
  SELECT n, (SELECT array_agg((random() - 0.5)::real) FROM generate_series(1, 384) k WHERE n >= 0)::real[]::vector AS v FROM generate_series(0, 1999) n;
INSERT INTO embeddings
  SELECT i, 'small', a.v + b.v FROM generate_series(1::bigint, :megabytes * 120) i
    JOIN base a ON a.n = i % 2000 JOIN base b ON b.n = (i * 31 + i / 2000) % 2000;

VACUUM ANALYZE;
CHECKPOINT;
`

/** Returns the same for a server without pgvector: arrays of numbers are as long, and compress alike. */
export function arraysInstead(sql: string): string {
  return sql
    .replace('CREATE EXTENSION vector;', '')
    .replace('embedding vector(384)', 'embedding real[]')
    .replace('::real[]::vector AS v', '::real[] AS v')
    .replace('a.v + b.v', '(SELECT array_agg(x + y) FROM unnest(a.v, b.v) both_of(x, y))')
}
