import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {readNginx} from '../../../src/lib/adapters/compose/release/proxy/nginx-configuration.ts'

test.each([
  ['upstream a { server api:80 resolve; } resolver 1.1.1.1 valid=500ms;', true, 500],
  ['upstream a { server api:80 resolve; server other:80; } resolver 1.1.1.1 valid=1m;', true, 60_000],
  ['resolver 127.0.0.11 valid=10; location / { set $to http://api:80; proxy_pass $to; }', true, 10_000],
  ['resolver 127.0.0.11; location / { set $to http://api:80; proxy_pass $to; }', true, null],
  ['resolver 127.0.0.11 valid=2s; location / { proxy_pass http://api:80/v1; }', true, null],
  ['upstream a { server api-two:80; } # server api:80;', false, null],
])('of %s nginx is known to send there and to ask again', (configuration, isNamed, validMilliseconds) => {
  expect(readNginx(configuration, 'api')).toEqual({isNamed, validMilliseconds})
})

test('the nginx that is shipped asks for the name of the API every two seconds', () => {
  const shipped = readFileSync(path.resolve(import.meta.dirname, '../../../ops/nginx/conf.d/upstream.conf'), 'utf8')
  expect(readNginx(shipped, 'api')).toEqual({isNamed: true, validMilliseconds: 2000})
  expect(readNginx(shipped, 'postgres').isNamed).toBe(false)
})
