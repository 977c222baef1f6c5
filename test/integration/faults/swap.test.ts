import {Client} from 'pg'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {makeBackup} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

const clients = 20

/** What a client saw, and when it connected. */
interface Sight {
  connected: number
  at: number
  seen: string
}

describe('the swap', () => {
  let scene: HostScene
  let url: string
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.hostPostgresBin) return
    scene = await openHostScene(testbed)
    url = Object.assign(new URL(scene.cluster.url), {pathname: '/shop'}).href
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())
  beforeEach(({skip}) => skip(!scene, 'PostgreSQL is missing'))

  /** Connects, asks a few times and leaves, again and again, as an application does whose pool has lost its server. */
  async function disturb(until: AbortSignal, sights: Sight[]): Promise<void> {
    while (!until.aborted) {
      const client = new Client({connectionString: url})
      // The swap ends the session: the client sees an error and comes again.
      client.on('error', () => undefined)
      try {
        await client.connect()
        const connected = performance.now()
        for (let question = 0; question < 5 && !until.aborted; question += 1) {
          const {rows} = await client.query<{seen: string}>(
            `SELECT (SELECT version FROM state) || ' ' || (SELECT count(*) FROM customers WHERE note IS NULL) AS seen`,
          )
          sights.push({connected, at: performance.now(), seen: rows[0]!.seen})
        }
      } catch {
        // Shown out or held at the door: what counts is what those saw who got in.
      } finally {
        await client.end().catch(() => undefined)
      }
    }
  }

  it(`takes under a second with ${clients} clients that come back all the time, none of whom sees a mixture`, async () => {
    const {id} = await makeBackup(scene)
    await scene.sql('UPDATE state SET version = 1; UPDATE customers SET note = NULL WHERE id <= 1000')
    const stop = new AbortController()
    const sights: Sight[] = []
    const disturbing = Array.from({length: clients}, () => disturb(stop.signal, sights))
    const {code, stdout} = await scene.run(['restore', id, '--yes', '--json'])
    stop.abort()
    await Promise.all(disturbing)

    expect(code).toBe(0)
    const {seconds} = JSON.parse(stdout) as {seconds: {swap: number}}
    expect(seconds.swap).toBeLessThan(1)
    const [old, new_] = ['1 1000', '0 0']
    expect(new Set(sights.map(({seen}) => seen))).toEqual(new Set([old, new_]))
    const firstNew = Math.min(...sights.filter(({seen}) => seen === new_).map(({at}) => at))
    const lastOld = Math.max(...sights.filter(({seen}) => seen === old).map(({connected}) => connected))
    expect(lastOld).toBeLessThan(firstNew)
    expect(await scene.debris()).toEqual([])
  })
})
