import {describe, expect, test} from 'vitest'
import {backupView} from '../../../../src/lib/output/views/backup.ts'
import {initView} from '../../../../src/lib/output/views/init.ts'
import type {RestoreReport} from '../../../../src/lib/domain/restore-report.ts'
import {listView, restoreView, undoView} from '../../../../src/lib/output/views/restore.ts'
import {verifyView} from '../../../../src/lib/output/views/verify.ts'
import {backupSet} from '../../../support/backup-sets.ts'

const startedAt = new Date('2026-11-22T02:00:00Z')
const set = backupSet({startedAt})
const proof = set.proof!

test('a backup says what it holds, where it lies, and that it is not proven yet', () => {
  const text = backupView({set: {...set, proof: null}, copies: [], seconds: {dump: 2, readBack: 1, total: 4}})
  expect(text).toContain(`Backup ${set.manifest.id} of database shop`)
  expect(text).toContain('2 tables, 20 rows')
  expect(text.split('\n').at(-1)).toBe(`Not proven yet: sparkone verify ${set.manifest.id}`)
})

describe('a verification', () => {
  test('that passed says so first', () => {
    expect(verifyView(proof).split('\n')[0]).toBe(`Backup ${proof.id} is proven`)
  })

  test('that failed shows each difference, what spoils the proof apart from what is only noted', () => {
    const differences = [
      {subject: 'table public.orders', expected: '10 rows', actual: '9 rows', severity: 'fatal' as const},
      {subject: 'extension vector', expected: '0.8.0', actual: '0.8.1', severity: 'note' as const},
    ]
    const text = verifyView({...proof, passed: false, differences})
    expect(text).toContain('FAILED its proof')
    expect(text).toContain('  ! table public.orders: expected 10 rows, found 9 rows')
    expect(text).toContain('  - extension vector: expected 0.8.0, found 0.8.1')
  })

  test('with very many differences shows twenty and counts the rest', () => {
    const differences = Array.from({length: 25}, (_, index) => ({
      subject: `table t${index}`,
      expected: '1 rows',
      actual: 'none',
      severity: 'fatal' as const,
    }))
    expect(
      verifyView({...proof, passed: false, differences})
        .split('\n')
        .at(-1),
    ).toBe('  … and 5 more')
  })
})

describe('a restore', () => {
  const report: RestoreReport = {
    label: set.manifest.id,
    database: 'shop',
    kept: 'shop_before_20261122_100000',
    roles: [],
    api: null,
    tables: 2,
    rows: 20,
    notes: [],
    loading: null,
    recoveryPointSeconds: 3600,
    seconds: {restore: 1, compare: 1, swap: 0.03, total: 2.5},
  }

  test('says what is live now, how old it is, what was kept and how to take it back', () => {
    const text = restoreView(report)
    expect(text).toContain(`Database shop is now ${set.manifest.id}`)
    expect(text).toContain('1h ago')
    expect(text).toContain('as shop_before_20261122_100000')
    expect(text).toContain('sparkone restore --undo')
  })

  test('into nothing promises no way back', () => {
    expect(restoreView({...report, kept: null, recoveryPointSeconds: null})).not.toMatch(/undo|recovery point/)
  })

  test('undone says what is live again', () => {
    expect(undoView({database: 'shop', broughtBack: 'shop_before_x', kept: 'shop_before_y', api: null, seconds: 0.1})).toContain(
      'Database shop is again what shop_before_x was',
    )
  })
})

describe('the list of backups', () => {
  const empty = {
    location: 'backups',
    sets: [],
    broken: [],
    kept: [],
    undo: 'sparkone restore --undo',
    unseen: [],
    now: new Date('2026-11-22T10:00:00Z'),
    columns: 100,
  }

  test('without any says how to make one', () => {
    expect(listView(empty)).toBe('There is no backup in backups yet: sparkone backup makes one.')
  })

  test('tells proven backups from those that are not, and from those that failed', () => {
    const sets = [set, backupSet({startedAt, proof: 'none'}), backupSet({startedAt, proof: 'failed'})].map((each) => ({
      ...each,
      where: ['local'],
    }))
    const [, proven, unproven, failed] = listView({...empty, sets}).split('\n')
    expect(proven).toMatch(/8h ago.*proven, restores in 500 ms/)
    expect(unproven).toMatch(/not proven/)
    expect(failed).toMatch(/FAILED its proof/)
  })

  test('says where each lies once some lie elsewhere, and which places could not be looked at', () => {
    const sets = [{...set, where: ['local', 'vault']}]
    const unseen = [{name: 'attic', location: 's3://attic', message: 'it is gone.'}]
    const text = listView({...empty, sets, unseen})
    expect(text).toMatch(/local, vault/)
    expect(text).toContain('Not known what lies at attic: it is gone.')
  })

  test('names what is no backup, and the databases that were put aside', () => {
    const broken = [{location: 'backups/x', reason: 'it has no manifest'}]
    const kept = [{name: 'shop_before_x', at: '2026-11-22T09:00:00Z', why: 'restore of y'}]
    const text = listView({...empty, broken, kept})
    expect(text).toContain('Not a backup: backups/x (it has no manifest)')
    expect(text).toContain('shop_before_x, put aside 1h ago by restore of y')
  })
})

test('init says what it wrote, what it kept, and what to type next; on a dry run it shows the file', () => {
  const report = {file: 'sparkone.yml', text: 'version: 1\n', summary: ['project shop'], replaced: true, written: true}
  expect(initView(report)).toMatch(/^Wrote sparkone\.yml\n {2}project shop\nThe old file is kept as sparkone\.yml\.bak\./)
  expect(initView({...report, written: false})).toMatch(/^version: 1\n\n# Not written/)
})
