import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {backupId, type BackupSet} from '../../../src/lib/domain/backup-set.ts'
import type {DrillChecks} from '../../../src/lib/domain/drill.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {drill, type DrillInput} from '../../../src/lib/procedures/drill.ts'
import {MemoryOffsite} from '../../support/fakes/offsite.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {collect} from '../../support/fakes/store.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}
const objectives = {recoveryTimeSeconds: 3600, recoveryPointSeconds: 86_400}
const program = {argv: ['serve', '--port=4000'], url: 'http://127.0.0.1:4000/health', limitMilliseconds: 10_000}
const address = 'postgres://visitor:secret@127.0.0.1:5999/shop_verify'

let ports: FakePorts
let set: BackupSet

beforeEach(async () => {
  ports = new FakePorts()
  set = (await perform(backup, {allowEmpty: false}, ports, options)).result!.set
})

const run = async (checks: Partial<DrillChecks> = {}, input: Partial<DrillInput> = {}) =>
  (await perform(drill, {from: undefined, checks: {queries: [], program: null, ...checks}, objectives, ...input}, ports, options)).result!
const failure = (...words: Parameters<typeof run>) =>
  run(...words).then(
    () => {
      throw new Error('The drill did not fail.')
    },
    (error: unknown) => error as OperatorError,
  )

/** Adds a target that holds a copy of the backup, begun so many hours later and so another one unless it has the same id. */
async function addTarget(name: string, hoursLater: number, sameId?: string) {
  const store = new MemoryOffsite(name)
  const startedAt = new Date(Date.parse(set.manifest.startedAt) + hoursLater * 3_600_000)
  const id = sameId ?? backupId(startedAt, 'aaaaaa')
  const draft = await store.copy(id)
  for (const member of set.manifest.members) await draft.write(member.name, oneChunk(await collect(ports.sets.read(set, member.name))))
  await draft.publish({...set.manifest, id, startedAt: startedAt.toISOString()})
  ports.targets.push({name, maxAgeMilliseconds: 1, store})
  return {store, id}
}

async function* oneChunk(bytes: Uint8Array) {
  yield bytes
}

describe('a drill', () => {
  test('proves the newest backup on this machine where there is none off-site, and keeps its report', async () => {
    const {report, location} = await run()
    expect(report).toMatchObject({id: set.manifest.id, from: 'memory', passed: true, failures: [], met: true})
    expect(location).toBe(`memory/${set.manifest.id}.json`)
    expect(await ports.drillBook.newest()).toEqual(report)
    expect(ports.postgres.ephemerals).toMatchObject([{disposed: true}])
  })

  test('takes the newest of all targets off-site, although there is one on this machine', async () => {
    await addTarget('near', 0)
    const {id} = await addTarget('far', 2)
    ports.clock.advance(3 * 3_600_000)
    expect((await run()).report).toMatchObject({id, from: 's3://far', passed: true})
  })

  test('takes it from where it is told to', async () => {
    await addTarget('far', 2)
    expect((await run({}, {from: 'local'})).report.id).toBe(set.manifest.id)
  })

  test('takes another target where one cannot be reached, and says why when none can', async () => {
    const near = await addTarget('near', 0)
    const far = await addTarget('far', 2)
    far.store.failing.list = new OperatorError('unreachable', 'far is down')
    expect((await run()).report.from).toBe('s3://near')
    near.store.failing.list = new OperatorError('unreachable', 'near is down')
    expect(await failure()).toMatchObject({kind: 'unreachable', details: ['near is down', 'far is down']})
  })

  test('holds the age of the data against the objective, and its own time', async () => {
    ports.clock.advance(86_401_000)
    const {report} = await run()
    expect(report).toMatchObject({passed: true, recoveryPointSeconds: 86_401, met: false})
    expect(report.recoveryTimeSeconds).toBeGreaterThanOrEqual(0)
  })

  test('leaves its proof with the backup, which counts as proven from then on', async () => {
    const {proof, remarks} = await run()
    expect(await ports.sets.list()).toMatchObject([{proof: {passed: true, verifiedAt: proof.verifiedAt}}])
    expect(remarks).toEqual([])
  })

  test('leaves its proof with the copy off-site, and with the same backup on this machine', async () => {
    const {store} = await addTarget('far', 0, set.manifest.id)
    const {proof} = await run()
    expect((await store.list())[0]!.proof).toEqual(proof)
    expect((await ports.sets.list())[0]!.proof).toEqual(proof)
  })

  test('leaves nothing with a backup of this machine whose bytes are others', async () => {
    const {store} = await addTarget('far', 2)
    await run()
    expect((await store.list())[0]!.proof?.passed).toBe(true)
    expect((await ports.sets.list())[0]!.proof).toBeNull()
  })

  test('passes where the keys may only read, says so, and leaves the proof on this machine', async () => {
    const {store} = await addTarget('far', 0, set.manifest.id)
    store.failing.proof = new OperatorError('denied', 'These keys may not write.')
    const {report, proof, remarks} = await run()
    expect(report).toMatchObject({passed: true, met: true})
    expect(remarks).toEqual(['the proof could not be kept in s3://far: These keys may not write.'])
    expect((await ports.sets.list())[0]!.proof).toEqual(proof)
  })

  test('only plans with --dry-run', async () => {
    const input = {from: undefined, checks: {queries: [], program}, objectives}
    const {plan, result} = await perform(drill, input, ports, {...options, dryRun: true})
    expect(result).toBeNull()
    expect(plan.summary.join('\n')).toContain('run serve on it until http://127.0.0.1:4000/health answers')
    expect(ports.postgres.ephemerals).toEqual([])
    expect(ports.toolbox.started).toEqual([])
  })
})

