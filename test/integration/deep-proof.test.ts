import {readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {openComposeScene, type ComposeScene} from '../support/faults/compose-scene.ts'
import {makeBackup} from '../support/faults/sets.ts'
import {findFreePort} from '../support/testbed/free-port.ts'
import {requireTestbed} from '../support/testbed/index.ts'

const api = path.join(import.meta.dirname, '../support/drill/api.mjs')

/** Everything whose text depends on settings, whose columns change places on restore, or which only a vector index can answer. */
const richSql = `
  CREATE EXTENSION vector;
  CREATE ROLE reader NOLOGIN;
  CREATE ROLE application LOGIN PASSWORD 'not told' CONNECTION LIMIT 20;
  GRANT reader TO application WITH ADMIN OPTION;
  ALTER DATABASE shop SET timezone = 'Asia/Tokyo';
  ALTER DATABASE shop SET bytea_output = 'escape';
  ALTER ROLE application IN DATABASE shop SET work_mem = '8MB';
  CREATE TABLE parent (first int);
  CREATE TABLE child (own text) INHERITS (parent);
  ALTER TABLE parent ADD COLUMN added timestamptz DEFAULT now();
  INSERT INTO child (first, own) SELECT i, 'own ' || i FROM generate_series(1, 100) i;
  CREATE TABLE events (at timestamptz NOT NULL, ratio double precision, doubled int GENERATED ALWAYS AS (2) STORED) PARTITION BY RANGE (at);
  CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00+09');
  CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+09') TO (MAXVALUE);
  INSERT INTO events SELECT '2025-12-31'::timestamptz + i * interval '1 hour', 1.0 / i FROM generate_series(1, 48) i;
  CREATE TABLE documents (id int PRIMARY KEY, embedding vector(3), CHECK (id > 0));
  INSERT INTO documents SELECT i, ARRAY[i, i % 7, i % 3]::vector FROM generate_series(1, 200) i;
  CREATE INDEX by_distance ON documents USING hnsw (embedding vector_l2_ops);
  CREATE INDEX by_angle ON documents USING ivfflat (embedding vector_cosine_ops) WITH (lists = 4);
  CREATE INDEX some_halves ON documents USING hnsw ((embedding::halfvec(3)) halfvec_ip_ops) WHERE id < 50;
  CREATE TABLE no_documents (embedding vector(3));
  CREATE INDEX of_nothing ON no_documents USING hnsw (embedding vector_l2_ops);
  GRANT SELECT ON documents TO reader;
  GRANT UPDATE (embedding) ON documents TO application;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader;
  CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
  REVOKE EXECUTE ON FUNCTION twice FROM PUBLIC;
  SELECT lo_from_bytea(4711, convert_to(repeat('large', 20000), 'UTF8'));`

describe('a backup of a database with vectors, inheritance, partitions and settings of its own', () => {
  let scene: ComposeScene
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.dockerHost) return
    scene = await openComposeScene(testbed)
    await scene.sql(richSql)
    await makeBackup(scene)
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())

  it('is proven down to contents, indexes, roles and privileges', async ({skip}) => {
    skip(!scene, 'Docker is missing')
    const {code, stdout, stderr} = await scene.run(['verify', '--json'])
    const {proof} = JSON.parse(stdout || stderr) as {proof: {differences: unknown[]}}
    expect(proof.differences).toEqual([])
    expect({code, proof}).toMatchObject({
      code: 0,
      proof: {passed: true, depth: {hashed: true, btreeIndexes: 4, vectorIndexes: 4, roles: 3, privileges: 5}},
    })
    expect(await scene.debris()).toEqual([])
  })

  it('is restored in a drill that works on it over a network of its own', async ({skip}) => {
    skip(!scene, 'Docker is missing')
    const url = `http://127.0.0.1:${await findFreePort()}/`
    const file = path.join(scene.folder, 'sparkone.yml')
    const limited = (await readFile(file, 'utf8')).replace('backup: {', 'backup: {proofMemory: 512MiB, ')
    await writeFile(file, limited + drillSettings(url))
    const {code, stdout, stderr} = await scene.run(['drill', '--json'])
    expect({code, document: JSON.parse(stdout || stderr) as unknown}).toMatchObject({
      code: 0,
      document: {
        proof: {passed: true},
        report: {
          passed: true,
          met: true,
          checks: [
            {name: 'nearest document', actual: '7'},
            {name: process.execPath, actual: `${url} answers with 200`},
          ],
        },
      },
    })
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    expect(await scene.debris()).toEqual([])
    expect(await scene.docker('network', 'ls', '--quiet', '--filter', 'label=sparkone.throw-away')).toBe('')
  })
})

const drillSettings = (url: string) => `
drill:
  sql:
    - name: nearest document
      query: SELECT id FROM documents ORDER BY embedding <-> '[7,0,1]' LIMIT 1
      expect: 7
  command: [${process.execPath}, ${api}, '${new URL(url).port}']
  url: ${url}
`
