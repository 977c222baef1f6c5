import {describe, expect, test} from 'vitest'
import {healthInputOf} from '../../../../src/lib/config/health-input.ts'
import type {BackupSet} from '../../../../src/lib/domain/backup-set.ts'
import {OperatorError} from '../../../../src/lib/errors.ts'
import {backupSet} from '../../../support/backup-sets.ts'
import {settingsWith} from '../../../support/command.ts'
import {HealthRun} from '../../../support/health-run.ts'

type Proof = 'passed' | 'failed' | 'none'

const limitHours = 26

function fileSet(startedAt: Date, proof: Proof): BackupSet {
  const {manifest, ...set} = backupSet({startedAt, proof, database: '', tables: []})
  const files = {folder: '/srv/shop', files: 3, entries: 4, bytes: 100, problems: []}
  return {...set, manifest: {...manifest, kind: 'files', files} as unknown as BackupSet['manifest']}
}

function runOn(...sets: [hours: number, proof: Proof][]): HealthRun {
  const run = new HealthRun()
  run.input = {...run.input, files: {maxAgeMilliseconds: limitHours * 3_600_000}}
  run.backups = [backupSet({startedAt: run.hoursAgo(1)}), ...sets.map(([hours, proof]) => fileSet(run.hoursAgo(hours), proof))]
  return run
}

const judged = async (...sets: [hours: number, proof: Proof][]) => (await runOn(...sets).about('files'))[0]

describe('backups of files', () => {
  const second = 1 / 3600
  const cases: [string, [number, Proof][], string, string | undefined][] = [
    ['just within the limit are OK', [[limitHours, 'passed']], 'ok', undefined],
    [
      'a second beyond it are a warning',
      [[limitHours + second, 'passed']],
      'warning',
      'sparkone backup --files && sparkone verify --files',
    ],
    [
      'at twice the limit still are a warning',
      [[2 * limitHours, 'passed']],
      'warning',
      'sparkone backup --files && sparkone verify --files',
    ],
    [
      'a second beyond that are critical',
      [[2 * limitHours + second, 'passed']],
      'critical',
      'sparkone backup --files && sparkone verify --files',
    ],
    ['of which there is none are critical', [], 'critical', 'sparkone backup --files && sparkone verify --files'],
    ['that nobody proved are a warning while fresh', [[1, 'none']], 'warning', 'sparkone verify --files 20261122T090000Z-3f9a1c'],
    [
      'that nobody proved are critical when old',
      [[limitHours + 1, 'none']],
      'critical',
      'sparkone backup --files && sparkone verify --files',
    ],
    ['that failed their proof are critical', [[1, 'failed']], 'critical', 'sparkone backup --files && sparkone verify --files'],
    [
      'of which only an older one is proven are a warning',
      [
        [1, 'none'],
        [limitHours + 1, 'passed'],
      ],
      'warning',
      'sparkone verify --files 20261122T090000Z-3f9a1c',
    ],
  ]

  test.each(cases)('%s', async (_, sets, status, hint) => {
    const finding = await judged(...sets)
    expect(finding).toMatchObject({status})
    expect(finding?.hint).toBe(hint)
  })

  test('say that there is none, however fresh the backup of the database', async () => {
    expect(await judged()).toMatchObject({message: 'there is no backup'})
  })

  test('are not known where the folder cannot be read', async () => {
    const run = runOn()
    run.backups = new OperatorError('denied', 'The folder may not be read.')
    expect(await run.about('files')).toMatchObject([{status: 'unknown', message: 'not known: The folder may not be read'}])
  })

  test('do not stand for backups of the database, also while the services are down', async () => {
    const run = runOn([1, 'passed'])
    run.backups = [fileSet(run.hoursAgo(1), 'passed')]
    expect(await run.about('backup')).toMatchObject([{status: 'critical', message: 'there is no backup'}])
    run.runtimeFailure = new OperatorError('unreachable', 'Docker does not answer.')
    expect(await run.about('backup')).toMatchObject([{status: 'critical', message: 'there is no backup'}])
  })

  test('are no subject where none are to be made', async () => {
    const run = runOn([100, 'failed'])
    run.input = {...run.input, files: null}
    expect(await run.about('files')).toEqual([])
  })
})

describe('backups of files are to be made', () => {
  const expected = (more: object) => healthInputOf(settingsWith(more), null).files

  test('where they are scheduled, or it is said which files are meant', () => {
    const standard = {maxAgeMilliseconds: 8 * 24 * 3_600_000}
    expect(expected({schedule: {files: '@daily'}})).toEqual(standard)
    expect(expected({backup: {directory: '/b', files: {include: ['ops']}}})).toEqual(standard)
    expect(expected({backup: {directory: '/b', files: {folder: '/srv/shop'}}})).toEqual(standard)
  })

  test('not older than backup.files.maxAge', () => {
    expect(expected({backup: {directory: '/b', files: {maxAge: '8d'}}})).toEqual({maxAgeMilliseconds: 8 * 86_400_000})
  })

  test('nowhere else', () => {
    expect(expected({})).toBeNull()
  })
})
