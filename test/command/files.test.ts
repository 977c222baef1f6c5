import {beforeEach, describe, expect, test} from 'vitest'
import type {FakePorts} from '../support/fakes/ports.ts'
import {openSession, type Session} from '../support/session.ts'

let session: Session
let ports: FakePorts

beforeEach(() => {
  session = openSession()
  ports = session.ports
})

const sparkone: Session['sparkone'] = (line) => session.sparkone(line)
const document: Session['document'] = (line) => session.document(line)

describe('backup --files', () => {
  test('says what it holds, and what to type next', async () => {
    const {code, stdout, stderr} = await sparkone('backup --files')
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).toContain('2 files')
    expect(stdout).toMatch(/sparkone verify --files 20261122T100000Z-\w{6}\n$/)
  })

  test('answers programs with one document', async () => {
    expect(await document('backup --files --tag weekly')).toMatchObject({
      status: 'done',
      kind: 'files',
      files: 2,
      problems: [],
      tags: ['weekly'],
    })
    expect((await sparkone('backup --files -o nagios')).stdout).toMatch(/^SPARKONE OK: .*'backup files'=2/)
  })

  test('ends with 1 and names each file that is missing or changed under way', async () => {
    ports.project.changing = [{path: 'outputs/new\nline', fault: 'changed', message: 'it changed each of the 3 times it was read'}]
    const {code, stdout} = await sparkone('backup --files')
    expect(code).toBe(1)
    expect(stdout).toContain(String.raw`! "outputs/new\nline": it changed`)
    expect(await document('backup --files')).toMatchObject({status: 'done', exitCode: 1, problems: [{fault: 'changed'}]})
  })

  test('only plans with --dry-run', async () => {
    expect(await document('backup --files --dry-run')).toMatchObject({
      status: 'planned',
      plan: [expect.stringContaining('pack 2 files'), expect.anything(), expect.anything()],
    })
    expect(await ports.sets.list()).toEqual([])
  })

  test('says nothing of the database, and cannot be one without tables', async () => {
    expect(await document('backup --files --allow-empty')).toMatchObject({exitCode: 3})
  })
})

describe('a backup of files', () => {
  beforeEach(() => sparkone('backup --files'))

  test('is listed as what it is', async () => {
    expect(await document('restore --list')).toMatchObject({backups: [{kind: 'files', files: 2, database: '', proven: null}]})
    expect((await sparkone('restore --list')).stdout).toContain('2 files')
  })

  test('is proven by verify --files', async () => {
    expect(await document('verify --files')).toMatchObject({status: 'done', proof: {passed: true, files: 2}})
  })

  test('that does not pass ends with 13 and shows the files', async () => {
    ports.project.afterUnpack = (entries) => (entries[0]!.mode = 0o777)
    const {code, stdout} = await sparkone('verify --files')
    expect([code, stdout]).toEqual([13, expect.stringContaining('! ops/compose.yml: expected mode 0644, found mode 0777')])
  })

  test('is not taken for a database', async () => {
    const [set] = await ports.sets.list()
    expect(await document(`restore ${set!.manifest.id} --yes`)).toMatchObject({
      exitCode: 3,
      error: {hint: expect.stringContaining('--files')},
    })
    expect(await document('restore latest --yes')).toMatchObject({exitCode: 9})
    expect(await document('verify')).toMatchObject({exitCode: 9})
  })

  test('comes back into a new folder', async () => {
    expect(await document('restore --files')).toMatchObject({
      status: 'done',
      files: 2,
      kept: null,
      folder: expect.stringContaining('/srv/restored-2026'),
    })
    expect((await sparkone('restore --files --into /srv/else')).stdout).toContain('are in /srv/else')
  })

  test('goes over present files only when told to, and agreed to', async () => {
    expect(await document('restore --files --into /srv/shop')).toMatchObject({exitCode: 4})
    ports.confirmation.agrees = false
    expect(await document('restore --files --into /srv/shop --overwrite')).toMatchObject({exitCode: 4})
    ports.confirmation.agrees = true
    const {stdout} = await sparkone('restore --files --into /srv/shop --overwrite --yes')
    expect(stdout).toMatch(/kept +2 that were there before, in \/srv\/shop\/\.sparkone-before-/)
  })

  test.each(['restore latest --into /srv/x', 'restore --list --overwrite', 'restore --files --list', 'restore --files --db x.sql'])(
    '%s is not one thing to do, and ends with 3',
    async (line) => {
      expect(await document(line)).toMatchObject({exitCode: 3})
    },
  )
})
