import {describe, expect, test} from 'vitest'
import {explainPostgres} from '../../../src/lib/adapters/postgres/explain.ts'
import {ProgramFailure} from '../../../src/lib/adapters/process/executor.ts'
import {OperatorError} from '../../../src/lib/errors.ts'

const explain = (stderr: string) =>
  explainPostgres(new ProgramFailure('psql', {exitCode: 2, stderr}), 'Asking database shop') as OperatorError

describe('what PostgreSQL says', () => {
  test.each([
    ['psql: error: connection to server on socket failed: Connection refused\n\tIs the server running?', 'unreachable'],
    ['psql: error: FATAL:  password authentication failed for user "shop"', 'denied'],
    ['psql: error: FATAL:  role "shpo" does not exist', 'denied'],
    ['psql: error: FATAL:  no pg_hba.conf entry for host "10.0.0.1"', 'denied'],
    ['psql: error: FATAL:  database "shpo" does not exist', 'notFound'],
    ['psql: error: FATAL:  the database system is starting up', 'unreachable'],
    ['psql:<stdin>:1: ERROR:  3D000: database "shpo" does not exist', 'notFound'],
    ['psql:<stdin>:1: ERROR:  42501: permission denied for table orders', 'denied'],
    ['psql:<stdin>:1: ERROR:  53100: could not extend file "base/1": No space left on device', 'noSpace'],
    ['psql:<stdin>:1: FATAL:  57P01: terminating connection due to administrator command', 'unreachable'],
    ['psql:<stdin>:1: ERROR:  57014: canceling statement due to statement timeout', 'timeout'],
    ['pg_dump: error: aborting because of server version mismatch', 'incompatible'],
    ['pg_restore: error: could not execute query: ERROR:  type "vector" does not exist', 'failed'],
    ['Error response from daemon: No such container: shop-postgres-1', 'unreachable'],
    ['', 'failed'],
  ])('%j is %s', (stderr, kind) => {
    expect(explain(stderr).kind).toBe(kind)
  })

  test('is passed on in its own words, without the noise around them', () => {
    expect(explain('psql:<stdin>:3: ERROR:  42501: permission denied for table orders\nLOCATION:  aclcheck_error').message).toBe(
      'Asking database shop failed: permission denied for table orders',
    )
  })

  test('comes with a way out where there is one', () => {
    expect(explain('psql: error: Connection refused').hint).toMatch(/sparkone health/)
    expect(explain('psql: error: FATAL:  password authentication failed').hint).toMatch(/sparkone config/)
  })
})

test('a program that is not installed is named', () => {
  const missing = new ProgramFailure('pg_dump', {stderr: '', missing: true})
  expect(explainPostgres(missing, 'Dumping database shop')).toMatchObject({
    kind: 'unreachable',
    message: 'Dumping database shop failed: pg_dump is not installed.',
  })
})

test('what is no failure of a program is left as it is', () => {
  const error = new OperatorError('interrupted', 'Interrupted.')
  expect(explainPostgres(error, 'Dumping')).toBe(error)
})
