import {
  releaseSteps,
  schemaVersion,
  type Content,
  type Migration,
  type Release,
  type ReleaseStep,
  type SchemaState,
} from '../../domain/release.ts'
import type {ReleaseRules} from '../../domain/release-rules.ts'
import {OperatorError, withDetails} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {BackupInput} from '../backup.ts'
import {putBack} from './put-back.ts'
import {Run} from './run.ts'
import type {Soaked} from './soak.ts'

/** A release to be brought up, with everything that was decided about it. */
export interface Undertaking {
  release: Release
  /** What runs, and is put back when the release fails. */
  from: Content
  rules: ReleaseRules
  /** How a backup is made; null where one that is recent enough is named by the release, or none is wanted. */
  backup: BackupInput | null
  migrates: boolean
  /** What the migrations would be; null where nothing tells. */
  pending: readonly Migration[] | null
}

export interface CarriedOut {
  release: Release
  soaked: Soaked | null
  lastLines: readonly string[]
  /** What went wrong and did not make it fail. */
  remarks: readonly string[]
}

const linesShown = 10

/**
 * Does the steps of a release from one of them on, each written to the ledger before it is begun. Throws `rolledBack` when the release failed and what ran
 * before was put back, `failed` when it could not be, and what the failure was where nothing had been changed.
 */
export async function carryOut(undertaking: Undertaking, ports: Ports, from: ReleaseStep = 'backup'): Promise<CarriedOut> {
  const run = new Run(undertaking, ports)
  try {
    await run.perform(releaseSteps.slice(releaseSteps.indexOf(from), releaseSteps.indexOf('after')))
  } catch (error) {
    const ending = await endOf(run, error)
    const troubles = [...(await run.tryHook('failed')), ...(await run.tryHook('finally'))]
    throw ending instanceof OperatorError ? withDetails(ending, troubles) : ending
  }
  run.remarks.push(...(await run.end('good', null)), ...(await run.tryHook('after')), ...(await run.tryHook('finally')))
  return {
    release: run.release,
    soaked: run.soaked,
    lastLines: await lastLinesOf(run),
    remarks: [...(run.soaked?.remarks ?? []), ...run.remarks],
  }
}

/** Returns the error to end with, after whatever could be put back was: a bug of ours leaves no less half-done than what the release did wrong. */
async function endOf(run: Run, error: unknown): Promise<unknown> {
  const cause = run.ports.signal.aborted && run.ports.signal.reason instanceof OperatorError ? run.ports.signal.reason : error
  const failure = cause instanceof OperatorError ? cause : new OperatorError('failed', `sparkone has a bug: ${String(cause)}.`, {cause})
  const step = run.release.step ?? 'backup'
  if (releaseSteps.indexOf(step) >= releaseSteps.indexOf('switch')) return putBack(run, failure)
  const unrecorded = await run.end('abandoned', failure.message)
  return cause instanceof OperatorError ? withDetails(cause, ['Nothing was changed.', ...unrecorded]) : cause
}

/** A release that is good stays so, whether or not its containers can be asked what they say. */
async function lastLinesOf(run: Run): Promise<string[]> {
  try {
    const stack = await run.stack()
    const first = run.release.images.find(({replicas}) => replicas > 0)
    const newest = first && (await stack.replicas(first.service)).at(-1)
    return newest ? await stack.lastLines(newest, linesShown) : []
  } catch {
    return []
  }
}

/** Returns words for the version of a schema. */
export function describeSchema(schema: SchemaState): string {
  return schema === null ? 'not known' : (schemaVersion(schema) ?? 'empty')
}
