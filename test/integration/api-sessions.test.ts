import {describe, expect, it} from 'vitest'
import {checkPassword, hashPassword} from '../../ops/api/passwords.ts'
import {createSessions} from '../../ops/api/sessions.ts'
import {SessionsInMemory} from '../support/api-app.ts'

describe('passwords', () => {
  it('are kept as a hash that only the same password fits, however its letters were typed', async () => {
    const kept = await hashPassword('caf\u00e9 con leche')
    expect(kept).toMatch(/^scrypt\$32768\$8\$3\$/)
    expect(await checkPassword('cafe\u0301 con leche', kept)).toBe(true)
    expect(await checkPassword('cafe con leche', kept)).toBe(false)
  })

  it('that are the same have different hashes', async () => {
    expect(await hashPassword('the same')).not.toBe(await hashPassword('the same'))
  })

  it('of an account that does not exist take as long to refuse', async () => {
    const kept = await hashPassword('something else')
    const time = async (hash: string | null) => {
      const start = performance.now()
      expect(await checkPassword('wrong', hash)).toBe(false)
      return performance.now() - start
    }
    const [known, unknown] = [await time(kept), await time(null)]
    expect(unknown).toBeGreaterThan(known / 5)
  })
})

describe('sessions', () => {
  const lifetimeSeconds = 3600
  function begin() {
    const clock = {now: 1_000_000}
    const store = new SessionsInMemory()
    const sessions = createSessions(store, {lifetimeSeconds, rotationSeconds: 60}, () => clock.now)
    const wait = (seconds: number) => (clock.now += seconds * 1000)
    return {store, sessions, wait}
  }

  it('are kept under a digest, never under the id itself', async () => {
    const {store, sessions} = begin()
    const {id} = await sessions.start({userId: 1, name: 'Member'})
    expect([...store.kept.keys()].join()).not.toContain(id)
    expect(JSON.stringify([...store.kept.values()])).not.toContain(id)
    expect(await sessions.resume(id)).toMatchObject({id, session: {userId: 1}})
    expect(await sessions.resume('another')).toBeNull()
  })

  it('get a new id while they are in use, and the old one works a moment longer', async () => {
    const {store, sessions, wait} = begin()
    const {id} = await sessions.start({userId: 1, name: 'Member'})
    wait(61)
    const renewed = await sessions.resume(id)
    expect(renewed!.id).not.toBe(id)
    expect((await sessions.resume(id))!.id).toBe(id)
    expect([...store.kept.values()].map(({seconds}) => seconds).toSorted((a, b) => a - b)).toEqual([30, lifetimeSeconds - 61])
  })

  it('end with their lifetime, however often they were renewed', async () => {
    const {sessions, wait} = begin()
    let {id} = await sessions.start({userId: 1, name: 'Member'})
    for (let hour = 0; hour < 59; hour++) {
      wait(61)
      id = (await sessions.resume(id))?.id ?? ''
    }
    expect(id).not.toBe('')
    wait(61)
    expect(await sessions.resume(id)).toBeNull()
  })
})
