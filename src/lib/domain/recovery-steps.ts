import type {DatabaseProperties, MemberName, ServerFacts} from './backup-set.ts'
import {createDatabaseSql, propertiesSql} from './database-sql.ts'
import {commentOn} from './swap.ts'

export interface RecoveryFacts {
  id: string
  database: string
  properties: DatabaseProperties
  server: ServerFacts
  /** The member that the dump is in, as it is stored. */
  dump: MemberName
}

/** Returns RESTORE.md: how to get the data back with nothing but PostgreSQL's own programs. */
export function recoverySteps({id, database, properties, server, dump}: RecoveryFacts): string {
  const {comment} = properties
  const comments = comment === null ? [] : [commentOn(database, comment)]
  const isEncrypted = dump.endsWith('.age')
  const archive = dump.replace(/\.age$/, '')
  const memberNames = [dump, isEncrypted ? 'globals.sql.age' : 'globals.sql']
  const statements = [createDatabaseSql(database, properties), propertiesSql(database, properties), ...comments]
  return `# Recover backup ${id} without sparkone

Needed: this folder and a PostgreSQL server of version ${server.version} or newer with the same extensions
(the image that the backup came from is enough). Its first role must be called \`${server.superuser}\`, since memberships in roles
name who granted them: \`initdb --username\` makes it, or \`POSTGRES_USER\` of the image. Run the commands in this folder as that role.

1. Check that the files are whole: compare \`sha256sum *\` with the values in \`manifest.json\`.
${isEncrypted ? decryptionStep(archive) : ''}${archive.endsWith('.zst') ? decompressionStep : ''}2. Create the roles. Errors about roles that exist already do no harm. From here on the passwords are those of the backup.

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
   pg_restore --exit-on-error --dbname=${shellWord(`dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)} database.dump
   psql --dbname=${shellWord(`dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)} --command=ANALYZE
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

function decryptionStep(archive: string): string {
  return `   Then decrypt them with the program age and the private key that is kept for that.

   \`\`\`sh
   age --decrypt --identity key.txt --output ${archive} ${archive}.age
   age --decrypt --identity key.txt --output globals.sql globals.sql.age
   \`\`\`

`
}

const decompressionStep = `   Then decompress the dump with the program zstd; \`pg_restore\` of this version cannot read it as it is.

   \`\`\`sh
   zstd --decompress database.dump.zst
   \`\`\`

`

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
