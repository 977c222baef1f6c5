import {describe, expect, test} from 'vitest'
import {noRules} from '../../../src/lib/domain/retention-policy.ts'
import {
  decideRetention,
  retainedBackup,
  type Decision,
  type RetainedBackup,
  type RetentionGroup,
  type RetentionPolicy,
} from '../../../src/lib/domain/retention.ts'
import {backupSet} from '../../support/backup-sets.ts'
import {generator} from '../../support/faults/moments.ts'
import {moreGenerous, randomHistory, type History} from '../../support/retention/histories.ts'

const now = Date.parse('2026-11-22T10:00:00Z')
const day = 86_400_000
const none = {years: 0, months: 0, days: 0, hours: 0}
const standard: RetentionPolicy = {rules: {...noRules, daily: 2}, floor: 1, failedProofs: {...none, days: 7}, timeZone: 'UTC'}

/** A backup made so many days ago, named after that. */
function backup(daysAgo: number, traits: Partial<RetainedBackup> = {}): RetainedBackup {
  return {
    id: `d${daysAgo}`,
    database: 'app',
    time: now - daysAgo * day,
    tags: [],
    state: 'proven',
    marked: false,
    suspect: false,
    ...traits,
  }
}

/** Returns what stays and what goes of one database, and the rules that say so. */
function decide(backups: readonly RetainedBackup[], policy: Partial<RetentionPolicy> = {}, failedRunAt: number | null = null) {
  const [group] = decideRetention(backups, {...standard, ...policy}, {now, failedRunAt})
  const decisions = group?.decisions ?? []
  const rules = Object.fromEntries(decisions.map(({id, reasons}) => [id, reasons.map(({rule}) => rule)]))
  return {rules, kept: decisions.filter(({keep}) => keep).map(({id}) => id), frozen: group?.frozen ?? null, due: group?.due ?? 0}
}

const messageOf = (decisions: readonly Decision[], id: string) => decisions.find((each) => each.id === id)!.reasons[0]!.message

describe('only proven backups count', () => {
  test('a backup that nobody verified does not take the place of a proven one', () => {
    const history = [backup(0), backup(1, {state: 'unproven'}), backup(2), backup(3)]
    expect(decide(history)).toMatchObject({kept: ['d0', 'd1', 'd2'], rules: {d1: ['unproven'], d2: ['daily'], d3: ['none']}})
  })

  test('between two proofs, what nobody verified stays as long as if it were proven, and then goes', () => {
    const history = [backup(0), ...[1, 2, 3, 4].map((days) => backup(days, {state: 'unproven'}))]
    expect(decide(history).kept).toEqual(['d0', 'd1'])
    expect(decide(history, {rules: {...noRules, daily: 4}}).kept).toEqual(['d0', 'd1', 'd2', 'd3'])
  })

  test('one that failed its proof stays for a week to be looked at, counted from the newest proven one and never from today', () => {
    const history = (age: number) => [backup(age), backup(age + 6, {state: 'failed'}), backup(age + 8, {state: 'failed'})]
    expect(decide(history(0)).rules).toMatchObject({d6: ['failedProofs'], d8: ['none']})
    expect(decide(history(300)).rules).toMatchObject({d306: ['failedProofs'], d308: ['none']})
  })

  test('without a single proven one everything stays', () => {
    const history = [backup(400, {state: 'failed'}), backup(500, {state: 'unproven'}), backup(600, {state: 'failed'})]
    expect(decide(history)).toMatchObject({kept: ['d400', 'd500', 'd600'], due: 0})
    expect(decide(history).rules.d600).toEqual(['newer'])
  })
})

describe('the floor', () => {
  test.each([1, 2, 3, 9])('the newest %i proven ones stay whatever the rules say', (floor) => {
    const history = [backup(0), backup(1, {state: 'failed'}), backup(2), backup(3), backup(4)]
    const policy = {floor, rules: {...noRules, tags: [['nobody-has-it']]}}
    expect(decide(history, policy).kept.filter((id) => id !== 'd1')).toEqual(['d0', 'd2', 'd3', 'd4'].slice(0, floor))
  })
})

describe('nothing is removed', () => {
  const old = [backup(10), backup(11), backup(12)]
  test.each<[string, RetainedBackup[], number | null, string]>([
    ['while the newest backup is not proven', [backup(0, {state: 'unproven'})], null, 'the newest backup, d0, is not proven'],
    ['while the newest backup failed its proof', [backup(0, {state: 'failed'})], null, 'the newest backup, d0, failed its proof'],
    ['after a run that failed', [backup(1)], now - day / 2, 'the last run of backup failed'],
    ['while a backup is suspiciously small', [backup(0), backup(1, {suspect: true})], null, 'd1 is much smaller'],
  ])('%s', (_, newest, failedRunAt, reason) => {
    const {kept, frozen, due} = decide([...newest, ...old], {}, failedRunAt)
    expect(kept).toHaveLength(newest.length + old.length)
    expect(frozen?.message).toContain(reason)
    expect(due).toBeGreaterThan(0)
  })

  test('by a failed run that a good backup followed, nothing is held up', () => {
    expect(decide([backup(0), ...old], {}, now - day).frozen).toBeNull()
  })

  test('after 90 days without a good backup: the old ones do not grow older than the newest of them', () => {
    const policy = {rules: {...noRules, within: {...none, days: 7}}}
    const history = [backup(90), backup(91), backup(96)]
    expect(decide(history, policy).kept).toEqual(['d90', 'd91', 'd96'])
  })
})

