import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openComposeScene, type ComposeScene} from '../../support/faults/compose-scene.ts'
import {childOf, hold, soon} from '../../support/faults/programs.ts'
import {damageOf, listBackups, makeBackup} from '../../support/faults/sets.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

describe('with the database in a container', () => {
  let scene: ComposeScene
  let id: string
  let live: string
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.image || !testbed.composeV2) return
    scene = await openComposeScene(testbed)
    id = (await makeBackup(scene)).id
    await scene.sql('UPDATE state SET version = 1')
    live = await scene.fingerprint()
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())
  beforeEach(({skip}) => skip(!scene, 'the engine is missing'))

  async function startAgain(): Promise<void> {
    await scene.docker('start', scene.container)
    await soon('the database', async () => ((await scene.sql('SELECT 1').catch(() => '')) === '1' ? true : null), 60)
  }

  /** Only the first backup is there, nothing is left over, and the database is as it was. */
  async function whatIsLeft() {
    const {backups, broken} = await listBackups(scene)
    const damage = await Promise.all(backups.map(({location}) => damageOf(location)))
    return {
      backups: backups.map((backup) => backup.id),
      broken,
      damage: damage.flat(),
      live: await scene.fingerprint(),
      debris: await scene.debris(),
    }
  }

  const untouched = () => ({backups: [id], broken: [], damage: [], live, debris: []})

  it('a pg_dump that is killed in the container is no backup and leaves nothing', async () => {
    const run = scene.start(['backup'])
    const held = await scene.holdDump(run)
    process.kill(held.pid, 'SIGKILL')
    held.release()
    expect(await run.ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Dumping database shop failed: pg_dump was ended by SIGKILL/m),
    })
    expect(await whatIsLeft()).toEqual(untouched())
  })

  it('Ctrl-C during a dump ends it in the container too', async () => {
    const run = scene.start(['backup'])
    await childOf(run, /docker exec .*pg_dump .*--snapshot/)
    run.child.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(await whatIsLeft()).toEqual(untouched())
  })

  it('Ctrl-C during a restore ends it in the container too', async () => {
    const run = scene.start(['restore', id, '--yes'])
    await childOf(run, /docker exec .*pg_restore .*--dbname/)
    run.child.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(await whatIsLeft()).toEqual(untouched())
  })

  it('Ctrl-C during a verify removes the throw-away container', async () => {
    const run = scene.start(['verify', id])
    await run.prints(/Restore /)
    run.child.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(await whatIsLeft()).toEqual(untouched())
  })

  it('a container that is stopped during a dump makes no backup, and the next run works', async () => {
    const run = scene.start(['backup'])
    const held = await scene.holdDump(run)
    await scene.docker('stop', '--time', '20', scene.container)
    held.release()
    expect(await run.ended).toMatchObject({code: 10, stderr: expect.stringMatching(/^Dumping database shop failed: /m)})
    expect(await listBackups(scene)).toMatchObject({backups: [{id}], broken: [], kept: null})
    await startAgain()
    expect(await whatIsLeft()).toEqual(untouched())
  })

  it('a container that is killed during a restore leaves the old database, and the next run works and cleans up', async () => {
    const run = scene.start(['restore', id, '--yes'])
    const client = hold(await childOf(run, /docker exec .*pg_restore .*--dbname/))
    await scene.docker('kill', scene.container)
    client.release()
    const told = expect.stringMatching(/^Restoring into database shop_restoring_[0-9a-f]{6} failed: /m)
    expect(await run.ended).toMatchObject({code: 10, stderr: told})
    await startAgain()
    expect(await scene.fingerprint()).toBe(live)
    expect(await scene.run(['restore', id, '--yes', '--dry-run'])).toMatchObject({code: 0})
    expect(await scene.run(['restore', id, '--yes'])).toMatchObject({code: 0})
    expect(await scene.run(['restore', '--undo', '--yes'])).toMatchObject({code: 0})
    expect(await whatIsLeft()).toEqual(untouched())
    await scene.dropKept()
  })

  // Whatever comes next cleans up before it does anything; what is quickest finds nothing to undo.
  const undo = {words: ['restore', '--undo', '--yes'], code: 9}

  it.for([
    {verb: 'backup', program: 'pg_dump', words: /docker exec .*pg_dump .*--snapshot/, next: undo},
    {verb: 'restore', program: 'pg_restore', words: /docker exec .*pg_restore .*--dbname/, next: undo},
    {verb: 'verify', program: 'pg_restore', words: /docker exec .*pg_restore .*--dbname/, next: undo},
    {verb: 'verify', program: 'the start of a throw-away container', words: /docker run /, next: {words: ['verify'], code: 0}},
  ])('a SIGKILL to sparkone during $verb, in the middle of $program, is cleaned up by the next run', async ({verb, words, next}) => {
    const run = scene.start([verb, ...(verb === 'backup' ? [] : [id]), ...(verb === 'restore' ? ['--yes'] : [])])
    await childOf(run, words)
    run.child.kill('SIGKILL')
    await run.ended
    expect(await scene.fingerprint()).toBe(live)
    expect(await scene.run(next.words)).toMatchObject({code: next.code})
    expect(await whatIsLeft()).toEqual(untouched())
  })
})
