import {expect, it} from 'vitest'
import {describeFailure, isUnavailable} from '../../../ops/api/failure.ts'

const failure = (code: string, message: string) => Object.assign(new Error(message), {code})

it('a missing table is named', () => {
  expect(describeFailure(failure('42P01', 'relation "messages" does not exist'))).toBe('table messages is missing')
})

it('hosts, users, SQL and passwords never get out', () => {
  const failures = [
    failure('ECONNREFUSED', 'connect ECONNREFUSED 10.1.2.3:5432'),
    failure('ENOTFOUND', 'getaddrinfo ENOTFOUND db.internal'),
    failure('28P01', 'password authentication failed for user "admin"'),
    failure('XX000', 'SELECT secret FROM hidden'),
    new Error('connect to redis://user:hunter2@db.internal'),
    'hunter2',
    undefined,
  ]
  expect(failures.map(describeFailure).join()).not.toMatch(/10\.1|internal|admin|secret|hunter2/)
})

it('what Redis says about credentials and loading is put in plain words', () => {
  expect(describeFailure(new Error('NOAUTH Authentication required.'))).toBe('the credentials were refused')
  expect(describeFailure(new Error('WRONGPASS invalid username-password pair'))).toBe('the credentials were refused')
  expect(describeFailure(new Error('LOADING Redis is loading the dataset in memory'))).toBe('the server is still loading its data')
})

it('a database that is away is told from one that refuses a request', () => {
  expect(isUnavailable(failure('ECONNREFUSED', ''))).toBe(true)
  expect(isUnavailable(failure('57P03', 'the database system is starting up'))).toBe(true)
  expect(isUnavailable(new Error('timeout exceeded when trying to connect'))).toBe(true)
  expect(isUnavailable(failure('42P01', 'relation "messages" does not exist'))).toBe(false)
})
