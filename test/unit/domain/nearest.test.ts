import {expect, test} from 'vitest'
import {nearest} from '../../../src/lib/domain/nearest.ts'

const commands = ['backup', 'health', 'restore', 'verify']

test.each([
  ['bakcup', 'backup'],
  ['helth', 'health'],
  ['Verify', 'verify'],
  ['restor', 'restore'],
])('%s most likely means %s', (word, meant) => {
  expect(nearest(word, commands)).toBe(meant)
})

test('a word that resembles nothing has no nearest', () => {
  expect(nearest('deploy', commands)).toBeNull()
  expect(nearest('', commands)).toBeNull()
})
