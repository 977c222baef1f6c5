import type {DatabaseProperties, MemberName, ServerFacts} from './backup-set.ts'
import {createDatabaseSql, propertiesSql} from './database-sql.ts'
import {commentOn} from './swap.ts'

export interface RecoveryFacts {
  id: string
  database: string
  properties: DatabaseProperties
  server: ServerFacts
  /** The member that the dump is in, as it is stored, and then those with rows that it only defines. */
  archives: readonly MemberName[]
}

/** Returns RESTORE.md: how to get the data back with nothing but PostgreSQL's own programs. */
export function recoverySteps({id, database, properties, server, archives}: RecoveryFacts): string {
  const {comment} = properties
  const comments = comment === null ? [] : [commentOn(database, comment)]
  const isEncrypted = archives.some((name) => name.endsWith('.age'))
  const decrypted = archives.map((name) => name.replace(/\.age$/, ''))
  const compressed = decrypted.filter((name) => name.endsWith('.zst'))
  const memberNames = [...archives, isEncrypted ? 'globals.sql.age' : 'globals.sql']
  const connection = `--dbname=${shellWord(`dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)}`
  const statements = [createDatabaseSql(database, properties), propertiesSql(database, properties), ...comments]
  return `# Recover backup ${id} without sparkone

Needed: this folder and a PostgreSQL server of version ${server.version} or newer with the same extensions
(the image that the backup came from is enough). Its first role must be called \`${server.superuser}\`, since memberships in roles
name who granted them: \`initdb --username\` makes it, or \`POSTGRES_USER\` of the image, with \`POSTGRES_DB=postgres\` so that it makes no
database of that name. Run the commands in this folder as that role.

1. Check that the files are whole: compare \`sha256sum *\` with the values in \`manifest.json\`.
${isEncrypted ? decryptionStep(decrypted) : ''}${compressed.length > 0 ? decompressionStep(compressed) : ''}2. Create the roles. Errors about roles that exist already do no harm. From here on the passwords are those of the backup.

   \`\`\`sh
   psql --dbname=postgres --file=globals.sql
   \`\`\`

3. Create the database.

   \`\`\`sh
   psql --dbname=postgres --set=ON_ERROR_STOP=1 <<'SQL'
   ${statements.join(';\n').replaceAll('\n', '\n   ')};
   SQL
   \`\`\`

4. Load the data and let the planner look at it.

   \`\`\`sh
${loadCommands(connection, decrypted)}
   psql ${connection} --command=ANALYZE
   \`\`\`

5. Compare the rows of each table with \`contents.tables\` in \`manifest.json\`.

## If this folder lies in a bucket

Fetch it into an empty folder first. Any program for S3 will do; with curl alone, after writing the keys, the region and the address
of the folder in the place of those words:

\`\`\`console
umask 077
printf 'user = "%s:%s"\\n' ACCESS_KEY_ID SECRET_ACCESS_KEY > keys.txt
for name in manifest.json ${memberNames.join(' ')}; do
  curl --fail --silent --show-error --config keys.txt --aws-sigv4 aws:amz:REGION:s3 --header 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \\
    --remote-name "https://STORE/BUCKET/FOLDER/${id}/$name"
done
\`\`\`
`
}

/** Rows that lie apart come between the definitions and what needs them: sequences, keys, indexes. */
function loadCommands(connection: string, archives: readonly string[]): string {
  const [dump = '', ...rows] = archives.map((name) => name.replace(/\.zst$/, ''))
  const load = (file: string, options = '') => `   pg_restore --exit-on-error ${options}${connection} ${file}`
  if (rows.length === 0) return load(dump)
  return [load(dump, '--section=pre-data '), ...rows.map((file) => load(file)), load(dump, '--section=data --section=post-data ')].join(
    '\n',
  )
}

function decryptionStep(archives: readonly string[]): string {
  return `   Then decrypt them with the program age and the private key that is kept for that.

   \`\`\`sh
${[...archives, 'globals.sql'].map((name) => `   age --decrypt --identity key.txt --output ${name} ${name}.age`).join('\n')}
   \`\`\`

`
}

function decompressionStep(archives: readonly string[]): string {
  return `   Then decompress the dump with the program zstd; \`pg_restore\` of this version cannot read it as it is.

   \`\`\`sh
   zstd --decompress ${archives.join(' ')}
   \`\`\`

`
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
