import type {DatabaseProperties} from '../../domain/backup-set.ts'
import type {Access} from '../../domain/access.ts'
import {quoteIdentifier} from '../../domain/identifier.ts'
import type {Catalogue, RelationName} from '../../domain/inventory.ts'
import type {Snapshot} from '../../ports.ts'
import type {RunningProgram} from '../process/executor.ts'
import {accessSql} from './access-sql.ts'
import {catalogueSql, propertiesSql, rolesSql} from './catalogue-sql.ts'

const endMark = 'sparkone-end-of-answer'

export interface SnapshotOptions {
  lockWaitMilliseconds: number
  /** Tables that several programs will read: a definition that changed before the last of them came would show it an empty table. */
  locked: readonly RelationName[]
}

// Locks come before the first SELECT, with which the snapshot begins. An empty search_path makes every definition spell out its schemas, so that two servers say the same.
const script = ({lockWaitMilliseconds, locked}: SnapshotOptions) => `
BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL search_path = '';
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = ${lockWaitMilliseconds};
${lockSql(locked)}
SELECT jsonb_build_object('id', pg_export_snapshot(), 'databaseBytes', pg_database_size(current_database()),
  'catalogue', (${catalogueSql}), 'properties', (${propertiesSql}), 'roles', (${rolesSql}), 'access', (${accessSql}));
\\echo ${endMark}
`

/** Returns the snapshot that an interactive psql exports; it lasts until disposed of. Throws `ProgramFailure`, also where a definition stays locked. */
export async function openSnapshot(program: RunningProgram, options: SnapshotOptions): Promise<Snapshot> {
  program.write(script(options))
  const text = await readAnswer(program)
  const answer = JSON.parse(text) as {
    id: string
    databaseBytes: number
    catalogue: Catalogue
    properties: DatabaseProperties
    roles: string[]
    access: Access
  }
  return {
    ...answer,
    async [Symbol.asyncDispose]() {
      program.write('COMMIT;\n\\quit\n')
      // The answer is in hand: how this session ends changes nothing.
      await program.done.catch(() => undefined)
    },
  }
}

function lockSql(tables: readonly RelationName[]): string {
  if (tables.length === 0) return ''
  const names = tables.map(({schema, name}) => `ONLY ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`)
  return `LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE;`
}

async function readAnswer(program: RunningProgram): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  const chunks = program.stdout[Symbol.asyncIterator]()
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    text += decoder.decode(next.value, {stream: true})
    const end = text.indexOf(`\n${endMark}`)
    if (end !== -1) return text.slice(0, end)
  }
  await program.done
  throw new Error('psql ended before it answered')
}
