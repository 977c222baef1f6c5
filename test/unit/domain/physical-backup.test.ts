import {describe, expect, test} from 'vitest'
import {isPast, parseLocation, readLineage} from '../../../src/lib/domain/lineage.ts'
import {assertNoGap, backupBefore, chooseType, inPast, recoveryWindows, selectPhysical} from '../../../src/lib/domain/physical-backup.ts'
import {segmentName as nameOf, segmentNumber, standardSegmentBytes, stretchesOf} from '../../../src/lib/domain/wal-archive.ts'
import {physicalBackup, segmentName} from '../../support/fakes/physical.ts'

const first = readLineage(1, null)
const policy = {fullEveryMilliseconds: 7 * 86_400_000, between: 'diff'} as const
const sunday = physicalBackup('2026-11-15T02:00:00Z', 'full', 2)
const monday = physicalBackup('2026-11-16T02:00:00Z', 'diff', 10)
const archived = (...numbers: number[]) =>
  numbers.map((number) => ({name: segmentName(number), archivedAt: new Date(Date.UTC(2026, 10, 15, 2, number))}))

describe('type of the next backup', () => {
  test('the first backup is full', () => {
    expect(chooseType([], new Date('2026-11-16T02:00:00Z'), policy).type).toBe('full')
  })

  test.each([
    ['2026-11-16T02:00:00Z', 'diff'],
    ['2026-11-21T02:05:00Z', 'diff'],
    ['2026-11-22T01:58:00Z', 'full'],
    ['2026-11-30T02:00:00Z', 'full'],
  ])('with a full backup of Sunday 15th, the one at %s is %s', (now, type) => {
    expect(chooseType([sunday, monday], new Date(now), policy).type).toBe(type)
  })

  test('a full backup with damaged pages is no base for others', () => {
    expect(chooseType([{...sunday, damaged: true}], new Date('2026-11-16T02:00:00Z'), policy).type).toBe('full')
  })
})

describe('timelines', () => {
  const history = '1\t0/5000000\tbefore 2026-11-15 14:00:00+00\n\n2\t0/9000000\tno recovery target specified\n'

  test('a history file tells where each timeline was left', () => {
    expect(readLineage(3, history).ancestors).toEqual([
      {timeline: 1, until: 0x5000000n},
      {timeline: 2, until: 0x9000000n},
    ])
  })

  test.each([
    [3, '0/A000000', true],
    [2, '0/8000000', true],
    [2, '0/9000001', false],
    [1, '0/5000000', true],
    [1, '0/6000000', false],
    [4, '0/1000000', false],
  ])('of timeline %i, location %s: past of the third is %s', (timeline, location, past) => {
    expect(isPast(readLineage(3, history), timeline, parseLocation(location))).toBe(past)
  })

  test('a backup made after a restore that was undone is not of the past of the server', () => {
    const undone = {...monday, lastSegment: segmentName(10, 2)}
    expect(inPast([sunday, undone], first)).toEqual([sunday])
  })
})

describe('segments', () => {
  test.each([
    ['000000010000000000000002', 2],
    ['0000000100000001000000FF', 511],
  ])('%s is number %i', (name, number) => {
    expect(segmentNumber(name, standardSegmentBytes)).toBe(number)
    expect(nameOf(1, number, standardSegmentBytes)).toBe(name)
  })

  test('a missing segment parts the archive in two', () => {
    expect(stretchesOf(archived(1, 2, 3, 5, 6), first, standardSegmentBytes)).toMatchObject([
      {first: 1, last: 3},
      {first: 5, last: 6},
    ])
  })

  test('the last of one log is followed by the first of the next', () => {
    const segments = ['0000000100000000000000FF', '000000010000000100000000'].map((name) => ({name, archivedAt: new Date(0)}))
    expect(stretchesOf(segments, first, standardSegmentBytes)).toHaveLength(1)
  })
})

describe('what can be recovered', () => {
  test('from the end of the oldest backup to the end of the archive', () => {
    const inventory = {backups: [sunday, monday], segments: archived(2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}
    expect(recoveryWindows(inventory, first, standardSegmentBytes)).toEqual([
      {from: sunday.finishedAt, to: new Date('2026-11-15T02:11:00Z')},
    ])
  })

  test('a gap makes two windows, the second from the next backup on', () => {
    const inventory = {backups: [sunday, monday], segments: archived(2, 3, 4, 9, 10, 11)}
    expect(recoveryWindows(inventory, first, standardSegmentBytes)).toEqual([
      {from: sunday.finishedAt, to: new Date('2026-11-15T02:04:00Z')},
      {from: monday.finishedAt, to: monday.finishedAt},
    ])
  })

  test('a time is recovered from the newest backup that ended before it', () => {
    const inventory = {backups: [sunday, monday], segments: []}
    expect(backupBefore(new Date('2026-11-16T01:59:00Z'), inventory, first)).toBe(sunday)
    expect(backupBefore(new Date('2026-11-16T02:01:00Z'), inventory, first)).toBe(sunday)
    expect(backupBefore(new Date('2026-11-16T02:02:01Z'), inventory, first)).toBe(monday)
  })

  test('a time before the oldest backup is refused with the oldest that can be', () => {
    expect(() => backupBefore(new Date('2026-11-14T00:00:00Z'), {backups: [sunday], segments: []}, first)).toThrow(
      expect.objectContaining({kind: 'notFound', hint: 'The oldest time that can be is 2026-11-15T02:02:01.000Z.'}),
    )
  })

  test('a missing segment on the way is named before anything is restored', () => {
    const inventory = {backups: [sunday], segments: archived(2, 3, 5, 6)}
    const at = new Date('2026-11-15T02:05:30Z')
    expect(() => assertNoGap(sunday, at, inventory, first, standardSegmentBytes)).toThrow(
      expect.objectContaining({kind: 'notFound', message: expect.stringContaining('000000010000000000000004')}),
    )
    expect(() => assertNoGap(sunday, null, inventory, first, standardSegmentBytes)).not.toThrow()
    expect(() => assertNoGap(sunday, new Date('2026-11-15T02:02:30Z'), inventory, first, standardSegmentBytes)).not.toThrow()
  })

  test('a backup whose own segment is gone cannot be recovered at all', () => {
    expect(() => assertNoGap(sunday, null, {backups: [sunday], segments: archived(3, 4)}, first, standardSegmentBytes)).toThrow(
      expect.objectContaining({kind: 'notFound', message: expect.stringContaining(segmentName(2))}),
    )
  })
})

describe('choosing a backup', () => {
  test.each([
    ['latest', monday.label],
    [monday.label, monday.label],
    [sunday.label.slice(0, 8), sunday.label],
  ])('%s means %s', (selector, label) => {
    expect(selectPhysical(selector, [sunday, monday]).label).toBe(label)
  })

  test.each(['2027', 'latest'])('%s fits nothing where nothing is', (selector) => {
    expect(() => selectPhysical(selector, [])).toThrow(expect.objectContaining({kind: 'notFound'}))
  })

  test('what fits two backups is no choice', () => {
    expect(() => selectPhysical('2026', [sunday, monday])).toThrow(expect.objectContaining({details: [sunday.label, monday.label]}))
  })
})
