import type {HookRules} from '../domain/hooks.ts'
import type {Config} from './schema.ts'

/** Returns the programs around a piece of work, as the configuration says. */
export function hookRulesOf({before, after, failed, finally: always, limit}: Config['backup']['hooks']): HookRules {
  return {before: before ?? null, after: after ?? null, failed: failed ?? null, finally: always ?? null, limitMilliseconds: limit}
}
