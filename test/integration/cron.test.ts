import {readdir, readFile} from 'node:fs/promises'
import path from 'node:path'
import {beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {folderWith} from '../support/folder.ts'
import {sparkone} from '../support/sparkone.ts'
import {findFreePort, requireTestbed} from '../support/testbed/index.ts'
import {startHostCluster} from '../support/testbed/host-cluster.ts'
import {startReceiver} from '../support/unattended/receiver.ts'

const password = 'hunter2-of-the-night'

let bin: string | null = null
beforeAll(async () => {
  bin = (await requireTestbed()).hostPostgresBin ?? null
})
beforeEach(({skip}) => skip(bin === null, 'PostgreSQL is missing'))

/** A project whose database will be at the port. */
function project(
  port: number,
  heartbeat: string,
): {cron: (...words: string[]) => ReturnType<typeof sparkone>; sets: () => Promise<string[]>; folder: string} {
  const folder = folderWith({
    'sparkone.yml': `version: 1
project: night
runtime: host
database: {name: postgres, host: 127.0.0.1, port: ${port}, user: postgres, password: {env: NIGHT_PASSWORD}}
backup: {directory: backups, allowEmpty: true}
schedule: {backup: '@hourly', waitForDatabase: 60s}
notifications: {metrics: {textfile: metrics}, heartbeat: {backup: '${heartbeat}/ping'}}
`,
  })
  const environment = {SPARKONE_STATE_DIR: path.join(folder, 'state'), NIGHT_PASSWORD: password}
  const sets = () => readdir(path.join(folder, 'backups/night/production')).catch(() => [])
  return {folder, sets, cron: (...words) => sparkone([...words, '--cron'], {cwd: folder, environment})}
}

describe('after a reboot', () => {
  it('a backup that is called before the database is up waits for it, and is whole', async () => {
    const port = await findFreePort()
    await using receiver = await startReceiver()
    const {cron, sets, folder} = project(port, receiver.url)
    const run = cron('cron', 'run')
    await using _cluster = await startHostCluster({bin: bin!, port, password})
    expect(await run).toMatchObject({code: 0, stdout: '', stderr: ''})
    expect(await sets()).toHaveLength(1)
    const metrics = await readFile(path.join(folder, 'metrics/sparkone-night-production.prom'), 'utf8')
    expect(metrics).toMatch(/^sparkone_backup_last_success_timestamp_seconds\{project="night",environment="production"\} \d+/m)
    // What ran is not due again.
    expect(await cron('cron', 'run')).toMatchObject({code: 0, stdout: '', stderr: ''})
    expect(await sets()).toHaveLength(1)
  })
})

describe('two that are called at once', () => {
  it('make one backup: the other is skipped without a word, and the heartbeat hears of success once it is published', async () => {
    await using receiver = await startReceiver()
    const port = await findFreePort()
    const {cron, sets} = project(port, receiver.url)
    await using _cluster = await startHostCluster({bin: bin!, port, password})
    const runs = await Promise.all([cron('backup'), cron('backup')])
    expect(runs.map(({stdout, stderr}) => stdout + stderr)).toEqual(['', ''])
    expect(await sets()).toHaveLength(1)
    const codes = runs.map(({code}) => code).toSorted()
    // The second may also come so late that the first is through; then nothing is due.
    expect([
      [0, 5],
      [0, 0],
    ]).toContainEqual(codes)
    expect(receiver.at('/ping').map((url) => url.split('?')[0])).toEqual(['/ping/start', '/ping'])
  })
})
