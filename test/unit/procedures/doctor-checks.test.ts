import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {OffsiteTarget, ServiceState} from '../../../src/lib/ports.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {doctorChecks} from '../../../src/lib/procedures/doctor.ts'
import type {DoctorInput} from '../../../src/lib/procedures/doctor/check.ts'
import {diagnose, usualDoctorInput} from '../../support/doctor-run.ts'
import {FakeClock} from '../../support/fakes/clock.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const down = new OperatorError('unreachable', 'Nothing listens there.')

let ports: FakePorts

beforeEach(async () => {
  // A clock that stands still, so that no probe runs out of time.
  ports = Object.assign(new FakePorts(), {clock: new FakeClock()})
  ports.containers = [container('api'), container('postgres')]
  ports.serviceLog.logging = [{service: 'api', container: 'api-1', driver: 'local', options: {}}]
  ports.toolbox.endings.set('docker version --format {{.Server.Version}}', {exitCode: 0, output: '28.1.0\n'})
  ports.toolbox.endings.set('docker compose version --short', {exitCode: 0, output: '2.35.1\n'})
  ports.targets = [target(async () => [])]
  await ports.jobBook.saveLook(ports.clock.now())
})

function container(service: string, more: Partial<ServiceState> = {}): ServiceState {
  return {
    service,
    name: `shop-${service}-1`,
    state: 'running',
    health: 'healthy',
    restarts: 0,
    exitCode: null,
    restartPolicy: 'unless-stopped',
    cpuPercent: null,
    memoryBytes: null,
    memoryLimitBytes: null,
    ...more,
  }
}

function target(copies: () => Promise<never[]>): OffsiteTarget {
  return {name: 'vault', maxAgeMilliseconds: 1, store: {location: 's3://vault/shop', copies} as unknown as OffsiteTarget['store']}
}

test('all is well where all is well, and every check has said so', async () => {
  const findings = await diagnose(ports)
  expect(findings.filter(({status}) => status !== 'ok')).toEqual([])
  const silent = doctorChecks.filter(
    ({name, applies}) => applies(usualDoctorInput) && !findings.some(({subject}) => subject.startsWith(name.replace('docker-', 'docker '))),
  )
  expect(silent.map(({name}) => name)).toEqual([])
})

test('there are at least twenty checks, each with a name that can be typed and a question', () => {
  expect(doctorChecks.length).toBeGreaterThanOrEqual(20)
  expect(doctorChecks.filter(({name, about}) => !/^[a-z][a-z.-]*$/.test(name) || !about.endsWith('?'))).toEqual([])
  expect(new Set(doctorChecks.map(({name}) => name)).size).toBe(doctorChecks.length)
})

type Damage = [subject: string, what: string, damage: () => unknown, status: string, hint: RegExp, input?: Partial<DoctorInput>]

const backUp = () => perform(backup, {allowEmpty: false}, ports, {dryRun: false, lockWaitMilliseconds: 0})

function openTo({file, folder}: {file: number; folder: number}): void {
  ports.place.entries.set('/srv/shop/.env', {mode: file, isFolder: false})
  ports.place.entries.set('/srv/shop', {mode: folder})
}

