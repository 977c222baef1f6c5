import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {sync} from '../../../src/lib/procedures/sync.ts'
import type {MemoryOffsite} from '../../support/fakes/offsite.ts'
import type {FakePorts} from '../../support/fakes/ports.ts'
import {rejection} from '../../support/folder.ts'
import {idsIn, openTwoTargets, outage, really} from '../../support/two-targets.ts'

let ports: FakePorts
let vault: MemoryOffsite
let attic: MemoryOffsite
let backUp: ReturnType<typeof openTwoTargets>['backUp']

beforeEach(() => {
  ;({ports, vault, attic, backUp} = openTwoTargets())
})

const synchronise = async () => (await perform(sync, {retention: null}, ports, really)).result!

describe('sync', () => {
  test('copies what is missing, and has nothing to do a second time', async () => {
    vault.failing.publish = outage
    const {set} = await backUp()
    vault.failing = {}
    expect(await synchronise()).toMatchObject([
      {target: 'vault', copied: [{id: set.manifest.id}], failures: []},
      {target: 'attic', copied: []},
    ])
    expect(await idsIn(vault)).toEqual([set.manifest.id])
    expect(await synchronise()).toMatchObject([{copied: []}, {copied: []}])
  })

  test('goes on with the others when a target is down, and says so', async () => {
    ports.targets = []
    const {set} = await backUp()
    ports.targets = [
      {name: 'vault', maxAgeMilliseconds: 1, store: vault},
      {name: 'attic', maxAgeMilliseconds: 1, store: attic},
    ]
    vault.failing.copies = outage
    expect(await synchronise()).toMatchObject([
      {target: 'vault', copied: [], failures: [{id: null, message: outage.message}]},
      {target: 'attic', copied: [{id: set.manifest.id}], failures: []},
    ])
  })

  test('ends as unreachable when no target can be reached', async () => {
    vault.failing.copies = outage
    attic.failing.copies = outage
    await expect(synchronise()).rejects.toMatchObject({kind: 'unreachable', hint: 'Check the network.'})
  })

  test('ends with the failure when nothing came of it', async () => {
    vault.failing.publish = outage
    await backUp()
    ports.targets = ports.targets.slice(0, 1)
    await expect(synchronise()).rejects.toMatchObject({kind: 'unreachable'})
  })

  test('without a target says how to name one', async () => {
    ports.targets = []
    const error = await rejection(synchronise(), OperatorError)
    expect(error).toMatchObject({kind: 'usage', hint: expect.stringContaining('backup.offsite')})
  })

  test('takes the proof that another machine, which has the key, made of a copy', async () => {
    const {set} = await backUp()
    const proof = {id: set.manifest.id, passed: true, verifiedAt: '2026-11-22T11:00:00.000Z'} as never
    await vault.saveProof(set, proof)
    expect(await synchronise()).toMatchObject([
      {target: 'vault', taken: [set.manifest.id]},
      {target: 'attic', taken: []},
    ])
    expect((await ports.sets.list())[0]!.proof).toMatchObject({passed: true})
    expect(await synchronise()).toMatchObject([{taken: []}, {taken: [], proofs: [set.manifest.id]}])
  })

  test.each([
    ['failed, since the copy here may be whole', {passed: false}, {}],
    ['is of other bytes', {passed: true}, {sha256: 'f'.repeat(64)}],
  ])('takes no proof of a copy that %s', async (_name, verdict, other) => {
    const {set} = await backUp()
    await vault.saveProof(set, {id: set.manifest.id, verifiedAt: '2026-11-22T11:00:00.000Z', ...verdict} as never)
    const list = vault.list.bind(vault)
    vault.list = async () =>
      (await list()).map((each) => ({
        ...each,
        manifest: {...each.manifest, members: each.manifest.members.map((member) => ({...member, ...other}))},
      }))
    expect(await synchronise()).toMatchObject([{taken: []}, {taken: []}])
    expect((await ports.sets.list())[0]!.proof).toBe(null)
  })

  test('copies a proof that is newer than the one there', async () => {
    const {set} = await backUp()
    const proof = {id: set.manifest.id, passed: true, verifiedAt: '2026-11-22T11:00:00.000Z'} as never
    await ports.sets.saveProof(set, proof)
    expect(await synchronise()).toMatchObject([{proofs: [set.manifest.id]}, {proofs: [set.manifest.id]}])
    expect(await synchronise()).toMatchObject([{proofs: []}, {proofs: []}])
  })

  test('copies what was said of a backup while a target was down, really, and takes no mark away', async () => {
    const {set} = await backUp()
    const said = {at: '2026-11-22T10:00:00.000Z', by: 'operator@server'}
    const marks = {format: 1, id: set.manifest.id, keep: said} as const
    await ports.sets.saveMarks(set, marks)
    await attic.saveMarks(set, {format: 1, id: set.manifest.id, accepted: said})
    expect((await perform(sync, {retention: null}, ports, {...really, dryRun: true})).plan.summary).toContain(
      `copy the marks of ${set.manifest.id} to vault`,
    )
    expect(await synchronise()).toMatchObject([{marks: [set.manifest.id]}, {marks: [set.manifest.id]}])
    expect((await vault.list())[0]!.marks).toEqual(marks)
    expect((await attic.list())[0]!.marks).toEqual({...marks, accepted: said})
    await ports.sets.saveMarks(set, {format: 1, id: set.manifest.id})
    expect(await synchronise()).toMatchObject([{marks: []}, {marks: []}])
    expect((await vault.list())[0]!.marks).toEqual(marks)
  })

  test('sends marks once where it may not read, and with a backup that was not there yet', async () => {
    vault.failing.publish = outage
    const {set} = await backUp()
    await ports.sets.saveMarks(set, {format: 1, id: set.manifest.id, keep: {at: '2026-11-22T10:00:00.000Z', by: 'operator@server'}})
    ports.targets = ports.targets.slice(0, 1)
    vault.failing = {list: new OperatorError('denied', 'These keys may not read.'), marks: outage}
    delete vault.failing.publish
    expect(await synchronise()).toMatchObject([{copied: [{id: set.manifest.id}], marks: [], failures: [{message: outage.message}]}])
    delete vault.failing.marks
    expect(await synchronise()).toMatchObject([{copied: [], marks: [set.manifest.id]}])
    expect(await synchronise()).toMatchObject([{copied: [], marks: []}])
  })

  test('takes a mark away that was taken away here while a target was down, and none that is newer there', async () => {
    const {set} = await backUp()
    const {id} = set.manifest
    const word = (hour: number) => ({at: `2026-11-22T${hour}:00:00.000Z`, by: 'operator@server'})
    await vault.saveMarks(set, {format: 1, id, keep: word(10)})
    await attic.saveMarks(set, {format: 1, id, keep: word(12)})
    await ports.sets.saveMarks(set, {format: 1, id, released: word(11)})
    expect(await synchronise()).toMatchObject([{marks: [id]}, {marks: []}])
    expect((await vault.list())[0]!.marks).toEqual({format: 1, id, released: word(11)})
    expect((await attic.list())[0]!.marks).toEqual({format: 1, id, keep: word(12)})
    expect(await synchronise()).toMatchObject([{marks: []}, {marks: []}])
  })

  test('puts marks that it may not read away only by a newer word on keeping', async () => {
    const {set} = await backUp()
    const {id} = set.manifest
    ports.targets = ports.targets.slice(0, 1)
    await vault.saveMarks(set, {format: 1, id, keep: {at: '2026-11-22T10:00:00.000Z', by: 'somebody'}})
    vault.failing = {list: new OperatorError('denied', 'These keys may not read.')}
    const later = {at: '2026-11-22T11:00:00.000Z', by: 'operator@server'}
    await ports.sets.saveMarks(set, {format: 1, id, accepted: later})
    expect(await synchronise()).toMatchObject([{marks: []}])
    await ports.sets.saveMarks(set, {format: 1, id, released: {...later, at: '2026-11-22T09:00:00.000Z'}})
    expect(await synchronise()).toMatchObject([{marks: []}])
    await ports.sets.saveMarks(set, {format: 1, id, released: later})
    expect(await synchronise()).toMatchObject([{marks: [id]}])
  })

  describe('of copies that never became whole', () => {
    const old = {
      id: '20261101T020000Z-bbbbbb',
      complete: false,
      members: [{name: 'database.dump', bytes: 1024, etag: 'a'}],
      proofAt: null,
      marksAt: null,
      newestAt: new Date('2026-11-20T09:00:00Z'),
    }

    beforeEach(() => {
      ports.targets = ports.targets.slice(0, 1)
      vault.partial = [old]
    })

    test('removes those that are older than two days, and names them and their files before', async () => {
      const {plan} = await perform(sync, {retention: null}, ports, {...really, dryRun: true})
      expect(plan.summary).toEqual([
        'remove what a dead run left of 20261101T020000Z-bbbbbb at vault: database.dump (1 KiB), without a manifest',
      ])
      expect(vault.partial).toHaveLength(1)
      expect(await synchronise()).toMatchObject([{leftovers: [old.id], remarks: []}])
      expect(vault.partial).toEqual([])
    })

    test.each([
      ['a file came within two days', {newestAt: new Date('2026-11-21T11:00:00Z')}],
      ['it has a proof, and so was whole once', {members: [...old.members, {name: 'proof.json', bytes: 1, etag: 'b'}]}],
      ['it has marks, and so was whole once', {members: [...old.members, {name: 'marks.json', bytes: 1, etag: 'b'}]}],
      ['a cleanup has begun to remove it', {members: [...old.members, {name: 'removing.json', bytes: 1, etag: 'b'}]}],
      ['it is whole', {complete: true}],
    ])('leaves one alone when %s', async (_why, traits) => {
      vault.partial = [{...old, ...traits}]
      expect(await synchronise()).toMatchObject([{leftovers: []}])
      expect(vault.partial).toHaveLength(1)
    })

    test('leaves one alone to which another machine is still sending parts', async () => {
      vault.uploads = [{id: old.id, name: 'globals.sql', uploadId: 'u', startedAt: new Date('2026-11-22T08:00:00Z')}]
      expect(await synchronise()).toMatchObject([{leftovers: []}])
    })

    test('leaves one that is locked, and says until when', async () => {
      vault.holding = 'database.dump is locked until 2026-12-01T00:00:00.000Z'
      expect(await synchronise()).toMatchObject([
        {leftovers: [], failures: [], remarks: [`${old.id} never became whole and was left: ${vault.holding}`]},
      ])
    })

    test('says once that keys may not remove anything, which is no failure', async () => {
      vault.partial = [old, {...old, id: '20261102T020000Z-cccccc'}]
      vault.failing = {remove: new OperatorError('denied', 's3://vault refuses.')}
      expect(await synchronise()).toMatchObject([
        {leftovers: [], failures: [], remarks: [expect.stringContaining('these keys may not remove it')]},
      ])
    })
  })

  test('copies no backup that failed its proof', async () => {
    ports.targets = []
    const {set} = await backUp()
    await ports.sets.saveProof(set, {id: set.manifest.id, passed: false, verifiedAt: '2026-11-22T11:00:00.000Z'} as never)
    ports.targets = [{name: 'vault', maxAgeMilliseconds: 1, store: vault}]
    expect(await synchronise()).toMatchObject([{copied: []}])
  })

  test('shows in a dry run what it would do, and does nothing', async () => {
    vault.failing.publish = outage
    const {set} = await backUp()
    vault.failing = {}
    const {plan, result} = await perform(sync, {retention: null}, ports, {...really, dryRun: true})
    expect(plan.summary).toEqual([expect.stringContaining(`copy ${set.manifest.id}`), 'attic has everything'])
    expect(result).toBeNull()
    expect(await idsIn(vault)).toEqual([])
  })
})
