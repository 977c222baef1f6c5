import {hookRulesOf} from './hook-rules.ts'
import type {ReleaseRules} from '../domain/release-rules.ts'
import type {Config} from './schema.ts'

/** Returns the rules of releases, as the configuration says. */
export function releaseRulesOf({deploy, api, backup, prometheus}: Pick<Config, 'deploy' | 'api' | 'backup' | 'prometheus'>): ReleaseRules {
  const {gate, soak, migrations, hooks} = deploy
  const [endpoint = ''] = api.endpoints
  return {
    gate: {successes: gate.successes, intervalMilliseconds: gate.interval, limitMilliseconds: gate.limit},
    settleMilliseconds: deploy.settle,
    proxyLimitMilliseconds: deploy.proxy.limit,
    soak: {
      durationMilliseconds: soak.duration,
      intervalMilliseconds: soak.interval,
      failures: soak.failures,
      errors: soak.errors / 100,
      slowdown: soak.slowdown,
      acceptableSeconds: soak.acceptable / 1000,
      errorsQuery: soak.errorsQuery,
      p95Query: soak.p95Query,
    },
    backupMaxAgeMilliseconds: deploy.backupMaxAge,
    schema: {table: migrations.table, unknown: migrations.unknown, limitMilliseconds: migrations.limit},
    hooks: hookRulesOf(hooks),
    backupHooks: hookRulesOf(backup.hooks),
    apiUrl: api.url === undefined ? null : `${api.url.replace(/\/+$/, '')}${endpoint}`,
    prometheusUrl: prometheus.url?.replace(/\/+$/, '') ?? null,
  }
}
