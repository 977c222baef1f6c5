import {describe, expect, test} from 'vitest'
import {recoverySteps} from '../../../src/lib/domain/recovery-steps.ts'
import {backupSet} from '../../support/backup-sets.ts'

const {manifest} = backupSet({startedAt: new Date('2026-11-22T02:00:00Z')})
const steps = (database: string) => recoverySteps({...manifest, database, archives: ['database.dump']})

describe('RESTORE.md', () => {
  test('gets a backup back with the programs of PostgreSQL alone', () => {
    const text = steps('shop')
    expect(text).toContain(`# Recover backup ${manifest.id} without sparkone`)
    for (const program of ['sha256sum', 'psql', 'pg_restore --exit-on-error']) expect(text).toContain(program)
    expect(text.match(/sparkone/g)).toHaveLength(1)
  })

  test('names the image so that it makes no database which the steps then cannot', () => {
    expect(steps('shop').replaceAll('\n', ' ')).toContain('`POSTGRES_USER` of the image, with `POSTGRES_DB=postgres`')
  })

  test('makes the database with its owner before the data is loaded', () => {
    const text = steps('shop')
    const order = ['globals.sql', 'CREATE DATABASE "shop"', 'ALTER DATABASE "shop" OWNER TO "shop"', 'pg_restore', 'ANALYZE']
    const places = order.map((words) => text.indexOf(words))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  test('of an encrypted backup says how to decrypt it before anything is loaded', () => {
    const text = recoverySteps({...manifest, archives: ['database.dump.age']})
    expect(text.indexOf('age --decrypt')).toBeGreaterThan(text.indexOf('sha256sum'))
    expect(text.indexOf('age --decrypt')).toBeLessThan(text.indexOf('psql --dbname'))
    expect(steps('shop')).not.toContain('age --decrypt')
  })

  test('of a dump that was compressed around says how to decompress it, after it was decrypted and before it is loaded', () => {
    expect(steps('shop')).not.toContain('zstd')
    const text = recoverySteps({...manifest, archives: ['database.dump.zst.age']})
    const order = [
      '--output database.dump.zst database.dump.zst.age',
      'zstd --decompress database.dump.zst',
      'psql --dbname',
      ' database.dump\n',
    ]
    const places = order.map((words) => text.indexOf(words))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(text).toContain('for name in manifest.json database.dump.zst.age globals.sql.age;')
  })

  test('a name with quotes stays one word for the shell, for libpq and for SQL', () => {
    const text = steps(`it's "my" shop\\`)
    expect(text).toContain(String.raw`--dbname='dbname='\''it\'\''s "my" shop\\'\''' database.dump`)
    expect(text).toContain(String.raw`CREATE DATABASE "it's ""my"" shop\"`)
  })
})
