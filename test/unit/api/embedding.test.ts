import {expect, it} from 'vitest'
import {dimensions, embed, sumOfWords} from '../../../ops/api/embedding.ts'

const distance = (one: number[], other: number[]) => 1 - one.reduce((sum, value, index) => sum + value * other[index]!, 0)

it('the same text gives the same vector of 32 numbers and length 1', () => {
  const vector = embed('The nightly backup finished without errors')
  expect(vector).toHaveLength(dimensions)
  expect(vector).toEqual(embed('the NIGHTLY backup, finished without errors!'))
  expect(Math.hypot(...vector)).toBeCloseTo(1)
})

it('texts that share words are nearer than texts that share none', () => {
  const question = embed('nightly backup')
  expect(distance(question, embed('the nightly backup stopped'))).toBeLessThan(distance(question, embed('invoices and prices')))
})

it('a text without words has a vector too, because a zero vector has no direction', () => {
  expect(Math.hypot(...embed('?!'))).toBeCloseTo(1)
})

it('the vectors of two parts add up to the vector of the whole', () => {
  const parts = sumOfWords('nightly backup').map((value, index) => value + sumOfWords('stopped again')[index]!)
  for (const [index, value] of sumOfWords('nightly backup stopped again').entries()) expect(value).toBeCloseTo(parts[index]!)
})
