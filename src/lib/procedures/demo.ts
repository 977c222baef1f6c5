import {perform} from '../change.ts'
import type {HealthInput, HealthReport} from '../domain/health.ts'
import {quoteIdentifier, quoteLiteral} from '../domain/identifier.ts'
import type {RelationName} from '../domain/inventory.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import {backup, type BackupResult} from './backup.ts'
import {readState} from './database-contents.ts'
import {reportHealth} from './health.ts'
import {restore, type RestoreResult} from './restore.ts'
import {undoRestore, type UndoResult} from './undo-restore.ts'
import {verify, type VerifyResult} from './verify.ts'

/** What happened, told as it happens. Everything in it was measured. */
export type DemoEvent =
  | {kind: 'heading'; title: string; command: string | null}
  | {kind: 'health'; report: HealthReport}
  | {kind: 'backup'; result: BackupResult}
  | {kind: 'verify'; result: VerifyResult}
  | {kind: 'accident'; statements: readonly string[]}
  | {kind: 'restore'; result: RestoreResult}
  | {kind: 'compared'; what: string; tables: number}
  | {kind: 'undo'; result: UndoResult}
  | {kind: 'measured'; recoveryTimeSeconds: number; recoveryPointSeconds: number}

const options = {dryRun: false, lockWaitMilliseconds: 0}

/** What somebody does who believes to be on the staging server. */
const accident = [`DROP TABLE attachments`, `UPDATE messages SET body = 'test'`, `DELETE FROM events`]

/**
 * Runs health, backup, verify, an accident, health, restore, undo and redo on the stack, by the same procedures as the commands.
 * Throws `failed` when anything turns out otherwise than it must.
 */
export async function* demo(ports: Ports, input: HealthInput): AsyncGenerator<DemoEvent> {
  yield heading('How is the stack?', 'sparkone health')
  yield {kind: 'health', report: await reportHealth(input, ports)}
  const good = await fingerprints(ports)
  yield heading('Take a backup', 'sparkone backup')
  const taken = await finish(perform(backup, {allowEmpty: false}, ports, options))
  yield {kind: 'backup', result: taken}
  yield heading('Prove it by a real restore', 'sparkone verify')
  yield {kind: 'verify', result: await finish(perform(verify, {selector: 'latest'}, ports, options))}

  const accidentAt = yield* haveAccident(ports, input)
  const damaged = await fingerprints(ports)
  const {manifest} = taken.set
  yield heading('Bring the data back', 'sparkone restore latest')
  const restored = await finish(perform(restore, {selector: manifest.id, isFile: false, otherServer: false}, ports, options))
  yield {kind: 'restore', result: restored}
  yield await compared('The restored data is what was backed up', good, ports)
  yield* undo('Was that a mistake? Take it back', 'The damaged data is live again', damaged, ports)
  yield* undo('And forward again', 'The good data is live', good, ports)

  yield heading('How is the stack now?', 'sparkone health')
  yield {kind: 'health', report: await reportHealth(input, ports)}
  const recoveryPointSeconds = (accidentAt.getTime() - Date.parse(manifest.startedAt)) / 1000
  yield heading('Measured', null)
  yield {kind: 'measured', recoveryTimeSeconds: restored.seconds.total, recoveryPointSeconds}
}

async function* haveAccident(ports: Ports, input: HealthInput): AsyncGenerator<DemoEvent, Date> {
  const {database: server, databaseName} = await ports.runtime()
  yield heading('An accident', null)
  await server.execute(databaseName, accident.join(';\n'))
  const happenedAt = ports.clock.now()
  yield {kind: 'accident', statements: accident}
  yield heading('Does health notice?', 'sparkone health')
  const report = await reportHealth(input, ports)
  yield {kind: 'health', report}
  const noticed = report.findings.some(({subject, status}) => subject === 'tables' && status === 'critical')
  assertThat(noticed, 'health did not notice the missing table')
  return happenedAt
}

async function* undo(title: string, what: string, expected: ReadonlyMap<string, string>, ports: Ports): AsyncGenerator<DemoEvent> {
  yield heading(title, 'sparkone restore --undo')
  yield {kind: 'undo', result: await finish(perform(undoRestore, {}, ports, options))}
  yield await compared(what, expected, ports)
}

function heading(title: string, command: string | null): DemoEvent {
  return {kind: 'heading', title, command}
}

async function finish<Result>(performed: Promise<{result: Result | null}>): Promise<Result> {
  const {result} = await performed
  if (result === null) throw new OperatorError('bug', 'A step of the demo planned without acting.')
  return result
}

async function compared(what: string, expected: ReadonlyMap<string, string>, ports: Ports): Promise<DemoEvent> {
  const found = await fingerprints(ports)
  const names = [...new Set([...expected.keys(), ...found.keys()])]
  const different = names.filter((name) => expected.get(name) !== found.get(name))
  assertThat(different.length === 0, `${different.join(', ')} differ`)
  return {kind: 'compared', what, tables: names.length}
}

/** Returns a hash over all rows of each table, whatever their order. */
async function fingerprints(ports: Ports): Promise<Map<string, string>> {
  const {database: server, databaseName} = await ports.runtime()
  const {
    catalogue: {tables},
  } = await readState(server, databaseName)
  const rows = await server.query<{name: string; hash: string | null}>(databaseName, tables.map(hashSql).join(' UNION ALL '))
  return new Map(rows.map(({name, hash}) => [name, hash ?? 'empty']))
}

function hashSql({schema, name}: RelationName): string {
  const table = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  return `SELECT ${quoteLiteral(name)} AS name, md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS hash FROM ONLY ${table} AS t`
}

function assertThat(condition: boolean, complaint: string): void {
  if (!condition) throw new OperatorError('failed', `The demo did not go as it must: ${complaint}.`)
}
