import {quoteIdentifier} from '../../domain/identifier.ts'
import type {SchemaState} from '../../domain/release.ts'
import type {Ports} from '../../ports.ts'

interface Row {
  name: string | null
  breaking: boolean | null
}

/** Returns the migrations that the database has; null where it has no such table. Throws `unreachable` and what else the server says. */
export async function readSchema(table: string, ports: Ports): Promise<SchemaState> {
  const {database, databaseName} = await ports.runtime()
  const name = table.split('.').map(quoteIdentifier).join('.')
  const [found] = await database.query<{there: boolean}>(
    databaseName,
    `SELECT to_regclass('${name.replaceAll("'", "''")}') IS NOT NULL AS there`,
  )
  if (!found?.there) return null
  // Tools name their columns differently, and a column that is not there must not be an error.
  const rows = await database.query<Row>(
    databaseName,
    `SELECT coalesce(row ->> 'name', row ->> 'version', row ->> 'id') AS name, (row ->> 'breaking')::boolean AS breaking
      FROM (SELECT to_jsonb(migration) AS row FROM ${name} AS migration) AS migrations ORDER BY 1`,
  )
  return rows.flatMap(({name: migration, breaking}) => (migration === null ? [] : [{name: migration, breaking}]))
}
