import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {pruneRulesOf} from '../../../src/lib/config/prune-input.ts'
import {settingsSchema, type Config} from '../../../src/lib/config/schema.ts'
import {folderWith} from '../../support/folder.ts'

const compose = `services:
  api:
    image: registry.example:5000/shop/api:\${SHOP_VERSION}
  worker:
    image: \${REGISTRY:-registry.example}/worker:\${SHOP_VERSION}
  web:
    build: .
  redis:
    image: redis:7
`

function rules(prune: object = {}, files: readonly string[] = [], environment: Record<string, string> = {}, runtime = 'compose') {
  return pruneRulesOf(settingsSchema.parse({runtime, compose: {files, project: 'shop'}, prune}) as unknown as Config, environment)
}

const written = () => path.join(folderWith({'compose.yml': compose}), 'compose.yml')

test('a week, five releases, 2 GiB of cache and one kept database stay unless told otherwise', async () => {
  expect(await rules()).toMatchObject({
    minAge: 7 * 86_400_000,
    keepReleases: 5,
    cacheFloor: 2 * 1024 ** 3,
    keepDatabases: 1,
    keep: [],
    project: 'shop',
  })
})

test('the images and services of the Compose files are of the project; where a version is not known, every version is', async () => {
  const {composeImages, composeServices} = await rules({}, [written()])
  expect(composeServices).toEqual(['api', 'worker', 'web', 'redis'])
  expect(composeImages).toEqual(
    expect.arrayContaining(['registry.example:5000/shop/api:*', 'registry.example/worker:*', 'shop-web', 'redis:7']),
  )
  expect(composeImages).not.toContain('')
})

test('a version that is known is the one that stays', async () => {
  const {composeImages} = await rules({}, [written()], {SHOP_VERSION: '1.4'})
  expect(composeImages).toContain('registry.example:5000/shop/api:1.4')
})

test('in another runtime there is no project whose containers would be known', async () => {
  expect(await rules({}, [], {}, 'host')).toMatchObject({project: null, composeServices: null, composeImages: []})
})

test('Compose files that name no service end it: nothing would tell what belongs to the project', async () => {
  const file = path.join(folderWith({'compose.yml': 'services: {}\n'}), 'compose.yml')
  await expect(rules({}, [file])).rejects.toMatchObject({kind: 'usage', message: `The Compose files name no service: ${file}.`})
})

test('a Compose file that is gone ends it', async () => {
  await expect(rules({}, ['/nowhere/compose.yml'])).rejects.toMatchObject({kind: 'usage'})
})

describe('is refused', () => {
  test.each([
    [{minAge: '0s'}],
    [{minAge: 'soon'}],
    [{keepReleases: 0}],
    [{keepDatabases: -1}],
    [{cacheFloor: 'much'}],
    [{keep: 'api'}],
    [{volumes: true}],
  ])('%j', (prune) => {
    expect(settingsSchema.safeParse({prune}).success).toBe(false)
  })
})
