import {describe, expect, test} from 'vitest'
import {fits, meets} from '../../../src/lib/domain/drill.ts'

describe('what a query is expected to answer', () => {
  test.each([
    ['12', '12', true],
    ['12', '13', false],
    ['12', '>= 12', true],
    ['12', '> 12', false],
    ['11.5', '<12', true],
    ['12', '<= 11', false],
    ['shop', '<> ', true],
    ['shop', '= shop', true],
    ['true', 'true', true],
    // Text, NULL and nothing are no numbers, whatever they are held against.
    ['many', '>= 1', false],
    ['', '< 1', false],
    ['NULL', '>= 0', false],
    ['12', '>= many', false],
  ])('%j against %j is %j', (actual, expected, outcome) => {
    expect(fits(actual, expected)).toBe(outcome)
  })
})

describe('objectives', () => {
  const objectives = {recoveryTimeSeconds: 3600, recoveryPointSeconds: 86_400}

  test('are met up to their last second', () => {
    expect(meets({recoveryTimeSeconds: 3600, recoveryPointSeconds: 86_400}, objectives)).toBe(true)
  })

  test('are missed when recovery took too long, the backup was too old, or nothing came back', () => {
    expect(meets({recoveryTimeSeconds: 3600.1, recoveryPointSeconds: 0}, objectives)).toBe(false)
    expect(meets({recoveryTimeSeconds: 1, recoveryPointSeconds: 86_401}, objectives)).toBe(false)
    expect(meets({recoveryTimeSeconds: null, recoveryPointSeconds: 0}, objectives)).toBe(false)
  })
})
