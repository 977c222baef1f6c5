import {describe, expect, it} from 'vitest'
import {fixtureDatabase, makeFixture} from './archives.ts'
import type {Ask} from './conformance.ts'
import {plainKey, rowsByTable} from '../../support/one-of-everything.ts'

export function snapshotsConform(ask: Ask): void {
  describe('a snapshot', () => {
    it('lists exactly what the database holds, and nothing that extensions brought', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      const {hasVectors} = subject
      await makeFixture(subject)
      await using snapshot = await database.snapshot(fixtureDatabase)
      const {catalogue} = snapshot
      const tables = [...Object.keys(rowsByTable), ...(hasVectors ? ['public.items'] : [])]
      expect(catalogue.tables.map(plainKey).toSorted()).toEqual(tables.toSorted())
      expect(catalogue.partitionedTables.map(plainKey)).toEqual(['public.parted'])
      expect(catalogue.views.map(plainKey)).toEqual(['public.counted', 'public.plain_names'])
      expect(catalogue.sequences.map(plainKey).toSorted()).toEqual(
        ['public.Never called', 'public.called', 'public.generated_c_seq', 'public.plain_id_seq'].toSorted(),
      )
      const indexes = ['parted_2025_at_idx', 'parted_at', 'parted_rest_at_idx', 'plain_name_key', 'plain_note_idx', 'plain_pkey']
      expect(catalogue.indexes.map(({name}) => name).toSorted()).toEqual(
        [...indexes, 'reference_plain_id_key', ...(hasVectors ? ['items_embedding'] : [])].toSorted(),
      )
      expect(catalogue.indexes.every(({valid}) => valid)).toBe(true)
      expect(catalogue.constraints.map(({name, table}) => `${table} ${name}`).toSorted()).toEqual([
        'plain plain_name_key',
        'plain plain_note_short',
        'plain plain_pkey',
        'reference reference_plain',
        'reference reference_plain_id_key',
      ])
      expect(catalogue.functions).toEqual(['public.touch()', 'public.tricky(text)'])
      expect(catalogue.triggers).toEqual(['public.plain plain_touched'])
      expect(catalogue.extensions.map(({name}) => name)).toEqual(['citext', 'plpgsql', ...(hasVectors ? ['vector'] : [])])
      expect(snapshot.databaseBytes).toBeGreaterThan(1024 * 1024)
    })

    it('knows the owner, the settings, the privileges and the roles of the database', async ({skip}) => {
      const {database} = ask(skip).runtime
      const script = [
        `CREATE ROLE "Fixture Owner" LOGIN PASSWORD 'fixture-secret'`,
        `CREATE ROLE fixture_reader`,
        `CREATE ROLE fixture_bystander`,
        `GRANT fixture_reader TO "Fixture Owner"`,
        `ALTER DATABASE ${fixtureDatabase} OWNER TO "Fixture Owner"`,
        `ALTER DATABASE ${fixtureDatabase} SET search_path = "$user", public, "Odd ""schema""; --"`,
        `ALTER ROLE "Fixture Owner" IN DATABASE ${fixtureDatabase} SET work_mem = '8MB'`,
        `COMMENT ON DATABASE ${fixtureDatabase} IS 'It''s the "fixture"'`,
        `GRANT CONNECT ON DATABASE ${fixtureDatabase} TO fixture_reader`,
      ]
      await database.execute('postgres', script.join(';\n'))
      await database.execute(fixtureDatabase, 'GRANT SELECT ON plain TO fixture_reader')
      await using snapshot = await database.snapshot(fixtureDatabase)
      expect(snapshot.properties).toMatchObject({
        owner: 'Fixture Owner',
        encoding: 'UTF8',
        comment: 'It\'s the "fixture"',
        connectionLimit: -1,
      })
      expect(snapshot.properties.settings).toEqual([
        {role: null, setting: 'search_path="$user", public, "Odd ""schema""; --"'},
        {role: 'Fixture Owner', setting: 'work_mem=8MB'},
      ])
      expect(snapshot.properties.privileges).toContainEqual({grantee: 'fixture_reader', privilege: 'CONNECT', grantable: false})
      expect(snapshot.roles).toContain('Fixture Owner')
      expect(snapshot.roles).toContain('fixture_reader')
      expect(snapshot.roles).not.toContain('fixture_bystander')
    })

    it('tells of roles with their passwords and memberships, so that another server can have them', async ({skip}) => {
      const globals = await ask(skip).runtime.database.globals()
      expect(globals).toContain('CREATE ROLE "Fixture Owner";')
      expect(globals).toMatch(/ALTER ROLE "Fixture Owner" WITH .*LOGIN.* PASSWORD 'SCRAM-SHA-256\$/)
      expect(globals).toMatch(/GRANT fixture_reader TO "Fixture Owner"/)
      expect(globals).not.toContain('fixture-secret')
      expect(globals).not.toMatch(/CREATE (?:DATABASE|TABLESPACE)/)
    })
  })
}
