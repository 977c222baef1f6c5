import type {DatabaseProperties, ServerFacts} from './backup-set.ts'
import {createDatabaseSql, propertiesSql} from './database-sql.ts'

export interface RecoveryFacts {
  id: string
  database: string
  properties: DatabaseProperties
  server: ServerFacts
}

/** Returns RESTORE.md: how to get the data back with nothing but PostgreSQL's own programs. */
export function recoverySteps({id, database, properties, server}: RecoveryFacts): string {
  return `# Recover backup ${id} without sparkone

Needed: this folder and a PostgreSQL server of version ${server.version} or newer with the same extensions
(the image that the backup came from is enough). Run the commands in this folder as a superuser, for example \`postgres\`.

1. Check that the files are whole: compare \`sha256sum *\` with the values in \`manifest.json\`.
2. Create the roles. Errors about roles that exist already do no harm.

   \`\`\`sh
   psql --dbname=postgres --file=globals.sql
   \`\`\`

3. Create the database.

   \`\`\`sh
   psql --dbname=postgres --set=ON_ERROR_STOP=1 <<'SQL'
   ${[createDatabaseSql(database, properties), propertiesSql(database, properties)].join(';\n').replaceAll('\n', '\n   ')};
   SQL
   \`\`\`

4. Load the data and let the planner look at it.

   \`\`\`sh
   pg_restore --exit-on-error --dbname=${shellWord(`dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)} database.dump
   psql --dbname=${shellWord(`dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)} --command=ANALYZE
   \`\`\`

5. Compare the rows of each table with \`contents.tables\` in \`manifest.json\`.
`
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
