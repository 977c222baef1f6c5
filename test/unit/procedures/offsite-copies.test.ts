import {beforeEach, describe, expect, test} from 'vitest'
import {DirectoryStore} from '../../../src/lib/adapters/directory/store.ts'
import {perform} from '../../../src/lib/change.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import type {Bytes} from '../../../src/lib/ports.ts'
import {listBackups} from '../../../src/lib/procedures/list-backups.ts'
import {findSource} from '../../../src/lib/procedures/restore-source.ts'
import type {MemoryOffsite} from '../../support/fakes/offsite.ts'
import type {FakePorts} from '../../support/fakes/ports.ts'
import {folderWith, rejection} from '../../support/folder.ts'
import {idsIn, openTwoTargets, outage, really} from '../../support/two-targets.ts'

let ports: FakePorts
let vault: MemoryOffsite
let attic: MemoryOffsite
let backUp: ReturnType<typeof openTwoTargets>['backUp']

beforeEach(() => {
  ;({ports, vault, attic, backUp} = openTwoTargets())
})

/** Yields what a dump begins with, in more than a store waits for to write it, and the rest once something has happened. */
async function* afterFirst(bytes: Bytes, event: Promise<void>): Bytes {
  for await (const chunk of bytes) {
    yield chunk.subarray(0, 5)
    yield Buffer.alloc(1024 * 1024, ' ')
    await event
    yield chunk.subarray(5)
  }
}

describe('a backup', () => {
  test('is copied to each target and says what was confirmed there', async () => {
    const {set, copies} = await backUp()
    expect(copies).toMatchObject([
      {target: 'vault', confirmed: true, failure: null},
      {target: 'attic', confirmed: true, failure: null},
    ])
    expect(await idsIn(vault)).toEqual([set.manifest.id])
    expect(await idsIn(attic)).toEqual([set.manifest.id])
  })

  test.each(['copy', 'write', 'publish'] as const)('is whole here when a target fails at its %s, which is told', async (step) => {
    vault.failing[step] = outage
    const {set, copies} = await backUp()
    expect(await idsIn(ports.sets)).toEqual([set.manifest.id])
    expect(copies).toMatchObject([
      {target: 'vault', confirmed: false, failure: {message: outage.message, hint: 'Check the network.'}},
      {target: 'attic', confirmed: true},
    ])
    expect(await idsIn(vault)).toEqual([])
  })

  test.each([0, 2])('that is interrupted when it is published, and confirmed at all %s targets, is done', async (count) => {
    ports.targets = ports.targets.slice(0, count)
    const create = ports.sets.create.bind(ports.sets)
    ports.sets.create = async (id) => {
      const draft = await create(id)
      const publish: typeof draft.publish = async (manifest) => {
        const set = await draft.publish(manifest)
        ports.abort.abort(new OperatorError('terminated', 'Terminated.'))
        return set
      }
      return {...draft, publish}
    }
    expect((await backUp()).copies.map(({confirmed}) => confirmed)).toEqual(Array.from({length: count}, () => true))
  })

  test('goes to its targets while it is still being dumped', async () => {
    const directory = new DirectoryStore(folderWith(), 'shop', 'production')
    Object.assign(ports, {store: async () => directory})
    const arrived = Promise.withResolvers<void>()
    // What comes from a growing file is only there until the next of it is asked for.
    attic.alter = (bytes) => Uint8Array.from(bytes)
    vault.alter = (bytes) => {
      arrived.resolve()
      return Uint8Array.from(bytes)
    }
    const dump = ports.postgres.dump.bind(ports.postgres)
    ports.postgres.dump = (...asked) => {
      const {bytes, program} = dump(...asked)
      return {bytes: afterFirst(bytes, arrived.promise), program}
    }
    const {copies} = await backUp()
    expect(copies).toMatchObject([{confirmed: true}, {confirmed: true}])
  })

  test('that fails its gate leaves no copy anywhere', async () => {
    ports.postgres.dumpLacks = ['orders']
    await expect(backUp()).rejects.toMatchObject({kind: 'corrupt'})
    expect(await idsIn(vault)).toEqual([])
    expect(vault.sets.drafts.size).toBe(0)
    expect(ports.sets.drafts.size).toBe(0)
  })

  test('is not copied when what is read of it is not what was written', async () => {
    vault.alter = (bytes) => bytes.map((byte, index) => (index === 3 ? byte ^ 1 : byte))
    const {copies} = await backUp()
    expect(copies[0]).toMatchObject({confirmed: false, failure: {message: expect.stringContaining('is not what was written')}})
    expect(await idsIn(vault)).toEqual([])
  })

  test('says in its plan where it will be copied to', async () => {
    const {plan} = await perform(backup, {allowEmpty: false}, ports, {...really, dryRun: true})
    expect(plan.summary.join('\n')).toContain('copy it to vault (s3://vault) while it is being written')
    expect(await idsIn(vault)).toEqual([])
  })
})

describe('of copies off-site', () => {
  test('the list says where each backup lies', async () => {
    vault.failing.publish = outage
    const {set} = await backUp()
    const {sets, unseen} = await listBackups(ports)
    expect(sets.map(({manifest, where}) => [manifest.id, where])).toEqual([[set.manifest.id, ['local', 'attic']]])
    expect(unseen).toEqual([])
  })

  test('a target that is down is named, and hides no backup', async () => {
    await backUp()
    vault.failing.list = outage
    const {sets, unseen} = await listBackups(ports)
    expect(sets).toHaveLength(1)
    expect(unseen).toEqual([{name: 'vault', location: 's3://vault', message: outage.message}])
  })

  test('one that lies here no more is found by its id, and the latest where nothing lies here', async () => {
    const {set} = await backUp()
    await ports.sets.remove(set)
    for (const selector of [set.manifest.id, 'latest']) {
      const source = await findSource(selector, ports, {proven: false})
      expect(source).toMatchObject({kind: 'set', label: set.manifest.id, store: vault})
    }
  })

  test('the one of a named target is taken although it lies here too', async () => {
    const {set} = await backUp()
    expect(await findSource(set.manifest.id, ports, {proven: false, from: 'attic'})).toMatchObject({store: attic})
    expect(await findSource(set.manifest.id, ports, {proven: false})).toMatchObject({store: ports.sets})
    await expect(findSource('latest', ports, {proven: false, from: 'cellar'})).rejects.toMatchObject({
      kind: 'notFound',
      hint: 'Known are local, vault, attic.',
    })
  })

  test('one that is not found names the targets that could not be asked', async () => {
    vault.failing.list = outage
    const error = await rejection(findSource('20260101', ports, {proven: false}), OperatorError)
    expect(error).toMatchObject({kind: 'notFound', details: [outage.message]})
  })
})
