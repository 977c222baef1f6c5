import {expect, test} from 'vitest'
import type {Mark, Marks} from '../../../src/lib/domain/backup-set.ts'
import {mergeMarks, newerThan, saySame, unknownTime} from '../../../src/lib/domain/marks.ts'

const at = (hour: number): Mark => ({at: `2026-11-22T${String(hour).padStart(2, '0')}:00:00.000Z`, by: 'operator@server'})
const marks = (said: Partial<Marks>): Marks => ({format: 1, id: '20261122T020000Z-3f9a1c', ...said})

test.each<[what: string, one: Partial<Marks>, other: Partial<Marks>, together: Partial<Marks>]>([
  ['a mark that one copy lacks is kept', {keep: at(8)}, {}, {keep: at(8)}],
  ['silence takes no mark away', {}, {keep: at(8)}, {keep: at(8)}],
  ['a mark is taken away by a newer word', {keep: at(8)}, {released: at(9)}, {released: at(9)}],
  ['an older word takes nothing away', {keep: at(9)}, {released: at(8)}, {keep: at(9)}],
  ['of two at the same time the one that keeps holds', {keep: at(9)}, {released: at(9)}, {keep: at(9)}],
  ['a mark made again after it was taken away holds', {keep: at(10)}, {released: at(9)}, {keep: at(10)}],
  [
    'a mark that cannot be read any more may be newer than any word',
    {keep: {at: unknownTime, by: '?'}},
    {released: at(9)},
    {keep: {at: unknownTime, by: '?'}},
  ],
  [
    'what was accepted stays, whatever was said of keeping',
    {accepted: at(7), keep: at(8)},
    {released: at(9)},
    {accepted: at(7), released: at(9)},
  ],
  ['of two words that take it away the newer one stays', {released: at(8)}, {released: at(9)}, {released: at(9)}],
])('%s', (_what, one, other, together) => {
  expect(mergeMarks(marks(one), marks(other))).toEqual(marks(together))
  expect(mergeMarks(marks(other), marks(one))).toEqual(marks(together))
})

test('what two copies say together needs no second time', () => {
  const together = mergeMarks(marks({keep: at(8)}), marks({released: at(9)}))
  expect(saySame(mergeMarks(together, marks({keep: at(8)})), together)).toBe(true)
  expect(saySame(together, marks({keep: at(8)}))).toBe(false)
})

test('what is said after the clock was set back still counts as newer', () => {
  expect(newerThan(marks({keep: at(9)}), at(8)).at).toBe('2026-11-22T09:00:00.001Z')
  expect(newerThan(marks({keep: at(8)}), at(9)).at).toBe(at(9).at)
  expect(newerThan(undefined, at(9)).at).toBe(at(9).at)
})
