import {describe, expect, test} from 'vitest'
import {decideLoading, sizeOfPart, type LoadingFacts} from '../../../src/lib/domain/restore-jobs.ts'

const gibibyte = 1024 ** 3
const roomy: LoadingFacts = {
  archiveBytes: gibibyte,
  restoredBytes: 4 * gibibyte,
  freeBytes: 100 * gibibyte,
  processors: 4,
  freeConnections: 90,
  share: 1,
  chosen: null,
}
const decide = (facts: Partial<LoadingFacts>) => decideLoading({...roomy, ...facts})

describe('a large archive with room beside the server', () => {
  test.each([
    ['is loaded by as many processes as there are processors', {}, 4],
    ['by no more than eight', {processors: 64}, 8],
    ['by half of them on a live server', {processors: 8, share: 0.5}, 4],
    ['by one alone on a live server with two processors', {processors: 2, share: 0.5}, 1],
    ['by as many as the operator says', {processors: 2, share: 0.5, chosen: 12}, 12],
    ['by one where the operator says so', {chosen: 1}, 1],
    ['by no more than leave ten connections for others', {freeConnections: 13}, 3],
    ['by no more than that even where the operator says more', {freeConnections: 13, chosen: 8}, 3],
    ['by one where no connections are left', {freeConnections: -3}, 1],
  ] as const)('%s', (_name, facts, jobs) => {
    expect(decide(facts).jobs).toBe(jobs)
  })
})

describe('one process alone loads', () => {
  test.each([
    ['what is small', {archiveBytes: 10_000_000}, 'small'],
    ['what nobody knows the size of', {archiveBytes: null, chosen: 4}, 'cannot be known'],
    ['what leaves no room for the database', {freeBytes: 5 * gibibyte}, 'no room'],
    ['what cannot be laid down anywhere', {freeBytes: null}, 'no room'],
    ['what there is no room for, although the operator says more', {freeBytes: gibibyte, chosen: 4}, 'no room'],
  ] as const)('%s, and says why', (_name, facts, why) => {
    const loading = decide(facts)
    expect(loading.jobs).toBe(1)
    expect(loading.why).toContain(why)
  })

  test('nothing small that the operator wants several for', () => {
    expect(decide({archiveBytes: 1000, chosen: 2})).toEqual({jobs: 2, why: 'restore.jobs is 2'})
  })
})

describe('some tables of a large archive', () => {
  const part = (rows: number, tables: number) => sizeOfPart({archiveBytes: gibibyte, restoredBytes: 4 * gibibyte}, {rows, of: 1000, tables})

  test.each([
    ['are loaded by no more processes than they are', {...part(900, 3)}, 3],
    ['by no more than that where the operator says more', {...part(900, 2), chosen: 8}, 2],
    ['by several where there is room for the archive and for them alone', {...part(250, 4), freeBytes: 2.3 * gibibyte}, 4],
  ] as const)('%s', (_name, facts, jobs) => {
    expect(decide(facts).jobs).toBe(jobs)
  })

  test.each([
    ['a single table, which nobody can share', {...part(900, 1), chosen: 4}, 'a table is loaded by one process'],
    ['tables that hold little of it', {...part(10, 4)}, 'the tables are small'],
    ['tables without room for the whole archive', {...part(250, 4), freeBytes: 2 * gibibyte}, 'no room'],
  ] as const)('one process alone loads %s', (_name, facts, why) => {
    expect(decide(facts)).toEqual({jobs: 1, why: expect.stringContaining(why)})
  })

  test('of a backup without a single row are small', () => {
    const empty = sizeOfPart({archiveBytes: gibibyte, restoredBytes: null}, {rows: 0, of: 0, tables: 2})
    expect(empty).toEqual({archiveBytes: gibibyte, restoredBytes: null, part: {bytes: 0, tables: 2}})
    expect(decide(empty).why).toBe('the tables are small')
  })
})
