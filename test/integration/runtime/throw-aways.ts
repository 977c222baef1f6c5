import {describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/adapters/clock.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Ask} from './conformance.ts'
import {failureOf} from './queries.ts'

export function throwAwaysConform(ask: Ask): void {
  describe('a throw-away server', () => {
    it('has the version and the first role of the original, is reachable by nobody else and is gone afterwards', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      const original = await database.facts()
      {
        await using server = await database.ephemeral(original)
        const facts = await server.database.facts()
        expect(Math.floor(facts.versionNumber / 10_000)).toBe(subject.major)
        expect(facts.superuser).toBe(original.superuser)
        expect(facts.systemIdentifier).not.toBe(original.systemIdentifier)
        expect(server.description).not.toBe('')
        const settings = `SELECT current_setting('listen_addresses') AS addresses`
        expect(await server.database.query('postgres', settings)).toEqual([{addresses: ''}])
        await subject.expectUnreachable()
        expect(await subject.throwAways()).not.toEqual([])
      }
      expect(await subject.throwAways()).toEqual([])
    })

    it('is gone when it is interrupted, while it starts and later', async ({skip}) => {
      const subject = ask(skip)
      const original = await subject.runtime.database.facts()
      const early = new AbortController()
      const starting = failureOf((await subject.open(early.signal)).database.ephemeral(original))
      await expect.poll(() => subject.throwAways()).not.toEqual([])
      early.abort(new OperatorError('interrupted', 'Interrupted.'))
      expect(await starting).toBe('interrupted')
      expect(await subject.throwAways()).toEqual([])

      const late = new AbortController()
      {
        await using server = await (await subject.open(late.signal)).database.ephemeral(original)
        const asleep = failureOf(server.database.query('postgres', 'SELECT pg_sleep(60)'))
        await systemClock.sleep(0)
        late.abort(new OperatorError('interrupted', 'Interrupted.'))
        expect(await asleep).toBe('interrupted')
      }
      expect(await subject.throwAways()).toEqual([])
    })

    it('that a killed run left behind is swept away, but not by a run whose state folder is another, which our lock does not hold off', async ({
      skip,
    }) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      await database.ephemeral(await database.facts())
      expect(await (await subject.open(undefined, 'another-state')).sweep()).toEqual([])
      expect(await subject.throwAways()).not.toEqual([])
      const lines = await (await subject.open(new AbortController().signal)).sweep()
      expect(lines).toEqual([expect.stringContaining('throw-away')])
      expect(await subject.throwAways()).toEqual([])
      expect(await subject.runtime.sweep()).toEqual([])
    })
  })
}
