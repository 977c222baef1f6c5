import {incompatibleMigrations, releaseSteps, type SchemaState} from '../../domain/release.ts'
import {messageOf, OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import {isDataInPlace, takeDataBack} from './data.ts'
import {passProxyGate} from './gate.ts'
import {isOf, replaceReplicas} from './replace.ts'
import type {Run} from './run.ts'
import {readSchema} from './schema.ts'

const pauseMilliseconds = 5000

/**
 * Brings back what ran before a release that failed, and returns the error to end with: `rolledBack`, or how the run was interrupted, when that was done;
 * `failed`, with the state that things are in and what to do, when it could not be. Does not heed the signal of the run: half-way is the worst place to stop.
 */
export async function putBack(run: Run, cause: OperatorError): Promise<OperatorError> {
  const ports = await run.ports.uninterrupted()
  const before = run.undertaking.from.version ?? 'what ran before'
  const obstacle = await obstacleTo(run, ports)
  if (obstacle) return stranded(run, ports, {cause, obstacle, hint: hintFor(run)})
  try {
    await ports.progress.step(`${cause.message} Putting ${before} back`, () => bringBackInTwo(run, ports))
  } catch (error) {
    const hint = `sparkone rollback ${run.release.previous} tries again to put ${before} back; or deploy a corrected version.`
    return stranded(run, ports, {cause, obstacle: `It could not be put back: ${messageOf(error)}`, hint})
  }
  const unrecorded = await run.end('put back', cause.message)
  const interrupted = run.ports.signal.aborted
  const name = run.release.version ?? run.release.id
  const message = `${interrupted ? `Release ${name} was given up` : `Release ${name} failed`}; ${before} runs again.`
  return new OperatorError(interrupted ? cause.kind : 'rolledBack', message, {
    details: [cause.message, ...cause.details, ...run.remarks, ...unrecorded],
    hint: 'sparkone releases shows what was tried; sparkone deploy tries again.',
    cause,
  })
}

/** Returns why what ran before must not be put back, or null. */
async function obstacleTo(run: Run, ports: Ports): Promise<string | null> {
  const {release, undertaking} = run
  // Its schema comes back with the data.
  if (release.data !== null) return null
  const {unknown} = undertaking.rules.schema
  const present = await schemaNow(run, ports)
  if (present === 'unknown') {
    return unknown === 'breaking'
      ? 'The database does not tell which schema it has by now, so what ran before might not work with it.'
      : null
  }
  const breaking = incompatibleMigrations(present, release.schema.before, unknown)
  if (breaking.length === 0) return null
  return `What ran before cannot work with the schema any more: ${breaking.map(({name}) => name).join(', ')}.`
}

/** Where the server cannot be asked, everything that was to be migrated counts as done. */
async function schemaNow({undertaking, release}: Run, ports: Ports): Promise<SchemaState | 'unknown'> {
  const [at, migrating] = [releaseSteps.indexOf(release.step ?? 'backup'), releaseSteps.indexOf('migrate')]
  if (!undertaking.migrates || at < migrating) return release.schema.before
  try {
    return await readSchema(undertaking.rules.schema.table, ports)
  } catch {
    // Down, perhaps for the very reason that the release failed for.
    if (at > migrating) return release.schema.after
    return undertaking.pending === null ? 'unknown' : [...(release.schema.before ?? []), ...undertaking.pending]
  }
}

/** What the release did may make the first attempt stumble, as over a Docker that is busy; the second goes on with what the first has left. */
async function bringBackInTwo(run: Run, ports: Ports): Promise<void> {
  try {
    await bringBack(run, ports)
  } catch {
    await ports.clock.sleep(pauseMilliseconds)
    // What stands in the way of this one, too, is told.
    await bringBack(run, ports)
  }
}

async function bringBack(run: Run, ports: Ports): Promise<void> {
  const {undertaking, release} = run
  const {from, rules} = undertaking
  const stack = await ports.releaseStack()
  if (await isDataInPlace(release, ports)) await takeDataBack(ports)
  await stack.switchTo(from)
  const means = {ports, signal: ports.signal, lenient: true}
  for (const image of from.images) run.remarks.push(...(await replaceReplicas({image, since: null}, rules, stack, means)))
  await passProxyGate(rules, ports, ports.signal)
}

interface Stranding {
  cause: OperatorError
  obstacle: string
  hint: string
}

async function stranded(run: Run, ports: Ports, {cause, obstacle, hint}: Stranding): Promise<OperatorError> {
  const unrecorded = await run.end('failed', cause.message)
  const name = run.release.version ?? run.release.id
  return new OperatorError('failed', `Release ${name} failed, and what ran before was not put back.`, {
    details: [cause.message, ...cause.details, obstacle, ...(await stateOf(run, ports)), ...unrecorded],
    hint,
    cause,
  })
}

function hintFor({release, undertaking}: Run): string {
  return release.previous !== null && release.backup !== null
    ? `Deploy a corrected version, or go back with the data of before: sparkone rollback ${release.previous} --with-data (backup ${release.backup}).`
    : `Deploy a corrected version; ${undertaking.from.version ?? 'what ran before'} needs the schema of before.`
}

/** Returns a line for each service: how many containers run what. */
async function stateOf({release}: Run, ports: Ports): Promise<string[]> {
  try {
    const stack = await ports.releaseStack()
    return await Promise.all(
      release.images.map(async (image) => {
        const replicas = (await stack.replicas(image.service)).filter(({running}) => running)
        const fresh = replicas.filter((replica) => isOf(replica, image)).length
        return `${image.service}: ${fresh} of ${replicas.length} containers run ${image.name}`
      }),
    )
  } catch {
    // It may be Docker that failed in the first place.
    return ['Docker does not tell which containers run.']
  }
}