test('a night without a backup costs none of the others, and a yearly one outlives a span of days', () => {
  const skipped = [backup(0), backup(4), backup(5), backup(9), backup(30)]
  expect(decide(skipped, {rules: {...noRules, daily: 4}}).kept).toEqual(['d0', 'd4', 'd5', 'd9'])
  const yearly = [backup(0), backup(365), backup(731)]
  expect(decide(yearly, {rules: {...noRules, within: {...none, days: 90}}, floor: 2}).kept).toEqual(['d0', 'd365'])
})

describe('what is out of the ordinary', () => {
  test('a mark keeps what the rules would not', () => {
    expect(decide([backup(0), backup(1), backup(300, {marked: true}), backup(400)]).rules).toMatchObject({d300: ['marked'], d400: ['none']})
  })

  test('a date in the future neither pushes the others out nor lets the backup go', () => {
    const history = [backup(-3650), backup(-1, {state: 'unproven'}), backup(0), backup(1), backup(2)]
    expect(decide(history)).toMatchObject({kept: ['d-3650', 'd-1', 'd0', 'd1'], frozen: null})
    expect(decide(history, {rules: {...noRules, within: {...none, days: 1, hours: 1}}}).kept).toEqual(['d-3650', 'd-1', 'd0', 'd1'])
  })

  test('clocks that differ by a minute are no date in the future', () => {
    expect(decide([backup(-1 / 1440)]).rules).toEqual({[`d${-1 / 1440}`]: ['daily', 'floor']})
  })

  test('a date that cannot be read keeps the backup and counts for nothing', () => {
    expect(decide([backup(0), backup(1), backup(2, {time: Number.NaN})]).rules.d2).toEqual(['future'])
  })

  test('of backups of one moment the id decides, in whatever order they come', () => {
    const twins = [backup(1, {id: 'a'}), backup(1, {id: 'b'}), backup(0), backup(9)]
    expect(decide(twins).kept).toEqual(['d0', 'b'])
    expect(decide(twins.toReversed()).kept).toEqual(['d0', 'b'])
  })

  test('databases are told apart by their whole names', () => {
    const history = ['app', 'app_prod', 'app-prod', 'ap'].flatMap((database) =>
      [0, 1, 2].map((days) => backup(days, {id: `${database}${days}`, database})),
    )
    const groups = decideRetention(history, standard, {now, failedRunAt: null})
    expect(groups.map(({database}) => database)).toEqual(['ap', 'app', 'app-prod', 'app_prod'])
    for (const {decisions} of groups) expect(decisions.map(({keep}) => keep)).toEqual([true, true, false])
  })

  test('one database that fails does not hold up another', () => {
    const history = [backup(0, {database: 'broken', state: 'failed'}), backup(0), backup(1), backup(2)]
    expect(decideRetention(history, standard, {now, failedRunAt: null}).map(({frozen}) => frozen === null)).toEqual([true, false])
  })

  test('a failed backup of the database does not hold up the files, nor the other way round', () => {
    const both = ['app', ''].flatMap((database) => [1, 2, 3].map((days) => backup(days, {id: `${database}${days}`, database})))
    const heldUp = (failed: {failedRunAt: number | null; failedFilesRunAt?: number}) =>
      decideRetention(both, standard, {now, ...failed}).flatMap(({database, frozen}) => (frozen ? database : []))
    expect(heldUp({failedRunAt: now})).toEqual(['app'])
    expect(heldUp({failedRunAt: null, failedFilesRunAt: now})).toEqual([''])
  })

  test('days begin where the zone says', () => {
    const hoursAgo = [9, 11, 12].map((hours) => backup(hours / 24))
    // 10:00, 08:00 and 07:00 of the day before in Sydney's terms: its midnight was 21 hours of UTC earlier.
    expect(decide(hoursAgo, {rules: {...noRules, daily: 1}}).kept).toHaveLength(1)
    expect(decide(hoursAgo, {rules: {...noRules, daily: 2}, timeZone: 'UTC'}).kept).toHaveLength(2)
    expect(decide(hoursAgo, {rules: {...noRules, daily: 1}, timeZone: 'Australia/Sydney'}).kept).toHaveLength(1)
  })
})

