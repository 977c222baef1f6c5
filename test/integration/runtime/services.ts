import {describe, expect, it} from 'vitest'
import type {Ask} from './conformance.ts'
import {failureOf} from './queries.ts'

export function servicesConform(ask: Ask): void {
  describe('services', () => {
    it('are listed with their states where the runtime knows them', async ({skip}) => {
      const {runtime, services} = ask(skip)
      const states = await runtime.services()
      expect(states.map(({service}) => service).toSorted()).toEqual(services.toSorted())
      for (const {state, exitCode, memoryBytes} of states) {
        expect({state, exitCode}).toEqual({state: 'running', exitCode: null})
        expect(memoryBytes).toBeGreaterThan(1024)
      }
    })

    it('are listed without what they use where there is no time to measure it', async ({skip}) => {
      const {runtime, services} = ask(skip)
      const states = await runtime.services(undefined, 1)
      expect(states.map(({service, state, memoryBytes}) => [service, state, memoryBytes]).toSorted()).toEqual(
        services.map((service) => [service, 'running', null]).toSorted(),
      )
    })

    it('have logs, of which the last lines are read', async ({skip}) => {
      const {runtime, logged} = ask(skip)
      expect(await failureOf(runtime.logs('no-such-service', 5))).toBe('notFound')
      if (!logged) return
      await expect.poll(() => runtime.logs(logged.service, 50)).toContainEqual(expect.stringContaining(logged.word))
      expect((await runtime.logs(logged.service, 2)).length).toBeLessThanOrEqual(2)
    })

    it('are restarted where the runtime runs them, and are not known elsewhere', async ({skip}) => {
      const {runtime, logged, services} = ask(skip)
      expect(await failureOf(runtime.control('no-such-service', 'stop'))).toBe('notFound')
      const service = services.find((each) => each === logged?.service)
      if (service === undefined) return
      const stateOf = async () => (await runtime.services(undefined, 1)).find((each) => each.service === service)?.state
      await runtime.control(service, 'stop')
      expect(await stateOf()).toBe('exited')
      await runtime.control(service, 'start')
      expect(await stateOf()).toBe('running')
    })

    it('answer for Redis, whose refusals are told from its silence', async ({skip}) => {
      const subject = ask(skip)
      const {runtime, redis} = subject
      if (redis === 'none') skip('Redis is missing')
      expect(await runtime.redis(['PING'])).toBe('PONG')
      await runtime.redis(['SET', 'a key', 'two words "quoted"'])
      expect(await runtime.redis(['GET', 'a key'])).toBe('two words "quoted"')
      if (redis === 'without password') return
      expect(await failureOf((await subject.openWithWrongCredentials()).redis(['PING']))).toBe('denied')
    })

    it('are unreachable when the database is stopped', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      await subject.stopDatabase()
      expect(await failureOf(database.query('postgres', 'SELECT 1'))).toBe('unreachable')
      expect(await failureOf(database.facts())).toBe('unreachable')
      expect(await failureOf(database.snapshot('postgres'))).toBe('unreachable')
      expect(await failureOf(database.globals())).toBe('unreachable')
      const states = await subject.runtime.services()
      const known = states.filter(({service}) => service === 'postgres')
      expect(known.filter(({state, memoryBytes}) => state !== 'exited' || memoryBytes !== null)).toEqual([])
    })
  })
}
