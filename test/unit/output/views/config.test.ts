import {expect, test} from 'vitest'
import {configView} from '../../../../src/lib/output/views/config.ts'

test('each setting stands on a line with its value and where it comes from, and what is not set is left out', () => {
  const screen = configView(
    {
      file: '/srv/shop/sparkone.yml',
      environment: 'production',
      settings: [
        {key: 'project', value: 'shop', source: {kind: 'file', file: 'sparkone.yml', line: 2, column: 10}},
        {key: 'compose.files', value: ['a.yml', 'b.yml'], source: {kind: 'variable', name: 'COMPOSE_FILE'}},
        {key: 'database.password', value: '[redacted]', source: {kind: 'detected', from: 'compose.yaml'}},
        {key: 'database.host', value: null, source: {kind: 'default'}},
        {key: 'backup.allowEmpty', value: false, source: {kind: 'default'}},
        {key: 'health.timeout', value: '9 s', source: {kind: 'flag', flag: '--timeout'}},
      ],
    },
    {color: false, columns: 100},
  )
  expect(screen).toBe(`project            shop  (sparkone.yml:2)
compose.files      a.yml, b.yml  (environment variable COMPOSE_FILE)
database.password  [redacted]  (found in compose.yaml)
backup.allowEmpty  false  (default)
health.timeout     9 s  (flag --timeout)

production: /srv/shop/sparkone.yml`)
})
