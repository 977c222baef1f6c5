import {beforeEach, describe, expect, test} from 'vitest'
import Doctor from '../../src/commands/doctor.ts'
import {documentSchemas} from '../../src/lib/output/schemas/all.ts'
import {runCommand, settingsWith} from '../support/command.ts'
import {FakeClock} from '../support/fakes/clock.ts'
import {FakePorts} from '../support/fakes/ports.ts'

let ports: FakePorts

beforeEach(() => {
  // A clock that stands still, so that no probe runs out of time.
  ports = Object.assign(new FakePorts(), {clock: new FakeClock()})
})

async function run(argv: readonly string[], more: object = {}) {
  const settings = settingsWith({backup: {directory: '/var/backups'}, ...more})
  const {code, stdout, stderr} = await runCommand(Doctor, 'doctor', [...argv, '--json'], () => ports, settings)
  const body = JSON.parse(stdout)
  expect(documentSchemas.doctor!.safeParse(body).error, stderr).toBeUndefined()
  return {code, body}
}

const subjectsOf = ({findings}: {findings: {subject: string}[]}) => findings.map(({subject}) => subject)

describe('doctor', () => {
  test('lists its checks with --list, and looks at nothing', async () => {
    const {code, body} = await run(['--list'])
    expect(code).toBe(0)
    expect(body.checks.length).toBeGreaterThanOrEqual(20)
    expect(body.checks).toContainEqual({name: 'clock', about: 'Does the server know the same time?'})
    expect(ports.postgres.steps).toEqual([])
    const {stdout} = await runCommand(Doctor, 'doctor', ['--list'], () => ports)
    expect(stdout).toMatch(/^clock +Does the server know the same time\?$/m)
  })

  test('does the checks that are named, and no others', async () => {
    const {code, body} = await run(['clock', 'durability'])
    expect({code, subjects: subjectsOf(body)}).toEqual({code: 0, subjects: ['clock', 'durability']})
    expect(ports.postgres.ephemerals).toEqual([])
  })

  test('of a check that there is not ends with 3, and says which was meant', async () => {
    expect(await run(['clok'])).toMatchObject({code: 3, body: {error: {hint: expect.stringContaining('Did you mean "clock"?')}}})
  })

  test('takes from the configuration what is to be there', async () => {
    ports.place.missing.add('./quiesce')
    const {body} = await run([], {
      backup: {
        directory: '/var/backups',
        hooks: {before: ['./quiesce', '--now']},
        offsite: [{name: 'vault', bucket: 'shop', endpoint: 'http://localhost:9000'}],
      },
      certificates: {acme: '/srv/shop/acme.json'},
      schedule: {backup: '@daily'},
    })
    const told = body.findings.filter(({status}: {status: string}) => status !== 'ok').map(({message}: {message: string}) => message)
    expect(told).toContainEqual('./quiesce of backup.hooks.before is not there, or may not be started')
    expect(told).toContainEqual('target vault (localhost) is this very machine, so its copies are lost with it')
    expect(told).toContainEqual(expect.stringContaining('backup is scheduled and verify is not'))
    expect(told).toContainEqual(expect.stringContaining('nobody is told when they fail'))
    expect(subjectsOf(body)).toContain('acme.json')
  })

  test('on a machine that is damaged ends with 2', async () => {
    ports.postgres.durability.fsync = 'off'
    expect(await run(['durability'])).toMatchObject({code: 2, body: {status: 'critical'}})
  })
})
