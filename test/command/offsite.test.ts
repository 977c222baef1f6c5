import {beforeEach, describe, expect, test} from 'vitest'
import {OperatorError} from '../../src/lib/errors.ts'
import {MemoryOffsite} from '../support/fakes/offsite.ts'
import type {FakePorts} from '../support/fakes/ports.ts'
import {setOf} from '../support/retention/sets.ts'
import {openSession, type Session} from '../support/session.ts'

const outage = new OperatorError('unreachable', 's3://vault cannot be reached: ECONNREFUSED.', {hint: 'Check the network.'})

let session: Session
let ports: FakePorts
let vault: MemoryOffsite

beforeEach(() => {
  session = openSession()
  ports = session.ports
  vault = new MemoryOffsite('vault')
  ports.targets = [
    {name: 'vault', maxAgeMilliseconds: 1, store: vault},
    {name: 'attic', maxAgeMilliseconds: 1, store: new MemoryOffsite('attic')},
  ]
})

const sparkone: Session['sparkone'] = (line, portsOf) => session.sparkone(line, portsOf)
const document: Session['document'] = (line) => session.document(line)

describe('backup', () => {
  test('says what each target confirmed', async () => {
    const {code, stdout} = await sparkone('backup')
    expect(code).toBe(0)
    expect(stdout).toMatch(/copied to {2}vault, s3:\/\/vault\/\S+ \(.* confirmed/)
  })

  test('ends with 1 and names the target that has no copy, and what finishes it', async () => {
    vault.failing.publish = outage
    const {code, stdout} = await sparkone('backup')
    expect(code).toBe(1)
    expect(stdout).toContain('! no copy at vault: s3://vault cannot be reached')
    expect(await document('backup')).toMatchObject({
      exitCode: 1,
      copies: [
        {target: 'vault', confirmed: false, failure: {message: outage.message}},
        {target: 'attic', confirmed: true, failure: null},
      ],
    })
  })
})

describe('sync', () => {
  test('takes a proof that was made elsewhere, and the metrics follow it', async () => {
    const {id} = await document('backup')
    const verifiedAt = '2026-11-22T11:00:00.000Z'
    const [copy] = await vault.list()
    await vault.saveProof(copy!, {...setOf({daysAgo: 0}).proof!, id: String(id), verifiedAt})
    expect(await document('sync')).toMatchObject({status: 'done', targets: [{taken: [id]}, {taken: []}]})
    const {measured} = await ports.jobBook.read('verify')
    expect(measured).toMatchObject({last_proof_passed: 1, last_proof_timestamp_seconds: Date.parse(verifiedAt) / 1000})
  })

  test('copies what is missing and says so; a second time every target has everything', async () => {
    vault.failing.publish = outage
    const {id} = await document('backup')
    vault.failing = {}
    expect((await sparkone('sync --dry-run')).stdout).toContain(`copy ${String(id)}`)
    expect(await document('sync')).toMatchObject({
      status: 'done',
      targets: [
        {target: 'vault', copied: [{id}]},
        {target: 'attic', copied: []},
      ],
    })
    expect((await sparkone('sync')).stdout).toContain('vault (s3://vault) has everything')
  })

  test('ends with 1 when one target is down, and with 10 when all are', async () => {
    await sparkone('backup')
    vault.failing.copies = outage
    const {code, stdout} = await sparkone('sync')
    expect({code, stdout}).toMatchObject({code: 1, stdout: expect.stringContaining('! s3://vault cannot be reached')})
    ports.targets = ports.targets.slice(0, 1)
    expect(await document('sync')).toMatchObject({exitCode: 10, error: {kind: 'unreachable'}})
  })

  test('without a target ends with 3 and says where to name one', async () => {
    ports.targets = []
    const {code, stderr} = await sparkone('sync')
    expect({code, stderr}).toMatchObject({code: 3, stderr: expect.stringContaining('backup.offsite')})
  })
})

describe('restore --list', () => {
  test('says where each backup lies, and ends with 1 when a target cannot be looked at', async () => {
    const {id} = await document('backup')
    expect(await document('restore --list')).toMatchObject({exitCode: 0, backups: [{id, where: ['local', 'vault', 'attic']}], unseen: []})
    vault.failing.list = outage
    expect(await document('restore --list')).toMatchObject({
      exitCode: 1,
      backups: [{id, where: ['local', 'attic']}],
      unseen: [{name: 'vault'}],
    })
  })

  test('a backup that only a target has is restored from there', async () => {
    const {id} = await document('backup')
    const [set] = await ports.sets.list()
    await ports.sets.remove(set!)
    expect(await document(`restore ${String(id)} --yes`)).toMatchObject({exitCode: 0, label: id})
    expect(await document('verify latest --from attic')).toMatchObject({exitCode: 0, proof: {id, passed: true}})
    expect((await sparkone('verify latest --from cellar')).code).toBe(9)
  })
})
