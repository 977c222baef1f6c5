import {randomBytes, randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'
import {abortError} from '../errors.ts'
import type {Clock, Random} from '../ports.ts'

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  async sleep(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, signal ? {signal} : {})
    } catch (error) {
      throw signal?.aborted ? abortError(signal) : error
    }
  },
}

export const systemRandom: Random = {shortId: () => randomBytes(3).toString('hex'), uuid: () => randomUUID()}
