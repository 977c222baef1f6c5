import type {ApiAroundSwap} from '../domain/api-around-swap.ts'
import {OperatorError} from '../errors.ts'
import type {Config} from './schema.ts'

/** Returns what happens to the API around a swap, as the configuration says. Throws `usage` where the service to act on is not known. */
export function apiAroundSwapOf({restore, api, runtime}: Pick<Config, 'restore' | 'api' | 'runtime'>): ApiAroundSwap {
  const {before = null, after = null, startLimit} = restore
  const path = api.endpoints[0] ?? '/'
  return {
    service: serviceAround(restore.api, runtime === 'compose' ? api.service : undefined),
    readOnly: restore.api === 'readonly',
    before,
    after,
    url: api.url === undefined ? null : new URL(path, api.url).href,
    limitMilliseconds: startLimit,
  }
}

/** To take no writes is up to the database, so that alone can do without a service. */
function serviceAround(chosen: Config['restore']['api'], name: string | undefined): ApiAroundSwap['service'] {
  if (chosen === 'leave') return null
  if (name !== undefined) return {name, action: chosen === 'stop' ? 'stop' : 'restart'}
  if (chosen === 'readonly') return null
  throw new OperatorError('usage', `restore.api is ${chosen}, but no Compose service of the API is known.`, {
    hint: 'Set api.service; outside of Compose say restore.before and restore.after instead.',
  })
}
