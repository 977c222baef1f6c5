import {describe, expect, test} from 'vitest'
import {loadConfig} from '../../../src/lib/config/load.ts'
import {retentionInputOf} from '../../../src/lib/config/retention-input.ts'
import {noRules} from '../../../src/lib/domain/retention-policy.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {compose, folderWith, rejection} from '../../support/folder.ts'

/** What comes of the lines beneath `retention`. */
async function written(retention = '{}', environment = 'production') {
  const file = `version: 1\nbackup:\n  retention: ${retention}\n`
  const cwd = folderWith({'compose.yaml': compose, 'sparkone.yml': file})
  const {config} = await loadConfig({flags: {env: environment}, cwd, environment: {HOME: '/nonexistent'}})
  return retentionInputOf(config)
}

const none = {years: 0, months: 0, days: 0, hours: 0}

describe('without a rule', () => {
  test.each([
    ['production', 90],
    ['staging', 30],
    ['development', 7],
  ])('%s keeps %i days, here and off-site', async (environment, days) => {
    const {local, offsite} = await written('{}', environment)
    expect(local).toEqual({rules: {...noRules, within: {...none, days}}, floor: 2, failedProofs: {...none, days: 7}, timeZone: 'UTC'})
    expect(offsite).toEqual(local)
  })

  test('rules that keep nothing are none', async () => {
    expect((await written('{daily: 0, last: 0}')).local.rules.within).toEqual({...none, days: 90})
  })
})

test('with a rule, the written ones alone hold', async () => {
  const {local} = await written(
    '{daily: 7, yearly: all, monthly: -1, withinWeekly: 1y6m, tags: [release, "eu, legal"], timeZone: Europe/Berlin}',
  )
  expect(local.timeZone).toBe('Europe/Berlin')
  expect(local.rules).toEqual({
    ...noRules,
    daily: 7,
    yearly: 'all',
    monthly: 'all',
    withinWeekly: {...none, years: 1, months: 6},
    tags: [['release'], ['eu', 'legal']],
  })
})

test('off-site has rules of its own where it has any, and can be left alone', async () => {
  const {local, offsite} = await written('{daily: 7, floor: 3, offsite: {monthly: 12}}')
  expect(offsite).toEqual({...local, rules: {...noRules, monthly: 12}})
  expect((await written('{daily: 7, offsite: {cleanup: false}}')).offsite).toBeNull()
})

test.each([
  ['{daily: -2}', /backup\.retention\.daily.*expected a number, or all/],
  ['{daily: many}', /expected a number, or all/],
  ['{within: 90}', /expected a span such as 90d/],
  ['{within: 90 apples}', /expected a span such as 90d/],
  ['{floor: 0}', /expected a number of at least 1/],
  ['{timeZone: Mars/Olympus}', /expected a time zone such as UTC or Europe\/Berlin/],
  ['{dayly: 7}', /dayly/],
])('%s is refused, with what was expected', async (retention, message) => {
  const {message: first, details} = await rejection(written(retention), OperatorError)
  expect([first, ...details].join('\n')).toMatch(message)
})
