import {expect, test} from 'vitest'
import {FileReleases} from '../../src/lib/adapters/releases.ts'
import type {Release} from '../../src/lib/domain/release.ts'
import {folderWith} from '../support/folder.ts'

const release = (id: string): Release => ({
  id,
  kind: 'deploy',
  reference: '1.4',
  previous: null,
  version: '1.4',
  commit: null,
  images: [{service: 'api', name: 'api:1.4', id: 'sha256:ab', digest: null, replicas: 2}],
  schema: {before: null, after: [{name: '001', breaking: null}]},
  backup: null,
  restart: false,
  data: null,
  actor: 'operator@server',
  startedAt: '2026-11-22T10:00:00.000Z',
  endedAt: null,
  outcome: null,
  step: 'backup',
  reason: null,
})

test('a release is read back as it was written, the newest first', async () => {
  const ledger = new FileReleases(folderWith(), 'shop-production')
  await ledger.save(release('20261121T100000Z'))
  await ledger.save(release('20261122T100000Z'))
  expect(await ledger.all()).toEqual([release('20261122T100000Z'), release('20261121T100000Z')])
})

test('the ledgers of all projects and environments on the machine can be read, one that is empty as well', async () => {
  const state = folderWith()
  expect(await new FileReleases(state, 'shop-production').everyLedger()).toEqual([[]])
  await new FileReleases(state, 'shop-staging').save(release('1'))
  await new FileReleases(state, 'blog/eu-production').save(release('2'))
  const ledgers = await new FileReleases(state, 'shop-production').everyLedger()
  expect(ledgers.map((releases) => releases.map(({id}) => id)).toSorted()).toEqual([[], ['1'], ['2']])
})