const damages: Damage[] = [
  ['node', 'too old', () => (ports.place.nodeVersion = '22.14.0'), 'critical', /newer/],
  ['state-folder', 'not there', () => ports.place.entries.set('/var/lib/sparkone', null), 'warning', /^sparkone backup$/],
  ['state-folder', 'a file', () => ports.place.entries.set('/var/lib/sparkone', {isFolder: false}), 'critical', /^Move it away/],
  ['state-folder', 'of another user', () => ports.place.entries.set('/var/lib/sparkone', {owner: 0}), 'critical', /^chown -R 1000 \/var/],
  ['backup-folder', 'for all to read', () => ports.place.entries.set('/var/backups/sparkone', {mode: 0o755}), 'warning', /^chmod 700 /],
  [
    'backup-folder',
    'for the group to write in',
    () => ports.place.entries.set('/var/backups/sparkone', {mode: 0o770}),
    'critical',
    /^chmod 700 /,
  ],
  [
    'backup-folder',
    'of a user, and this is root',
    () => {
      ports.place.user = 0
      ports.place.entries.set('/var/backups/sparkone', {owner: 1000})
    },
    'warning',
    /^chown -R 0 /,
  ],
  ['configuration', 'for all to change', () => ports.place.entries.set('/srv/shop/sparkone.yml', {mode: 0o666}), 'critical', /^chmod o-w /],
  ['configuration', 'of a user whose words root runs', () => (ports.place.user = 0), 'warning', /^chown root /],
  ['secrets', 'for all to read', () => openTo({file: 0o644, folder: 0o755}), 'warning', /^chmod 600 \/srv\/shop\/.env$/],
  ['programs', 'not there', () => ports.place.missing.add('./quiesce'), 'critical', /^ls -l .\/quiesce; chmod \+x/],
  [
    'acme.json',
    'with a mode that Traefik does not take',
    () => ports.place.entries.set('/srv/shop/acme.json', {mode: 0o644}),
    'critical',
    /^chmod 600/,
  ],
  ['acme.json', 'not there', () => ports.place.entries.set('/srv/shop/acme.json', null), 'warning', /cert-check/],
  ['clock', 'of the server 5 s ahead', () => (ports.postgres.clockSeconds += 5), 'warning', /^timedatectl/],
  ['clock', 'of the server a minute behind', () => (ports.postgres.clockSeconds -= 60), 'critical', /^timedatectl/],
  ['durability', 'without fsync', () => (ports.postgres.durability.fsync = 'off'), 'critical', /RESET fsync; SELECT pg_reload_conf/],
  ['durability', 'without full pages', () => (ports.postgres.durability.fullPageWrites = 'off'), 'critical', /RESET full_page_writes/],
  ['collation', 'of another C library', () => (ports.postgres.outdated = ['shop']), 'warning', /^REINDEX DATABASE "shop"/],
  [
    'throw-away',
    'without pgvector',
    () => (ports.postgres.installed = ['plpgsql', 'vector']),
    'critical',
    /image, or install packages, that bring .*vector/,
  ],
  ['space', 'for not even one more backup', async () => void (await backUp(), (ports.sets.free = 1)), 'critical', /backup cleanup/],
  ['schedule', 'that nothing calls', () => ports.clock.advance(31 * 60_000), 'warning', /^sparkone cron install$/],
  ['schedule', 'of nothing, and no backup', () => {}, 'warning', /schedule.backup/, {jobs: []}],
  ['proofs', 'never made', () => {}, 'warning', /schedule.verify,/, {jobs: ['backup', 'cleanup', 'sync']}],
  ['proofs', 'never made of files', () => {}, 'warning', /schedule.verifyFiles,/, {jobs: ['files', 'cleanup', 'sync']}],
  ['cleanup', 'never made', () => {}, 'warning', /schedule.cleanup/, {jobs: ['backup', 'verify', 'sync']}],
  ['alarm', 'that nobody hears', () => {}, 'warning', /notifications.heartbeat/, {isAlarmed: false}],
  ['offsite', 'nowhere', () => {}, 'warning', /backup.offsite/, {targets: []}],
  ['offsite', 'whose cut-off copies nobody finishes', () => {}, 'warning', /schedule.sync/, {jobs: ['backup', 'verify', 'cleanup']}],
  ['offsite-place', 'on this machine by its name', () => {}, 'warning', /elsewhere/, {targets: [{name: 'vault', host: 'SERVER'}]}],
  ['offsite-place', 'on this machine by its address', () => {}, 'warning', /elsewhere/, {targets: [{name: 'vault', host: '192.0.2.7'}]}],
  ['offsite-place', 'on the loopback', () => {}, 'warning', /elsewhere/, {targets: [{name: 'vault', host: '127.0.0.2'}]}],
  [
    'offsite-store',
    'that does not answer',
    () => (ports.targets = [target(() => Promise.reject(down))]),
    'critical',
    /^sparkone sync --dry-run$/,
  ],
  [
    'docker',
    'down',
    () => ports.toolbox.endings.set('docker version --format {{.Server.Version}}', {exitCode: 1, output: 'Cannot connect'}),
    'critical',
    /^docker info$/,
  ],
  [
    'compose',
    'not installed',
    () => ports.toolbox.endings.set('docker compose version --short', {exitCode: 1, output: 'unknown'}),
    'warning',
    /docker-compose-plugin/,
  ],
  [
    'compose',
    'too old',
    () => ports.toolbox.endings.set('docker compose version --short', {exitCode: 0, output: 'v2.19.9'}),
    'warning',
    /docker-compose-plugin/,
  ],
  ['health-checks', 'missing', () => ports.containers.push(container('worker', {health: 'none'})), 'warning', /^Add healthcheck to worker/],
  [
    'restart-policy',
    'missing',
    () => ports.containers.push(container('worker', {restartPolicy: 'no'})),
    'warning',
    /restart: unless-stopped" to worker/,
  ],
  [
    'docker logs of worker',
    'unbounded',
    () => (ports.serviceLog.logging = [{service: 'worker', container: 'w', driver: 'json-file', options: {}}]),
    'warning',
    /rotate-logs --dry-run/,
  ],
]

