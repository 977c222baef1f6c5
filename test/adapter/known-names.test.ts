import {readdirSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {knownNames} from '../../src/known-names.ts'
import {nameKinds} from '../../src/lib/domain/known-names.ts'
import {compose, folderWith} from '../support/folder.ts'

const root = path.resolve(import.meta.dirname, '../..')

const plain = {
  kind: 'deploy',
  previous: null,
  commit: null,
  images: [],
  schema: {before: null, after: null},
  backup: null,
  data: null,
  actor: 'ops',
}
const ended = {startedAt: '2026-11-22T10:00:00Z', endedAt: null, outcome: 'good', step: null, reason: null}

const release = (id: string, version: string, more: object = {}) =>
  JSON.stringify({...plain, ...ended, id, reference: version, version, ...more})

const project = () =>
  folderWith({
    'compose.yaml': compose,
    'sparkone.yml': `project: shop
database: {password: {env: NOT_SET_HERE}}
backup:
  directory: ./sets
  offsite: [{name: cold, bucket: b, accessKeyId: {env: NEITHER}, secretAccessKey: {env: NOR}}]
logs:
  files: [{service: web, path: web.log}]
`,
    'runbooks/OurOwn.md': '---\nalerts: [OurAlert]\n---\n# Ours\n',
    'sets/shop/production/20261121T020000Z-aaaaaa/manifest.json': '{}',
    'sets/shop/production/20261122T020000Z-bbbbbb/manifest.json': '{}',
    'sets/shop/production/.partial-20261123T020000Z-cccccc/database.dump': '',
    'sets/shop/staging/20261120T020000Z-dddddd/manifest.json': '{}',
    'state/releases/shop-production/20261121T100000Z-111111.json': release('20261121T100000Z-111111', '1.4.1'),
    'state/releases/shop-production/20261122T100000Z-222222.json': release('20261122T100000Z-222222', '1.4.2'),
    'state/releases/shop-production/20261122T110000Z-333333.json': release('20261122T110000Z-333333', '$(reboot)', {outcome: 'put back'}),
  })

const ask = async (cwd: string, ...words: string[]) => {
  const environment = {HOME: cwd, SPARKONE_STATE_DIR: path.join(cwd, 'state')}
  return (await knownNames(words, {root, cwd, environment})).split('\n').filter(Boolean)
}

test('names come from the folders and the configuration, also where a secret is not at hand', async () => {
  const cwd = project()
  expect(await ask(cwd, 'backups')).toEqual(['latest', '20261122T020000Z-bbbbbb', '20261121T020000Z-aaaaaa'])
  expect(await ask(cwd, 'backups', '--env', 'staging')).toEqual(['latest', '20261120T020000Z-dddddd'])
  expect(await ask(cwd, 'releases')).toEqual(['1.4.2', '1.4.1', '20261122T100000Z-222222', '20261121T100000Z-111111'])
  expect(await ask(cwd, 'databases')).toEqual(['shop_main'])
  expect(await ask(cwd, 'places')).toEqual(['local', 'cold'])
  expect(await ask(cwd, 'services')).toEqual(['api', 'postgres', 'redis', 'web'])
  expect(await ask(cwd, 'runbooks')).toEqual(expect.arrayContaining(['OurOwn', 'restore']))
  expect(await ask(cwd, 'alerts')).toEqual(expect.arrayContaining(['OurAlert', 'ApiDown']))
})

test('a name that a shell would take for more than a word is never offered', async () => {
  expect(await ask(project(), 'references')).toEqual(['1.4.2', '1.4.1'])
})

test('the configuration that was typed counts', async () => {
  const cwd = project()
  const elsewhere = folderWith({})
  expect(await ask(elsewhere, 'backups', `--config=${path.join(cwd, 'sparkone.yml')}`)).toHaveLength(3)
  expect(await ask(elsewhere, 'backups', '--config', path.join(cwd, 'sparkone.yml'), '--env=staging')).toHaveLength(2)
})

test.each<[string, Record<string, string>]>([
  ['without anything', {}],
  ['with a configuration that is no YAML', {'sparkone.yml': 'a: [b'}],
  ['with one that is a list', {'sparkone.yml': '- a\n'}],
  ['with a Compose file that is no YAML', {'compose.yaml': 'a: [b'}],
])('%s nothing is told of it, and nothing is written', async (_what, files) => {
  const cwd = folderWith(files)
  for (const kind of [...nameKinds, 'nonsense', '']) await ask(cwd, kind)
  expect(await ask(cwd, 'backups')).toEqual([])
  expect(await ask(cwd, 'nonsense')).toEqual([])
  expect(readdirSync(cwd)).toEqual(Object.keys(files))
})