describe('why, in words', () => {
  test('each backup that goes says why', () => {
    const history = [backup(0), backup(1), backup(20), backup(21, {state: 'unproven'}), backup(22, {state: 'failed'})]
    const [group] = decideRetention(history, standard, {now, failedRunAt: null})
    expect(messageOf(group!.decisions, 'd20')).toBe('no rule keeps it')
    expect(messageOf(group!.decisions, 'd21')).toBe('not proven, and no rule would keep it if it were')
    expect(messageOf(group!.decisions, 'd22')).toBe('failed its proof, and is more than 7d older than the newest proven backup')
  })

  test('each backup that stays names all its reasons', () => {
    const history = [backup(0, {marked: true}), backup(1)]
    const [group] = decideRetention(history, {...standard, floor: 2}, {now, failedRunAt: null})
    expect(group!.decisions[0]!.reasons.map(({message}) => message)).toEqual([
      'marked to be kept',
      'newest of its day (daily: 2)',
      'one of the newest 2 proven backups',
    ])
  })
})

test('a set brings its date, proof, tags and marks along', () => {
  const set = backupSet({startedAt: new Date('2026-11-20T00:00:00Z'), proof: 'failed'})
  const mark = {at: '2026-11-21T00:00:00Z', by: 'operator@server'}
  const anomalies = [{subject: 'size', value: 1, median: 4}]
  expect(retainedBackup(set)).toMatchObject({state: 'failed', marked: false, suspect: false, tags: []})
  const flagged = {...set, proof: null, manifest: {...set.manifest, tags: ['release'], anomalies}}
  expect(retainedBackup(flagged)).toMatchObject({state: 'unproven', tags: ['release'], suspect: true})
  const said = {format: 1 as const, id: set.manifest.id, keep: mark, accepted: mark}
  expect(retainedBackup({...flagged, marks: said})).toMatchObject({marked: true, suspect: false})
})

describe('in 10,000 random histories', () => {
  const histories = Array.from({length: 10_000}, (_, seed) => randomHistory(seed))
  const decided = histories.map(decisionsOf)
  const kept = decided.map(keptOf)

  /** Returns the seeds of the histories that lack a property, so that one can be looked at by itself. */
  const seedsWithout = (holds: (history: History, seed: number) => boolean) =>
    histories.flatMap((history, seed) => (holds(history, seed) ? [] : seed))

  test('every backup is decided on once, with at least one reason', () => {
    const wrong = seedsWithout(({backups}, seed) => {
      const decisions = decided[seed]!.flatMap((group) => group.decisions)
      const ids = new Set(decisions.map(({id}) => id))
      return decisions.length === backups.length && ids.size === backups.length && decisions.every(({reasons}) => reasons.length > 0)
    })
    expect(wrong).toEqual([])
  })

  test('the proven ones of a database never become fewer than the floor, or than there were', () => {
    const wrong = seedsWithout(({backups, policy}, seed) => {
      const left = backups.filter(({id}) => kept[seed]!.has(id))
      return decided[seed]!.every(({database}) => provenOf(left, database) >= Math.min(policy.floor, provenOf(backups, database)))
    })
    expect(wrong).toEqual([])
    // It would hold as well if nothing were ever removed.
    expect(histories.reduce((sum, {backups}, seed) => sum + backups.length - kept[seed]!.size, 0)).toBeGreaterThan(10_000)
  })

  test('nothing goes after a failure, while the newest is not proven, or under suspicion', () => {
    const wrong = seedsWithout((history, seed) =>
      decided[seed]!.every(({database, decisions}) => mayRemove(history, database) || decisions.every(({keep}) => keep)),
    )
    expect(wrong).toEqual([])
  })

  test('marked ones stay', () => {
    expect(seedsWithout(({backups}, seed) => backups.every(({marked, id}) => !marked || kept[seed]!.has(id)))).toEqual([])
  })

  test('doing it again removes nothing more', () => {
    const wrong = seedsWithout((history, seed) => {
      const backups = history.backups.filter(({id}) => kept[seed]!.has(id))
      return keptOf(decisionsOf({...history, backups})).size === backups.length
    })
    expect(wrong).toEqual([])
  })

  test('a more generous policy keeps all that the stricter one keeps', () => {
    const wrong = seedsWithout((history, seed) => {
      const more = keptOf(decisionsOf({...history, policy: moreGenerous(history.policy, generator(seed))}))
      return [...kept[seed]!].every((id) => more.has(id))
    })
    expect(wrong).toEqual([])
  })
})

function decisionsOf({backups, policy, circumstances}: History): RetentionGroup[] {
  return decideRetention(backups, policy, circumstances)
}

function keptOf(groups: readonly RetentionGroup[]): Set<string> {
  return new Set(groups.flatMap(({decisions}) => decisions.flatMap(({id, keep}) => (keep ? id : []))))
}

function provenOf(backups: readonly RetainedBackup[], database: string): number {
  return backups.filter((each) => each.database === database && each.state === 'proven' && each.time <= now).length
}

function mayRemove({backups, circumstances}: History, database: string): boolean {
  const members = backups.filter((each) => each.database === database)
  const present = members.filter(({time}) => time <= now)
  const newest = Math.max(...present.map(({time}) => time))
  const isProven = present.some(({time, state}) => time === newest && state === 'proven')
  return isProven && (circumstances.failedRunAt ?? -Infinity) <= newest && members.every(({suspect}) => !suspect)
}
