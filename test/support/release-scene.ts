import {perform, type PerformOptions} from '../../src/lib/change.ts'
import {standardAnomalyRule} from '../../src/lib/domain/anomaly.ts'
import type {ReleaseRules} from '../../src/lib/domain/release-rules.ts'
import {deployResume} from '../../src/lib/procedures/deploy-resume.ts'
import {deploy, type DeployInput} from '../../src/lib/procedures/deploy.ts'
import {rollback, type RollbackInput} from '../../src/lib/procedures/rollback.ts'
import {abortError} from '../../src/lib/errors.ts'
import {FakePorts} from './fakes/ports.ts'

export const apiUrl = 'http://127.0.0.1:8088/health'

const noHooks = {before: null, after: null, failed: null, finally: null, limitMilliseconds: 60_000}

/** Rules as they are without any configuration, with an API behind a proxy. */
export const usualRules: ReleaseRules = {
  gate: {successes: 3, intervalMilliseconds: 1000, limitMilliseconds: 120_000},
  settleMilliseconds: 6000,
  proxyLimitMilliseconds: 30_000,
  soak: {
    durationMilliseconds: 60_000,
    intervalMilliseconds: 1000,
    failures: 2,
    errors: 0.01,
    slowdown: 2,
    acceptableSeconds: 0.5,
    errorsQuery: 'errors[$window]',
    p95Query: 'p95[$window]',
  },
  backupMaxAgeMilliseconds: 3_600_000,
  schema: {table: 'schema_migrations', unknown: 'breaking', limitMilliseconds: 60_000},
  hooks: noHooks,
  backupHooks: noHooks,
  apiUrl,
  prometheusUrl: null,
}

const backup = {allowEmpty: false, anomaly: standardAnomalyRule}
const really: PerformOptions = {dryRun: false, lockWaitMilliseconds: 0}

/** A shop whose API runs v1 in two containers behind a proxy that answers, and what an operator can do with it. */
export function openReleaseScene() {
  const ports = heedful(new FakePorts())
  ports.network.answer(apiUrl, {status: 200})
  const options = (dryRun: boolean) => ({...really, dryRun})
  return {
    ports,
    deploy: (reference?: string, {dryRun = false, ...more}: Partial<DeployInput> & {dryRun?: boolean} = {}) =>
      perform(deploy, {reference, rules: usualRules, backup, skipBackup: false, restart: false, ...more}, ports, options(dryRun)),
    rollback: (selector?: string, {dryRun = false, ...more}: Partial<RollbackInput> & {dryRun?: boolean} = {}) =>
      perform(rollback, {selector, withData: false, rules: usualRules, ...more}, ports, options(dryRun)),
    resume: ({back = false, dryRun = false} = {}) => perform(deployResume, {back, rules: usualRules, backup}, ports, options(dryRun)),
    /** What migrating to a version does to the schema, and what is told of it before. */
    offer: (version: string, ...migrations: {name: string; breaking: boolean | null}[]) => {
      ports.fleet.offer(version, migrations)
      ports.fleet.onMigrate = () => {
        const names = new Set(ports.postgres.migrations?.map(({name}) => name))
        ports.postgres.migrations = [...(ports.postgres.migrations ?? []), ...migrations.filter(({name}) => !names.has(name))]
      }
    },
    /** Does something until `arm` has it killed: from then on it does nothing more, and its lock counts for nothing. */
    killed: async (arm: (die: () => Promise<never>) => void, work: () => Promise<unknown>) => {
      const {promise, resolve} = Promise.withResolvers<void>()
      arm(() => {
        resolve()
        return new Promise<never>(() => {})
      })
      void work()
      await promise
      ports.lockBook.held.clear()
    },
    ledger: async () => (await ports.ledger.all()).map(({version, kind, outcome}) => `${kind} ${version}: ${outcome}`),
  }
}

/** As the real ones do, the database and git do nothing more once the run is interrupted; what asks without that signal still reaches them. */
function heedful(ports: FakePorts): FakePorts {
  const lasting = {...ports, signal: new AbortController().signal}
  const heeding = <T extends object>(target: T, name: keyof T): T =>
    new Proxy(target, {
      get(_, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        if (key !== name) return value.bind(target) as unknown
        return async (...words: unknown[]) => {
          if (ports.signal.aborted) throw abortError(ports.signal)
          return value.apply(target, words) as unknown
        }
      },
    })
  return Object.assign(ports, {
    uninterrupted: async () => lasting,
    runtime: async () => {
      const runtime = await lasting.runtime()
      return {...runtime, database: heeding(runtime.database, 'query')}
    },
    releaseStack: async () => heeding(await lasting.releaseStack(), 'switchTo'),
  })
}
