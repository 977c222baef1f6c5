import {expect, test} from 'vitest'
import {nearestId} from '../../../src/lib/domain/nearest.ts'

const ids = ['latest', '20261122T020000Z-bbbbbb', '20261121T020000Z-a1b2c3']

test.each([
  ['20261122T02000Z-bbbbbb', ids[1]],
  ['2026112T', ids[1]],
  ['20261121T02', ids[2]],
  ['20261121T020000Z-a1b2c4', ids[2]],
  ['a1b3c3', ids[2]],
  ['lates', 'latest'],
  ['latets', 'latest'],
])('%s is near to %s', (typed, meant) => {
  expect(nearestId(typed, ids)).toBe(meant)
})

test.each(['', '2', 'x', 'help', '--help', '20260101T000000Z-cccccc'])('"%s" is near to none', (typed) => {
  expect(nearestId(typed, ids)).toBeNull()
})
