import {beforeEach, describe, expect, test} from 'vitest'
import {schedulesOf} from '../../../src/lib/config/attendance-input.ts'
import {noRecord} from '../../../src/lib/domain/job.ts'
import {type Caller, timerFiles} from '../../../src/lib/domain/timer-files.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {applyTimer, installedSystem, planInstall, planRemoval} from '../../../src/lib/procedures/cron-install.ts'
import {runDue} from '../../../src/lib/procedures/cron-run.ts'
import {settingsWith} from '../../support/command.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
})

const caller: Caller = {
  project: 'shop',
  environment: 'production',
  user: 'deploy',
  words: ['/usr/bin/node', '/opt/spark one/bin/run.js', 'cron', 'run', '--cron', '--config', "/srv/50% o'clock/sparkone.yml"],
  folder: "/srv/50% o'clock",
  variables: {SPARKONE_STATE_DIR: '/var/lib/sparkone'},
  path: '/usr/bin:/bin',
}
const here = {caller, root: '/', system: null}
const cronPath = '/etc/cron.d/sparkone-shop-production'
const unit = '/etc/systemd/system/sparkone-shop-production'

async function install(more: object = {}): Promise<readonly string[]> {
  const plan = await planInstall({...here, ...more}, ports)
  await applyTimer(plan, ports)
  return plan.summary
}

describe('installing', () => {
  test('where systemd runs writes a persistent timer and starts it', async () => {
    await install()
    expect([...ports.shared.files.keys()]).toEqual([`${unit}.service`, `${unit}.timer`])
    expect(ports.shared.files.get(`${unit}.timer`)).toMatch(/^OnCalendar=\*:0\/5\nPersistent=true\nRandomizedDelaySec=30$/m)
    expect(ports.shared.files.get(`${unit}.service`)).toContain('\nUser=deploy\n')
    expect(ports.init.told).toEqual(['daemon-reload', 'enable --now sparkone-shop-production.timer'])
  })

  test('elsewhere writes a file for cron, with absolute paths and the user', async () => {
    ports.init.there = false
    await install()
    expect(ports.shared.files.get(cronPath)).toMatch(
      /^\*\/5 \* \* \* \* deploy cd .* && \/usr\/bin\/node '\/opt\/spark one\/bin\/run\.js' cron run --cron/m,
    )
    expect(ports.init.told).toEqual([])
  })

  test('quotes what cron, the shell and systemd would read as their own', () => {
    const [cron] = timerFiles('cron.d', caller, '/', null)
    expect(cron!.text).toContain(String.raw`--config '/srv/50\% o'\''clock/sparkone.yml'`)
    const [service] = timerFiles('systemd', {...caller, words: ['/bin/x', 'a$b', 'c"d', '50%']}, '/', null)
    expect(service!.text).toContain(String.raw`ExecStart=/bin/x "a$$b" "c\"d" 50%%`)
  })

  test('twice changes nothing the second time', async () => {
    await install()
    expect(await install()).toEqual([`leave ${unit}.service as it is`, `leave ${unit}.timer as it is`])
  })

  test('keeps the MAILTO that somebody wrote into it', async () => {
    await install({system: 'cron.d'})
    const written = ports.shared.files.get(cronPath)!
    ports.shared.files.set(cronPath, written.replace('PATH=', 'MAILTO=ops@example.com\nPATH='))
    await install({system: 'cron.d', caller: {...caller, user: 'root'}})
    expect(ports.shared.files.get(cronPath)).toMatch(/^MAILTO=ops@example\.com$/m)
    expect(ports.shared.files.get(cronPath)).toContain('* root cd ')
  })

  test.each(['0 3 * * * root backup\n', '# Written by sparkone cron install for other (production), which overwrites it.\n'])(
    'leaves a file alone that it did not write for this project',
    async (text) => {
      ports.shared.files.set(cronPath, text)
      await expect(install()).rejects.toMatchObject({kind: 'refused'})
      expect(ports.shared.files).toEqual(new Map([[cronPath, text]]))
    },
  )

  test('for the other system takes the first one away, so that nothing is called twice', async () => {
    await install()
    ports.init.told.length = 0
    await install({system: 'cron.d'})
    expect([...ports.shared.files.keys()]).toEqual([cronPath])
    expect(ports.init.told).toEqual(['disable --now sparkone-shop-production.timer'])
  })

  test('that systemd refuses leaves everything as it was', async () => {
    ports.init.control = async () => Promise.reject(new OperatorError('failed', 'systemctl daemon-reload: no.'))
    await expect(install()).rejects.toMatchObject({kind: 'failed'})
    expect(ports.shared.files.size).toBe(0)
  })

  test('into the tree of another machine starts nothing on this one', async () => {
    await install({root: '/mnt/server/'})
    expect([...ports.shared.files.keys()]).toEqual([`/mnt/server${unit}.service`, `/mnt/server${unit}.timer`])
    expect(ports.init.told).toEqual([])
  })
})

test('removing takes away what was installed, and is content where nothing was', async () => {
  await install()
  expect(await installedSystem(caller, ports)).toBe('systemd')
  await applyTimer(await planRemoval({caller, root: '/'}, ports), ports)
  expect(ports.shared.files.size).toBe(0)
  expect(ports.init.told.slice(2)).toEqual(['disable --now sparkone-shop-production.timer', 'daemon-reload'])
  expect(await planRemoval({caller, root: '/'}, ports)).toMatchObject({summary: [], commands: []})
})

describe('a look at the schedule', () => {
  const schedules = schedulesOf(
    settingsWith({schedule: {cleanup: '0 2 * * *', verify: '0 2 * * *', backup: '0 2 * * *', sync: '0 2 * * *'}}),
  )

  test('runs what is due, the backup first and the cleaning up last, whatever fails', async () => {
    ports.jobExits.set('backup --cron', 10)
    expect(await runDue(schedules, ports)).toMatchObject({ran: [{job: 'backup', exitCode: 10}, {job: 'verify', exitCode: 0}, {}, {}]})
    expect(ports.typed).toEqual(['backup --cron', 'verify latest --cron', 'sync --cron', 'backup cleanup --yes --cron'])
  })

  test('runs nothing that is not due', async () => {
    const settled = {...noRecord, settledAt: ports.clock.now().toISOString()}
    for (const {job} of schedules) ports.jobBook.records.set(job, settled)
    expect(await runDue(schedules, ports)).toMatchObject({ran: [], idle: [{job: 'backup'}, {}, {}, {}]})
    expect(ports.typed).toEqual([])
  })

  test('runs nothing that has no schedule', async () => {
    expect(await runDue(schedulesOf(settingsWith({schedule: {sync: '@hourly'}})), ports)).toMatchObject({ran: [{job: 'sync'}]})
    expect(await runDue(schedulesOf(settingsWith()), ports)).toEqual({busy: false, ran: [], idle: []})
  })

  test('that meets another one at work does nothing', async () => {
    await (await ports.locks()).acquire('shop-production-cron', {command: 'cron run', run: '0'})
    expect(await runDue(schedules, ports)).toEqual({busy: true, ran: [], idle: []})
  })

  test('that was interrupted begins nothing more', async () => {
    ports.abort.abort(new OperatorError('terminated', 'Terminated.'))
    await expect(runDue(schedules, ports)).rejects.toMatchObject({kind: 'terminated'})
    expect(ports.typed).toEqual([])
  })
})
