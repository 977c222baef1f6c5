import {describeFailure} from './failure.ts'
import {log} from './log.ts'
import type {RedisStore} from './redis.ts'

export interface AnswerCache {
  /** Returns the answer kept under `key`, or else what `make` returns, which is then kept. Without Redis it always makes. */
  remember<T>(key: string, make: () => Promise<T>): Promise<T>
  /** Makes every kept answer count as old; what was written must not be hidden by it. */
  forget(): Promise<void>
}

const generationKey = 'sparkone:answers:generation'

/** Returns a cache that all processes share. Answers carry the generation they were made in, so that forgetting all of them is one command. */
export function createCache(store: RedisStore | null, seconds: number, asked: (result: 'hit' | 'miss') => void): AnswerCache {
  if (store === null || seconds === 0) return {remember: (_key, make) => make(), forget: async () => undefined}
  return {
    async remember<T>(key: string, make: () => Promise<T>): Promise<T> {
      const found = await attempt(store, (client) => client.mget(generationKey, `sparkone:answers:${key}`))
      if (found === null) return make()
      const generation = found[0] ?? '0'
      const kept = found[1] ? (JSON.parse(found[1]) as {generation: string; answer: T}) : null
      if (kept?.generation === generation) {
        asked('hit')
        return kept.answer
      }
      asked('miss')
      const answer = await make()
      await attempt(store, (client) => client.set(`sparkone:answers:${key}`, JSON.stringify({generation, answer}), 'EX', seconds))
      return answer
    },
    async forget() {
      await attempt(store, (client) => client.incr(generationKey))
    },
  }
}

// A cache that cannot be had makes answers slower, never wrong or missing.
async function attempt<T>(store: RedisStore, work: Parameters<typeof store.run<T>>[0]): Promise<T | null> {
  try {
    return await store.run(work)
  } catch (error) {
    log('debug', 'the cache cannot be used', {reason: describeFailure(error)})
    return null
  }
}
