import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {volumeRemovals, volumeRemovalsIn} from '../support/volume-rule.ts'

const root = path.resolve(import.meta.dirname, '../..')

// Throw-away servers have their data in a volume without a name, which must not be left behind; a label says that they are sparkone's own.
const throwAway = 'src/lib/adapters/compose/throw-away.ts'

test('the program has nothing that removes a volume but those of its own throw-away servers', async () => {
  expect((await volumeRemovals(root)).map(({file, text}) => `${file}: ${text}`).toSorted()).toEqual([
    `${throwAway}: ['rm', '--force', '--volumes', Id]`,
    `${throwAway}: ['rm', '--force', '--volumes', id]`,
  ])
})

describe('the rule finds', () => {
  test.each([
    `docker.run(['volume', 'rm', name])`,
    `docker.run(['volume', 'prune', '--force'])`,
    `docker.run(["volume", "remove", name])`,
    `docker.run(['rm', '-v', id])`,
    `docker.run(['rm', '-fv', id])`,
    `docker.run(['container', 'rm', '--volumes', id])`,
    `docker.run(['system', 'prune', '--volumes'])`,
    `docker.run(['compose', 'down', '--volumes'])`,
    `docker.run(['compose', 'down', '-v'])`,
    `docker.run([\n  'compose',\n  'down',\n  '--volumes=true',\n])`,
    `spawn('docker volume rm data')`,
    'spawn(`docker compose down -v`)',
    `spawn('docker-compose down --volumes')`,
    "engine.ask('DELETE', `/volumes/${name}`)",
    "engine.ask('DELETE', `/v1.41/volumes/${name}`)",
    `engine.ask('POST', '/volumes/prune')`,
    "engine.ask('DELETE', `/containers/${id}?v=1`)",
    "engine.ask('DELETE', `/containers/${id}?force=1&v=true`)",
  ])('%s', (source) => {
    expect(volumeRemovalsIn(source)).not.toEqual([])
  })
})

describe('the rule lets pass', () => {
  test.each([
    `docker.run(['rm', '--force', id])`,
    `docker.run(['volume', 'ls'])`,
    `docker.run(['image', 'rm', id])`,
    `const flags = ['-v', 'ON_ERROR_STOP=1']`,
    "engine.ask('DELETE', `/containers/${id}`)",
    "engine.ask('DELETE', `/images/${id}?noprune=1`)",
    `// docker volume rm data`,
  ])('%s', (source) => {
    expect(volumeRemovalsIn(source)).toEqual([])
  })
})