describe('a drill fails', () => {
  test('when the backup is not what was backed up, and knows no recovery time then', async () => {
    ports.postgres.afterRestore = (database) => (database.changed = ['orders'])
    const {report, proof} = await run()
    expect(proof.passed).toBe(false)
    expect(report).toMatchObject({passed: false, met: false, recoveryTimeSeconds: null})
    expect(report.failures).toEqual([expect.stringMatching(/^contents of table public\.orders: expected hash/)])
  })

  test('and the backup counts as one that failed its proof, but the same on this machine does not', async () => {
    const {store} = await addTarget('far', 0, set.manifest.id)
    ports.postgres.afterRestore = (database) => (database.changed = ['orders'])
    await run()
    expect((await store.list())[0]!.proof?.passed).toBe(false)
    expect((await ports.sets.list())[0]!.proof).toBeNull()
  })

  test('and a backup that was proven is proven no longer when its bytes are damaged', async () => {
    await run()
    ports.sets.damage(set.manifest.id, 'database.dump')
    await failure()
    expect((await ports.sets.list())[0]!.proof?.passed).toBe(false)
  })

  test('with the damage in its words where that cannot be kept with the backup', async () => {
    const {store} = await addTarget('far', 0, set.manifest.id)
    store.sets.damage(set.manifest.id, 'database.dump')
    store.failing.proof = new OperatorError('denied', 'These keys may not write.')
    expect(await failure()).toMatchObject({kind: 'corrupt', message: 'database.dump is damaged.'})
  })

  test('when the stored bytes are damaged, and that is kept as well', async () => {
    ports.sets.damage(set.manifest.id, 'database.dump')
    expect(await failure()).toMatchObject({kind: 'corrupt', exitCode: 13})
    expect(await ports.drillBook.newest()).toMatchObject({passed: false, failures: ['database.dump is damaged.']})
  })

  test.each([
    ['another value', [{count: 0}], '0'],
    ['no row', [], 'no row'],
    ['NULL', [{count: null}], 'NULL'],
    ['an error', new OperatorError('failed', 'relation "orders" does not exist'), 'relation "orders" does not exist'],
  ])('when a query is answered by %s', async (_what, answer, actual) => {
    ports.postgres.answers.set('SELECT count(*) FROM orders', answer)
    const {report, proof} = await run({queries: [{name: 'orders', query: 'SELECT count(*) FROM orders;', expect: '>= 1'}]})
    expect(proof.passed).toBe(true)
    expect(report).toMatchObject({passed: false, met: false, recoveryTimeSeconds: null})
    expect(report.failures).toEqual([`orders: expected >= 1, found ${actual}`])
  })

  test('when the program ends instead of answering, with its last words and without the address of the database', async () => {
    ports.toolbox.ending = {exitCode: 1, output: `starting\ncannot reach ${address}\n`}
    const {report} = await run({program})
    expect(report.passed).toBe(false)
    expect(report.checks).toMatchObject([
      {name: 'serve', passed: false, actual: expect.stringContaining('ended with 1: cannot reach DATABASE_URL')},
    ])
    expect(JSON.stringify(ports.log)).not.toContain('secret')
  })

  test('when the program never answers', async () => {
    ports.toolbox.ending = null
    const {report} = await run({program})
    expect(report.checks[0]).toMatchObject({passed: false, actual: expect.stringMatching(/nothing listens there\., for 10 s$/)})
    expect(ports.toolbox.running).toBe(0)
  })

  test('says nothing of recovery when it could not be carried out', async () => {
    ports.postgres.failing.ephemeral = new OperatorError('unreachable', 'docker is not running')
    expect((await failure()).kind).toBe('unreachable')
    expect(await ports.drillBook.newest()).toBeNull()
  })
})

describe('the program of a drill', () => {
  test('gets the address of the restored database by its environment, works until it answers, and is ended', async () => {
    ports.toolbox.ending = null
    ports.network.answer(program.url, {status: 200})
    const {report} = await run({program})
    expect(report).toMatchObject({passed: true, checks: [{name: 'serve', actual: `${program.url} answers with 200`, passed: true}]})
    expect(ports.toolbox.started).toEqual([{argv: program.argv, environment: {DATABASE_URL: address}}])
    expect(ports.toolbox.running).toBe(0)
  })

  test.each([
    [0, true, 'ends with 0'],
    [3, false, 'ended with 3: no orders'],
  ])('without an address to ask must end with 0: %s', async (exitCode, passed, actual) => {
    ports.toolbox.ending = {exitCode, output: 'no orders\n'}
    const {report} = await run({program: {...program, url: null}})
    expect(report.checks).toMatchObject([{passed, actual}])
  })
})

describe('a throw-away server that lacks an extension', () => {
  test('ends the drill with the name of what is missing', async () => {
    const id = set.manifest.id
    set.manifest.catalogue = {...set.manifest.catalogue, extensions: [{name: 'vector', version: '0.8.0'}]}
    expect(await failure()).toMatchObject({
      kind: 'incompatible',
      exitCode: 6,
      message: `The throw-away server lacks extensions that backup ${id} needs: vector 0.8.0.`,
    })
    expect(await ports.drillBook.newest()).toMatchObject({passed: false})
  })
})
