import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {logrotateSide, sparkoneSide, type RotationCase} from '../support/logrotate.ts'
import {requireTestbed} from '../support/testbed/index.ts'

const testbed = await requireTestbed()

const old = (text: string, daysOld = 3) => ({text, daysOld})

/** Each word of logrotate that sparkone knows, alone and beside others that change what it means. */
const cases: RotationCase[] = [
  {name: 'daily', theirs: 'daily, rotate 3', ours: {rotate: 3}},
  {name: 'hourly', theirs: 'hourly, rotate 3', ours: {frequency: 'hourly', rotate: 3}},
  {name: 'weekly', theirs: 'weekly, rotate 3', ours: {frequency: 'weekly', rotate: 3}},
  {name: 'weekly-on-wednesday', theirs: 'weekly 3, rotate 3', ours: {frequency: 'weekly', weekday: 3, rotate: 3}},
  {name: 'every-seven-days', theirs: 'weekly 7, rotate 3', ours: {frequency: 'weekly', weekday: 7, rotate: 3}},
  {name: 'monthly', theirs: 'monthly, rotate 3', ours: {frequency: 'monthly', rotate: 3}},
  {name: 'yearly', theirs: 'yearly, rotate 3', ours: {frequency: 'yearly', rotate: 3}},
  {name: 'size', theirs: 'size 20, rotate 4', ours: {size: 20, rotate: 4}},
  {name: 'size-reached-exactly', theirs: 'size 16, rotate 4', ours: {size: 16, rotate: 4}},
  {name: 'minsize', theirs: 'daily, minsize 20, rotate 4', ours: {minSize: 20, rotate: 4}},
  {name: 'minsize-reached-exactly', theirs: 'daily, minsize 16, rotate 4', ours: {minSize: 16, rotate: 4}},
  {name: 'maxsize', theirs: 'monthly, maxsize 20, rotate 4', ours: {frequency: 'monthly', maxSize: 20, rotate: 4}},
  {name: 'maxsize-reached-exactly', theirs: 'monthly, maxsize 16, rotate 4', ours: {frequency: 'monthly', maxSize: 16, rotate: 4}},
  {name: 'minsize-and-maxsize', theirs: 'daily, minsize 12, maxsize 30, rotate 4', ours: {minSize: 12, maxSize: 30, rotate: 4}},
  {name: 'size-and-maxsize', theirs: 'size 40, maxsize 20, rotate 4', ours: {size: 40, maxSize: 20, rotate: 4}},
  {name: 'rotate-0', theirs: 'daily, rotate 0', ours: {rotate: 0}},
  {name: 'rotate-0-create', theirs: 'daily, rotate 0, create', ours: {rotate: 0, create: 'same'}},
  {name: 'rotate-0-compress', theirs: 'daily, rotate 0, compress', ours: {rotate: 0, compress: true}},
  {name: 'rotate-0-dateext', theirs: 'daily, rotate 0, dateext', ours: {rotate: 0, dateExtension: true}},
  {name: 'rotate-1', theirs: 'daily, rotate 1', ours: {rotate: 1}},
  {name: 'rotate-all', theirs: 'daily, rotate -1', ours: {rotate: -1}},
  {name: 'rotate-all-compress', theirs: 'daily, rotate -1, compress', ours: {rotate: -1, compress: true}},
  {name: 'rotate-all-dateext', theirs: 'daily, rotate -1, dateext', ours: {rotate: -1, dateExtension: true}},
  {name: 'maxage', theirs: 'daily, rotate 9, maxage 3', ours: {rotate: 9, maxAge: 3}},
  {name: 'maxage-all', theirs: 'daily, rotate -1, maxage 5', ours: {rotate: -1, maxAge: 5}},
  {name: 'maxage-compress', theirs: 'daily, rotate 9, maxage 3, compress', ours: {rotate: 9, maxAge: 3, compress: true}},
  {
    name: 'maxage-delaycompress',
    theirs: 'daily, rotate 9, maxage 3, compress, delaycompress',
    ours: {rotate: 9, maxAge: 3, compress: true, delayCompress: true},
  },
  {name: 'maxage-dateext', theirs: 'daily, rotate 9, maxage 3, dateext', ours: {rotate: 9, maxAge: 3, dateExtension: true}},
  {name: 'compress', theirs: 'daily, rotate 3, compress', ours: {rotate: 3, compress: true}},
  {name: 'delaycompress', theirs: 'daily, rotate 3, compress, delaycompress', ours: {rotate: 3, compress: true, delayCompress: true}},
  {name: 'delaycompress-alone', theirs: 'daily, rotate 3, delaycompress', ours: {rotate: 3, delayCompress: true}},
  {
    name: 'delaycompress-1',
    theirs: 'daily, rotate 1, compress, delaycompress',
    ours: {rotate: 1, compress: true, delayCompress: true},
  },
  {name: 'dateext', theirs: 'daily, rotate 3, dateext', ours: {rotate: 3, dateExtension: true}},
  {name: 'dateext-compress', theirs: 'daily, rotate 3, dateext, compress', ours: {rotate: 3, dateExtension: true, compress: true}},
  {
    name: 'dateext-delaycompress',
    theirs: 'daily, rotate 3, dateext, compress, delaycompress',
    ours: {rotate: 3, dateExtension: true, compress: true, delayCompress: true},
  },
  {name: 'dateext-hourly', theirs: 'hourly, rotate 4, dateext', ours: {frequency: 'hourly', rotate: 4, dateExtension: true}},
  {
    name: 'dateext-twice-a-day',
    theirs: 'size 10, rotate 4, dateext',
    ours: {size: 10, rotate: 4, dateExtension: true},
  },
  {
    name: 'dateext-twice-a-day-delaycompress',
    theirs: 'size 10, rotate 4, dateext, compress, delaycompress',
    ours: {size: 10, rotate: 4, dateExtension: true, compress: true, delayCompress: true},
  },
  {
    name: 'dateformat',
    theirs: 'hourly, rotate 4, dateext, dateformat .%Y-%m-%d_%H%M',
    ours: {frequency: 'hourly', rotate: 4, dateExtension: true, dateFormat: '.%Y-%m-%d_%H%M'},
  },
  {
    name: 'dateformat-day-first',
    theirs: 'daily, rotate 4, dateext, dateformat -%d%m%Y',
    ours: {rotate: 4, dateExtension: true, dateFormat: '-%d%m%Y'},
  },
  {
    name: 'dateformat-seconds',
    theirs: 'daily, rotate 4, dateext, dateformat -%s',
    ours: {rotate: 4, dateExtension: true, dateFormat: '-%s'},
  },
  {name: 'missing', theirs: 'daily, rotate 3, missingok', ours: {rotate: 3}, writes: (run) => (run % 3 === 0 ? 8 : null)},
  {
    name: 'notifempty',
    theirs: 'daily, rotate 3, notifempty, create',
    ours: {rotate: 3, notIfEmpty: true, create: 'same'},
    writes: (run) => (run % 2 === 0 ? 8 : 0),
  },
  {name: 'ifempty', theirs: 'daily, rotate 3, create', ours: {rotate: 3, create: 'same'}, writes: (run) => (run % 2 === 0 ? 8 : 0)},
  {name: 'notifempty-size-0', theirs: 'size 0, rotate 3, notifempty', ours: {size: 0, rotate: 3, notIfEmpty: true}, writes: () => 0},
  {name: 'create', theirs: 'daily, rotate 3, create', ours: {rotate: 3, create: 'same'}, writes: (run) => (run === 0 ? 8 : null)},
  {name: 'create-mode', theirs: 'daily, rotate 3, create 0604', ours: {rotate: 3, create: 0o604}},
  {
    name: 'create-compress',
    theirs: 'daily, rotate 3, create 0600, compress',
    ours: {rotate: 3, create: 0o600, compress: true},
  },
  {name: 'copytruncate', theirs: 'daily, rotate 3, copytruncate', ours: {rotate: 3, copyTruncate: true}},
  {
    name: 'copytruncate-compress',
    theirs: 'daily, rotate 3, copytruncate, compress',
    ours: {rotate: 3, copyTruncate: true, compress: true},
  },
  {
    name: 'copytruncate-dateext',
    theirs: 'daily, rotate 3, copytruncate, dateext, compress, delaycompress',
    ours: {rotate: 3, copyTruncate: true, dateExtension: true, compress: true, delayCompress: true},
  },
  {name: 'copytruncate-rotate-0', theirs: 'daily, rotate 0, copytruncate', ours: {rotate: 0, copyTruncate: true}},
  {
    name: 'copytruncate-create',
    theirs: 'daily, rotate 3, copytruncate, create 0600',
    ours: {rotate: 3, copyTruncate: true, create: 0o600},
  },
  {
    name: 'gaps',
    theirs: 'daily, rotate 5',
    ours: {rotate: 5},
    before: {'shop.log.1': old('one'), 'shop.log.3': old('three'), 'shop.log.5': old('five'), 'shop.log.8': old('eight')},
  },
  {
    name: 'fewer-than-before',
    theirs: 'daily, rotate 2',
    ours: {rotate: 2},
    before: Object.fromEntries([1, 2, 3, 4, 5, 6].map((number) => [`shop.log.${number}`, old(`${number}`)])),
  },
  {
    name: 'only-the-next-one',
    theirs: 'daily, rotate 2',
    ours: {rotate: 2},
    before: {'shop.log.3': old('three')},
  },
  {
    name: 'fewer-than-before-dateext',
    theirs: 'daily, rotate 2, dateext',
    ours: {rotate: 2, dateExtension: true},
    before: Object.fromEntries([1, 2, 3, 4, 5, 6].map((number) => [`shop.log-2026090${number}`, old(`${number}`)])),
  },
  {
    name: 'strangers',
    theirs: 'daily, rotate 2',
    ours: {rotate: 2},
    before: {
      'shop.log.bak': old('bak'),
      'shop.log.1.old': old('old'),
      'shop.log.01': old('01'),
      'shop.log2': old('2'),
      'shop.log-20260901': old('d'),
    },
  },
  {
    name: 'strangers-dateext',
    theirs: 'daily, rotate 2, dateext',
    ours: {rotate: 2, dateExtension: true},
    before: {'shop.log-2026': old('a'), 'shop.log-20260901x': old('b'), 'shop.log.1': old('c'), 'shop.log-20260901.bak': old('d')},
  },
]

