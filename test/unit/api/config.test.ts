import {expect, it} from 'vitest'
import {readConfig} from '../../../ops/api/config.ts'

const DATABASE_URL = 'postgresql://app:hunter2@localhost/app'

it('a database is all that must be given', () => {
  expect(readConfig({DATABASE_URL})).toMatchObject({DATABASE_URL, HOST: '127.0.0.1', PORT: 8000})
})

it('an empty variable counts as absent', () => {
  expect(readConfig({DATABASE_URL, REDIS_URL: '', PORT: ''})).toMatchObject({PORT: 8000})
  expect(() => readConfig({DATABASE_URL: ''})).toThrow('DATABASE_URL is missing')
})

it('all wrong variables are named at once, and no value is shown', () => {
  const read = () => readConfig({DATABASE_URL: 'mysql://app:hunter2@localhost/app', REDIS_URL: 'http://localhost', PORT: 'eighty'})
  expect(read).toThrow(/DATABASE_URL.*REDIS_URL.*PORT/)
  expect(read).not.toThrow(/hunter2|eighty/)
})
