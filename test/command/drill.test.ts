import {beforeEach, describe, expect, test} from 'vitest'
import {openSession, type Session} from '../support/session.ts'

let session: Session

beforeEach(async () => {
  session = openSession()
  await session.sparkone('backup')
})

describe('drill', () => {
  test('tells what came back, how soon, how old it was, and where that is kept', async () => {
    const {code, stdout, stderr} = await session.sparkone('drill')
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).toMatch(/^Drill with \S+ passed\n/)
    expect(stdout).toMatch(/time +.*, objective 1h\n +data +.* old, objective 24h\n +report +memory/)
  })

  test('answers programs with one document', async () => {
    expect(await session.document('drill')).toMatchObject({schema: 'sparkone/drill@1', status: 'done', report: {passed: true, met: true}})
    expect(await session.document('drill --dry-run')).toMatchObject({status: 'planned'})
  })

  test('leaves the backup proven, as verify does', async () => {
    expect(await session.document('drill')).toMatchObject({remarks: [], proof: {passed: true}})
    expect((await session.sparkone('restore --list')).stdout).toMatch(/\bproven\b/)
    expect((await session.ports.jobBook.read('verify')).measured).toMatchObject({last_proof_passed: 1})
  })

  test('ends with 1 when an objective is missed', async () => {
    session.ports.clock.advance(25 * 3_600_000)
    expect(await session.document('drill')).toMatchObject({exitCode: 1, status: 'done', report: {passed: true, met: false}})
    expect((await session.sparkone('drill')).stdout).toContain('passed, but missed its objectives')
  })

  test('ends with 13 when the backup is not what was backed up', async () => {
    session.ports.postgres.afterRestore = ({tables}) => (tables.orders = 4)
    expect(await session.document('drill')).toMatchObject({exitCode: 13, status: 'failed', proof: {passed: false}, report: {passed: false}})
    expect((await session.sparkone('drill')).stdout).toContain('! table public.orders: expected 5 rows, found 4 rows')
  })

  test('ends with 9 where there is no such place', async () => {
    expect(await session.document('drill --from nowhere')).toMatchObject({exitCode: 9, error: {kind: 'notFound'}})
  })
})
