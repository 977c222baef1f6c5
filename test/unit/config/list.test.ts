import {expect, test} from 'vitest'
import {listSettings} from '../../../src/lib/config/list.ts'
import {loadConfig} from '../../../src/lib/config/load.ts'
import {compose, folderWith} from '../../support/folder.ts'

test('every setting is listed once with its source, secrets redacted and durations readable', async () => {
  const environment = {HOME: '/nonexistent', DB_PASSWORD: 'hunter2'}
  const settings = listSettings(await loadConfig({flags: {}, cwd: folderWith({'compose.yaml': compose}), environment}))
  const byKey = new Map(settings.map((setting) => [setting.key, setting]))
  expect(byKey.size).toBe(settings.length)
  expect(byKey.get('database.password')).toEqual({
    key: 'database.password',
    value: '[redacted]',
    source: {kind: 'variable', name: 'DB_PASSWORD'},
  })
  expect(byKey.get('backup.maxAge')).toMatchObject({value: '26h', source: {kind: 'default'}})
  expect(byKey.get('database.host')).toMatchObject({value: null})
  expect(JSON.stringify(settings)).not.toContain('hunter2')
})
