import type {ApiAroundSwap} from '../domain/api-around-swap.ts'
import {OperatorError} from '../errors.ts'
import type {Config} from './schema.ts'

/** Returns what happens to the API around a swap, as the configuration says. Throws `usage` where the service to act on is not known. */
export function apiAroundSwapOf({restore, api, runtime}: Pick<Config, 'restore' | 'api' | 'runtime'>): ApiAroundSwap {
  const {before = null, after = null, startLimit} = restore
  if (restore.api !== 'leave' && (runtime !== 'compose' || api.service === undefined)) {
    throw new OperatorError('usage', `restore.api is ${restore.api}, but no Compose service of the API is known.`, {
      hint: 'Set api.service; outside of Compose say restore.before and restore.after instead.',
    })
  }
  const path = api.endpoints[0] ?? '/'
  return {
    service: restore.api === 'leave' ? null : {name: api.service!, action: restore.api},
    before,
    after,
    url: api.url === undefined ? null : new URL(path, api.url).href,
    limitMilliseconds: startLimit,
  }
}