test.each(damages)('%s: %s', async (subject, _what, damage, status, hint, input = {}) => {
  await damage()
  const findings = await diagnose(ports, input, subject)
  expect(findings).toMatchObject([{status}])
  expect(findings[0]?.hint).toMatch(hint)
})

describe('the limits', () => {
  test('of the clock leave what is just within alone', async () => {
    ports.postgres.clockSeconds += 4.9
    expect(await diagnose(ports, {}, 'clock')).toMatchObject([{status: 'ok', measurements: [{label: 'skew', value: 4.9}]}])
  })

  test.each([
    [3, 'ok'],
    [2.9, 'warning'],
    [1, 'warning'],
    [0.9, 'critical'],
  ])('of space: room for %s backups like the newest is %s', async (times, status) => {
    const {result} = await backUp()
    const bytes = result!.set.manifest.members.reduce((sum, member) => sum + member.bytes, 0)
    ports.sets.free = Math.round(times * bytes)
    expect(await diagnose(ports, {}, 'space')).toMatchObject([{status}])
  })

  test('of a schedule that something else keeps: a backup made in time', async () => {
    const {jobBook} = ports
    const run = {run: 'x', startedAt: '2026-11-21T08:00:00.000Z', endedAt: '2026-11-21T08:01:00.000Z', exitCode: 0}
    const record = {...(await jobBook.read('backup')), last: run, goodAt: run.startedAt}
    await jobBook.saveRun('backup', record)
    expect(await diagnose(ports, {jobs: []}, 'schedule')).toMatchObject([{status: 'ok'}])
    ports.clock.advance(1)
    expect(await diagnose(ports, {jobs: []}, 'schedule')).toMatchObject([{status: 'warning'}])
  })
})

describe('what cannot be seen', () => {
  test('is never OK', async () => {
    ports.unreachable = down
    ports.serviceLog.down = down
    const subjects = ['server', 'clock', 'durability', 'collation', 'throw-away', 'health-checks', 'restart-policy', 'docker-logs']
    for (const subject of subjects) {
      expect(await diagnose(ports, {}, subject), subject).toMatchObject([{message: 'not known: Nothing listens there'}])
    }
    expect(await diagnose(ports, {}, 'server')).toMatchObject([{status: 'critical'}])
  })

  test('since nothing runs is unknown', async () => {
    ports.containers = []
    ports.serviceLog.logging = []
    for (const subject of ['health-checks', 'restart-policy', 'docker-logs'])
      expect(await diagnose(ports, {}, subject)).toMatchObject([{status: 'unknown'}])
  })

  test('of one store does not hide the other', async () => {
    ports.targets = [target(() => Promise.reject(down)), target(async () => [])]
    expect((await diagnose(ports, {}, 'offsite-store')).map(({status}) => status)).toEqual(['critical', 'ok'])
  })
})

test('a file with secrets may have any mode in a folder that is closed to others', async () => {
  openTo({file: 0o644, folder: 0o700})
  expect(await diagnose(ports, {}, 'secrets')).toMatchObject([{status: 'ok'}])
})

describe('what does not apply is no subject', () => {
  test('containers, outside of Compose', async () => {
    const subjects = (await diagnose(ports, {isCompose: false})).map(({subject}) => subject)
    expect(subjects).not.toContain('docker')
    expect(subjects).not.toContain('health-checks')
  })

  test('throw-away servers, with pgBackRest', async () => {
    expect(await diagnose(ports, {isPhysical: true}, 'throw-away')).toEqual([])
    expect(ports.postgres.ephemerals).toEqual([])
  })

  test('sorting, with a PostgreSQL that does not record it, which is said', async () => {
    ports.postgres.server = {...ports.postgres.server, versionNumber: 140_011}
    ports.postgres.outdated = ['shop']
    expect(await diagnose(ports, {}, 'collation')).toMatchObject([{status: 'ok', message: expect.stringContaining('not asked')}])
  })
})
