import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
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

it('a secret can stand in a file, and a password apart from its address', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'))
  try {
    const file = join(folder, 'password')
    writeFileSync(file, 'p@ss/word\n')
    const config = readConfig({
      DATABASE_URL: 'postgresql://app@db/app',
      DATABASE_PASSWORD_FILE: file,
      REDIS_URL: 'redis://cache',
      REDIS_PASSWORD: 'x y',
    })
    expect(config.DATABASE_URL).toBe('postgresql://app:p%40ss%2Fword@db/app')
    expect(config.REDIS_URL).toBe('redis://:x%20y@cache')
    writeFileSync(file, '\n')
    expect(readConfig({DATABASE_URL, NOTION_TOKEN_FILE: file}).NOTION_TOKEN).toBeUndefined()
  } finally {
    rmSync(folder, {recursive: true})
  }
  expect(() => readConfig({DATABASE_URL, REDIS_PASSWORD_FILE: '/no/such/file'})).toThrow(
    'REDIS_PASSWORD_FILE names a file that cannot be read',
  )
})

it('lists are separated by commas, and switches are true or false', () => {
  const config = readConfig({
    DATABASE_URL,
    CORS_ORIGINS: 'https://a.example.com, https://b.example.com,',
    PROFILER_ENABLED: 'true',
    REQUIRE_LOGIN: '0',
  })
  expect(config).toMatchObject({
    CORS_ORIGINS: ['https://a.example.com', 'https://b.example.com'],
    PROFILER_ENABLED: true,
    REQUIRE_LOGIN: false,
  })
  expect(() => readConfig({DATABASE_URL, REQUIRE_LOGIN: 'maybe'})).toThrow('REQUIRE_LOGIN')
})
