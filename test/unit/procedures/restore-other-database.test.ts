import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {BackupSet} from '../../../src/lib/domain/backup-set.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {restore, type RestoreInput} from '../../../src/lib/procedures/restore.ts'
import {verify} from '../../../src/lib/procedures/verify.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}

let ports: FakePorts
let own: BackupSet
let other: BackupSet

const take = async () => (await perform(backup, {allowEmpty: false}, ports, options)).result!.set

/** Into the same folder a database was backed up once whose name begins alike, later than the one that is meant. */
beforeEach(async () => {
  ports = new FakePorts()
  ports.postgres.databases.set('shop_prod', {comment: null, tables: {invoices: 7}})
  own = await take()
  ports.clock.advance(60_000)
  ports.lookAt('shop_prod')
  other = await take()
  ports.lookAt('shop')
})

const run = async (input: Partial<RestoreInput> = {}) =>
  (await perform(restore, {selector: 'latest', isFile: false, otherServer: false, ...input}, ports, options)).result!

describe('beside newer backups of another database', () => {
  test('the latest is that of the database that is meant, for a restore, by time, and for a proof', async () => {
    expect((await run()).source.label).toBe(own.manifest.id)
    expect((await run({at: '2026-11-22T12:00'})).source.label).toBe(own.manifest.id)
    expect((await perform(verify, {selector: 'latest'}, ports, options)).result!.proof.id).toBe(own.manifest.id)
  })

  test('one of these is never put in the place of the live one, also where the configuration does not tell which that is', async () => {
    const {only: _only, ...unsaid} = ports.settings
    for (const settings of [ports.settings, unsaid]) {
      ports.settings = settings
      await expect(run({selector: other.manifest.id})).rejects.toMatchObject({
        kind: 'usage',
        message: `Backup ${other.manifest.id} is of database shop_prod.`,
        hint: 'Say --database shop_prod.',
      })
    }
    expect(ports.postgres.steps.filter((step) => step.startsWith('swap'))).toEqual([])
    ports.lookAt('shop')
    await expect(perform(verify, {selector: other.manifest.id}, ports, options)).rejects.toMatchObject({kind: 'usage'})
  })

  test('a database that was renamed is told under which name its backups are', async () => {
    ports.lookAt('store')
    ports.postgres.databases.set('store', {comment: null, tables: {}})
    await expect(run()).rejects.toMatchObject({
      kind: 'notFound',
      message: expect.stringContaining('no backup of database store'),
      details: ['there are backups of database shop_prod: --database shop_prod', 'there are backups of database shop: --database shop'],
    })
  })
})
