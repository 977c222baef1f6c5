import {expect, test} from 'vitest'
import {judgeLogBounds} from '../../../src/lib/domain/log-bounds.ts'

const container = (driver: string, options: Record<string, string> = {}, service = 'api') => ({
  service,
  container: `shop-${service}-1`,
  driver,
  options,
})

test.each([
  ['json-file without a bound', container('json-file'), 'warning'],
  ['json-file with a number of files alone', container('json-file', {'max-file': '3'}), 'warning'],
  ['json-file without a limit on purpose', container('json-file', {'max-size': '-1'}), 'warning'],
  ['json-file with a size', container('json-file', {'max-size': '10m'}), 'ok'],
  ['local, which has a bound of its own', container('local'), 'ok'],
  ['local whose bound was taken away', container('local', {'max-size': '-1'}), 'warning'],
  ['journald, which keeps nothing here', container('journald'), 'ok'],
])('%s', (_, logging, status) => expect(judgeLogBounds([logging]).map((finding) => finding.status)).toEqual([status]))

test('each service is named once, with the lines that bound it', () => {
  const findings = judgeLogBounds([container('json-file', {}, 'web'), container('json-file', {}, 'web'), container('json-file', {}, 'api')])
  expect(findings.map(({subject}) => subject)).toEqual(['docker logs of api', 'docker logs of web'])
  expect(findings[1]!.hint).toContain(
    "  web:\n    logging:\n      driver: json-file\n      options:\n        max-size: '10m'\n        max-file: '3'",
  )
})

test('nothing is said where there are no containers', () => expect(judgeLogBounds([])).toEqual([]))
