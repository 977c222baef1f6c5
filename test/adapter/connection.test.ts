import {expect, test} from 'vitest'
import {connectionOf} from '../../src/lib/adapters/host/connection.ts'
import {Secret} from '../../src/lib/config/secret.ts'

const connect = (url: string) => connectionOf({service: 'postgres', url: new Secret(url, 'the test')})

test('what a URL says of TLS reaches the programs of PostgreSQL by their environment', () => {
  const {environment, database} = connect('postgresql://shop:p%40ss@db.example/shop?sslmode=verify-full&sslrootcert=/etc/ca.crt')
  expect(database).toBe('shop')
  expect(environment).toMatchObject({PGHOST: 'db.example', PGPASSWORD: 'p@ss', PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/etc/ca.crt'})
  expect(environment).not.toHaveProperty('PGPORT')
})

test('of replicated servers the one that takes writes is asked, whichever that is', () => {
  const {environment} = connect('postgres://shop@one:5432,[::1]:5433,three/shop?target_session_attrs=read-write')
  expect(environment).toMatchObject({PGHOST: 'one,::1,three', PGPORT: '5432,5433,', PGTARGETSESSIONATTRS: 'read-write'})
  expect(connect('postgres://one,two/shop').environment).toEqual({PGHOST: 'one,two', PGCONNECT_TIMEOUT: '5'})
})

test('a socket folder is given as a parameter, without a host', () => {
  expect(connect('postgres:///shop?host=/var/run/postgresql').environment).toMatchObject({PGHOST: '/var/run/postgresql'})
})