/** Hours of a day, then days, weeks, months and years, all through a leap day and a change of year. */
const moments = [
  ...['00:05', '00:35', '01:05', '02:05', '02:40', '23:59'].map((time) => `2026-11-22T${time}:00Z`),
  ...[23, 24, 25, 26, 27, 28, 30].map((day) => `2026-11-${day}T06:25:00Z`),
  ...['2026-12-01', '2026-12-02', '2026-12-30', '2027-01-01', '2027-01-02', '2027-02-01'].map((day) => `${day}T06:25:00Z`),
  ...['2028-02-28', '2028-02-29', '2028-03-01'].map((day) => `${day}T06:25:00Z`),
].map((text) => new Date(text))

describe.skipIf(!testbed.peers.logrotate || !testbed.peers.faketime)('the same logs through logrotate and sparkone', () => {
  let root: string
  const seen = {theirs: [] as Record<string, string[]>[], ours: [] as Record<string, string[]>[]}

  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'sparkone-logs-'))
    const theirs = await logrotateSide(path.join(root, 'theirs'), cases, 'UTC')
    const ours = await sparkoneSide(path.join(root, 'ours'), cases, 'UTC')
    for (const [run, at] of moments.entries()) {
      seen.theirs.push(await theirs.run(at, run))
      seen.ours.push(await ours.run(at, run))
    }
  })

  afterAll(() => rm(root, {recursive: true}))

  test.for(cases)('are equal trees at every moment: $theirs ($name)', ({name}) => {
    const told = (trees: Record<string, string[]>[]) => trees.map((tree, run) => ({at: moments[run]!.toISOString(), files: tree[name]}))
    expect(told(seen.ours)).toEqual(told(seen.theirs))
  })

  test('are rotated at all, in every case but the one of empty logs', () => {
    const rotated = (name: string) => seen.theirs.some((tree) => tree[name]!.some((file) => !file.startsWith('shop.log ')))
    const still = cases.filter(({name}) => !name.includes('rotate-0') && !rotated(name))
    expect(still.map(({name}) => name)).toEqual(['notifempty-size-0'])
  })
})
