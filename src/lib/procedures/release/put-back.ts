import {incompatibleMigrations, type Release, type SchemaState} from '../../domain/release.ts'
import {OperatorError} from '../../errors.ts'
import {takeDataBack} from './data.ts'
import {passProxyGate} from './gate.ts'
import {isOf, replaceReplicas} from './replace.ts'
import type {Run} from './run.ts'
import {readSchema} from './schema.ts'

/**
 * Brings back what ran before a release that failed, and returns the error to end with: `rolledBack`, or how the run was interrupted, when that was done;
 * `failed`, with the state that things are in and what to do, when it could not be. Does not heed the signal of the run: half-way is the worst place to stop.
 */
export async function putBack(run: Run, cause: OperatorError): Promise<OperatorError> {
  const {ports, release, undertaking} = run
  const reason = cause.message
  const name = release.version ?? release.id
  const obstacle = await obstacleTo(run)
  if (obstacle) {
    await settle(run, {outcome: 'failed', reason})
    return stranded(run, cause, obstacle)
  }
  try {
    await ports.progress.step(`${reason} Putting ${undertaking.from.version ?? 'what ran before'} back`, () => bringBack(run))
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    await settle(run, {outcome: 'failed', reason})
    return stranded(run, cause, `It could not be put back: ${error.message}`)
  }
  await settle(run, {outcome: 'put back', reason})
  const interrupted = ports.signal.aborted
  const message = `${interrupted ? `Release ${name} was given up` : `Release ${name} failed`}; ${undertaking.from.version ?? 'what ran before'} runs again.`
  return new OperatorError(interrupted ? cause.kind : 'rolledBack', message, {
    details: [reason, ...cause.details],
    hint: 'sparkone releases shows what was tried; sparkone deploy tries again.',
    cause,
  })
}

/** Returns why what ran before must not be put back, or null. */
async function obstacleTo(run: Run): Promise<string | null> {
  const {release, undertaking, ports, dataBrought} = run
  if (dataBrought) return ports.signal.aborted ? 'The data of the backup is in place, and the run was interrupted.' : null
  const present = await schemaNow(run)
  const breaking = incompatibleMigrations(present, release.schema.before, undertaking.rules.schema.unknown)
  if (breaking.length === 0) return null
  return `What ran before cannot work with the schema any more: ${breaking.map(({name}) => name).join(', ')}.`
}

/** Where the server cannot be asked, everything that was to be migrated counts as done. */
async function schemaNow({ports, undertaking, release}: Run): Promise<SchemaState> {
  if (!undertaking.migrates) return release.schema.before
  try {
    return await readSchema(undertaking.rules.schema.table, ports)
  } catch {
    return release.schema.after ?? [...(release.schema.before ?? []), ...(undertaking.pending ?? [])]
  }
}

async function bringBack(run: Run): Promise<void> {
  const {ports, undertaking, dataBrought} = run
  const {signal} = new AbortController()
  const stack = await run.stack()
  if (dataBrought) await takeDataBack(ports)
  await stack.switchTo(undertaking.from)
  for (const image of undertaking.from.images) await replaceReplicas({image, since: null}, undertaking.rules, stack, {ports, signal})
  await passProxyGate(undertaking.rules, ports, signal)
}

/** That it could not be recorded matters less than that the service is back, and must not hide it. */
async function settle(run: Run, changes: Pick<Release, 'outcome' | 'reason'>): Promise<void> {
  await run.note({...changes, endedAt: run.ports.clock.now().toISOString()}).catch(() => undefined)
}

async function stranded(run: Run, cause: OperatorError, obstacle: string): Promise<OperatorError> {
  const {release, undertaking} = run
  const withData = release.previous !== null && release.backup !== null
  return new OperatorError('failed', `Release ${release.version ?? release.id} failed, and what ran before was not put back.`, {
    details: [cause.message, ...cause.details, obstacle, ...(await stateOf(run))],
    hint: withData
      ? `Deploy a corrected version, or go back with the data of before: sparkone rollback ${release.previous} --with-data (backup ${release.backup}).`
      : `Deploy a corrected version; ${undertaking.from.version ?? 'what ran before'} needs the schema of before.`,
    cause,
  })
}

/** Returns a line for each service: how many containers run what. */
async function stateOf(run: Run): Promise<string[]> {
  const stack = await run.stack()
  const lines = run.release.images.map(async (image) => {
    const replicas = (await stack.replicas(image.service)).filter(({running}) => running)
    const fresh = replicas.filter((replica) => isOf(replica, image)).length
    return `${image.service}: ${fresh} of ${replicas.length} containers run ${image.name}`
  })
  return Promise.all(lines).catch(() => ['Docker does not tell which containers run.'])
}
