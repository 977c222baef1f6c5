import {describe, expect, test} from 'vitest'
import type {DatabaseProperties} from '../../../src/lib/domain/backup-set.ts'
import {
  countSql,
  createDatabaseSql,
  extensionsSql,
  missingTables,
  propertiesSql,
  sequenceSql,
} from '../../../src/lib/domain/database-sql.ts'
import {plainProperties as properties} from '../../support/backup-sets.ts'

const relations = (amount: number) => Array.from({length: amount}, (_, index) => ({schema: 'public', name: `t${index}`}))

describe('making a database', () => {
  test('begins with an empty one of the same encoding and locale', () => {
    expect(createDatabaseSql('my "shop"', properties)).toBe(
      `CREATE DATABASE "my ""shop""" WITH TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'`,
    )
  })

  test('keeps an ICU or a built-in locale', () => {
    expect(createDatabaseSql('shop', {...properties, localeProvider: 'i', locale: 'de-DE'})).toMatch(
      /LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'$/,
    )
    expect(createDatabaseSql('shop', {...properties, localeProvider: 'b', locale: 'C'})).toMatch(
      /LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C'$/,
    )
  })
})

describe('what pg_dump leaves out', () => {
  const lines = (change: Partial<DatabaseProperties>) => propertiesSql('my shop', {...properties, ...change}).split(';\n')

  test('owner and connection limit come back', () => {
    expect(lines({owner: 'the "boss"', connectionLimit: 5})).toEqual([
      'ALTER DATABASE "my shop" OWNER TO "the ""boss"""',
      'ALTER DATABASE "my shop" CONNECTION LIMIT 5',
    ])
  })

  test.each([
    ['work_mem=64MB', `"work_mem" TO '64MB'`],
    ['search_path="$user", public', `"search_path" TO '$user', 'public'`],
    ['search_path=shop, "my ""own"" schema", public', `"search_path" TO 'shop', 'my "own" schema', 'public'`],
    ['search_path=""', `"search_path" TO ''`],
    ['search_path=', `"search_path" TO ''`],
    ['DateStyle=ISO, DMY', `"DateStyle" TO 'ISO, DMY'`],
    ['app.greeting=a=b', `"app.greeting" TO 'a=b'`],
    [`app.quote=it's`, `"app.quote" TO 'it''s'`],
  ])('the setting %s comes back as it was', (setting, sql) => {
    expect(lines({settings: [{role: null, setting}]}).at(-1)).toBe(`ALTER DATABASE "my shop" SET ${sql}`)
  })

  test('a setting of one role stays with that role', () => {
    expect(lines({settings: [{role: 'report er', setting: 'work_mem=1GB'}]}).at(-1)).toBe(
      `ALTER ROLE "report er" IN DATABASE "my shop" SET "work_mem" TO '1GB'`,
    )
  })

  test('privileges replace the built-in ones, and no more than these', () => {
    const privileges = [
      {grantee: null, privilege: 'CONNECT', grantable: false},
      {grantee: 'app "1"', privilege: 'CREATE', grantable: true},
    ]
    expect(lines({privileges}).slice(2)).toEqual([
      'REVOKE ALL ON DATABASE "my shop" FROM PUBLIC, "shop"',
      'GRANT CONNECT ON DATABASE "my shop" TO PUBLIC',
      'GRANT CREATE ON DATABASE "my shop" TO "app ""1""" WITH GRANT OPTION',
    ])
    expect(lines({privileges: null})).toHaveLength(2)
  })

  test('extensions come back in the recorded version, and plpgsql is there anyway', () => {
    const extensions = [
      {name: 'plpgsql', version: '1.0'},
      {name: 'uuid-ossp', version: '1.1'},
    ]
    expect(extensionsSql(extensions)).toBe(`CREATE EXTENSION IF NOT EXISTS "uuid-ossp" VERSION '1.1' CASCADE`)
  })
})

describe('counting', () => {
  test('names are quoted both as names and as values', () => {
    const [sql] = countSql([{schema: `it's`, name: 'a"b'}])
    expect(sql).toBe(`SELECT 'it''s' AS schema, 'a"b' AS name, count(*) AS rows FROM ONLY "it's"."a""b"`)
  })

  test('many tables are counted in several queries, each table once', () => {
    const queries = countSql(relations(450), 200)
    expect(queries.map((query) => query.split(' UNION ALL ').length)).toEqual([200, 200, 50])
    expect(queries.join(' ').match(/"t\d+"/g)).toHaveLength(450)
  })

  test('no table means no query', () => {
    expect([countSql([]), sequenceSql([])]).toEqual([[], []])
  })

  test('the state of sequences is read, not advanced', () => {
    const [sql] = sequenceSql([{schema: 'public', name: "se q'x"}])
    expect(sql).toContain(`FROM "public"."se q'x"`)
    expect(sql).not.toContain('nextval')
  })
})

test('the tables that a dump lacks are found by schema and name', () => {
  const contents = {tables: [{schema: 'public', name: 'a', rows: 0}], sequences: [], largeObjects: 0}
  const tables = [
    {schema: 'public', name: 'a'},
    {schema: 'archive', name: 'a'},
    {schema: 'public', name: 'b'},
  ]
  expect(missingTables(tables, contents)).toEqual(tables.slice(1))
})
