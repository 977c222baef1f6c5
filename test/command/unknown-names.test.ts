import {beforeEach, expect, test} from 'vitest'
import {openSession, type Session} from '../support/session.ts'

let session: Session

beforeEach(async () => {
  session = openSession()
  await session.sparkone('backup')
  session.ports.clock.advance(1000)
  await session.sparkone('deploy v2 --yes')
})

/** Everything that could have changed. */
function world() {
  const {postgres, fleet, log} = session.ports
  return JSON.stringify({databases: [...postgres.databases.keys()], running: fleet.running, journal: log.written})
}

test.each([
  ['rollback v3 --yes', 'There is no release v3'],
  ['rollback help --yes', 'There is no release help'],
  ['rollback -- --help', 'There is no release --help'],
  ['rollback 20991122T100000Z-000000 --yes', 'There is no release'],
  ['restore lates --yes', 'Did you mean latest?'],
  ['restore help --yes', 'There is no backup help'],
  ['restore -- --help', 'There is no backup --help'],
  ['restore 20991122T100000Z-000000 --yes', 'There is no backup'],
  ['restore latest --from nowhere --yes', 'Known are local'],
  ['restore --at 2026-11-22T09:30 --from nowhere --yes', 'Known are local'],
  ['restore --list --from nowhere', 'Known are local'],
  ['verify latset', 'Did you mean latest?'],
  ['backup keep latets --yes', 'Did you mean latest?'],
  ['backup accept latst --yes', 'Did you mean latest?'],
])('%s ends with 9, says so, and changes nothing', async (line, said) => {
  const before = world()
  const {code, stdout, stderr} = await session.sparkone(line)
  expect({code, stdout}).toEqual({code: 9, stdout: ''})
  expect(stderr).toContain(said)
  expect(world()).toBe(before)
})

test('a release or backup that was nearly typed right is named', async () => {
  const [release] = await session.ports.ledger.all()
  const version = release!.version!
  expect((await session.sparkone(`rollback ${version}x --yes`)).stderr).toContain(`Did you mean ${version}?`)
  const [set] = await session.ports.sets.list()
  const {id} = set!.manifest
  expect((await session.sparkone(`restore ${id.replace('T', 'TT')} --yes`)).stderr).toContain(`Did you mean ${id}?`)
})
