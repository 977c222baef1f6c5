import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {readDocument} from '../support/documents.ts'
import {sparkone} from '../support/sparkone.ts'
import {requireTestbed} from '../support/testbed/index.ts'

const testbed = await requireTestbed()
const project = `logs-${process.pid}`

interface Line {
  service: string
  time: string
  level: string | null
  message: string
}

/** What the services of this project log: JSON on both streams; then bytes that are no text, and one line of a megabyte. */
const programs = {
  api: `echo '{"level":30,"time":1795341600000,"msg":"ready","url":"redis://app:hunter2@redis/0"}'
    echo '{"level":50,"time":1795341602000,"msg":"failed"}' >&2
    while :; do sleep 1; echo '{"level":30,"msg":"tick"}'; done`,
  worker: `printf 'clear \\033[2J and \\377\\n'; head -c 1000000 /dev/zero | tr '\\0' x; echo; sleep 1000`,
}

describe.skipIf(!testbed.image)('services that log in containers', () => {
  let folder: string
  const run = (words: string[], options: Partial<Parameters<typeof sparkone>[1]> = {}) =>
    sparkone(words, {cwd: folder, environment: {...testbed.environment, SPARKONE_STATE_DIR: path.join(folder, 'state')}, ...options})
  const docker = async (...words: string[]) => (await execa('docker', words, {env: testbed.environment})).stdout

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sparkone-logs-'))
    const text = `version: 1\nruntime: compose\nproject: ${project}\ncompose: {project: ${project}}\nbackup: {directory: backups}\n`
    await writeFile(path.join(folder, 'sparkone.yml'), text, {mode: 0o600})
    await writeFile(
      path.join(folder, 'compose.yml'),
      `name: ${project}\nservices: {api: {image: x}, worker: {image: x}, postgres: {image: postgres}}\n`,
    )
    for (const [service, program] of Object.entries(programs)) {
      const labels = [`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`].flatMap((label) => [
        '--label',
        label,
      ])
      const bound = service === 'worker' ? ['--log-opt', 'max-size=10m'] : []
      const options = ['--detach', '--name', `${project}-${service}`, '--network', 'none', '--log-driver', 'json-file', ...bound, ...labels]
      await docker('run', ...options, '--entrypoint', 'sh', testbed.image!, '-c', program)
    }
  })

  afterAll(async () => {
    await docker('rm', '--force', ...Object.keys(programs).map((service) => `${project}-${service}`))
    await rm(folder, {recursive: true})
  })

  test('are shown merged by time, both streams of each, with nothing that drives a terminal, and without passwords', async () => {
    const {code, stdout} = await run(['logs', '--json'])
    expect(code).toBe(0)
    const {lines} = readDocument(stdout, 'logs') as unknown as {lines: Line[]}
    expect(lines.map(({time}) => time)).toEqual(lines.map(({time}) => time).toSorted())
    expect(lines.filter(({service}) => service === 'api').slice(0, 2)).toMatchObject([
      {level: 'info', message: 'ready', time: '2026-11-22T10:00:00.000Z', extra: {url: 'redis://app:[redacted]@redis/0'}},
      {level: 'error', message: 'failed'},
    ])
    const [clear, long] = lines.filter(({service}) => service === 'worker')
    expect(clear!.message).toBe(String.raw`clear \x1b[2J and ` + '\ufffd')
    expect(long!.message).toMatch(/^x{10000}.{50000,60000} \[and \d+ bytes more\]$/)
  })

  test('are narrowed to one service and one kind', async () => {
    const {code, stdout} = await run(['logs', 'api', '--only', 'errors'])
    expect([code, stdout]).toEqual([0, '2026-11-22 10:00:02.000  api  ERROR  failed\n'])
  })

  test('end with 9 for a service that is not there, and with 10 when Docker is down', async () => {
    const unknown = await run(['logs', 'wroker'])
    expect([unknown.code, unknown.stderr]).toEqual([
      9,
      'There is no service wroker. There are: api, worker.\nNext: Did you mean sparkone logs worker?\n',
    ])
    const down = await run(['logs'], {environment: {...testbed.environment, DOCKER_HOST: 'unix:///nonexistent/docker.sock'}})
    expect([down.code, down.stderr]).toEqual([10, expect.stringMatching(/^The Docker Engine does not answer\./)])
  })

  test('are followed until Ctrl-C, which ends it at once with 130 and leaves no program behind', async () => {
    const at = {signal: 0, end: 0}
    const {code, stderr} = await run(['logs', '--follow', '--lines', '1'], {
      onOutput: (stdout, child) => {
        if (at.signal > 0 || !stdout.includes('tick')) return
        child.once('exit', () => (at.end = performance.now()))
        at.signal = performance.now()
        child.kill('SIGINT')
      },
    })
    expect([code, stderr]).toEqual([130, expect.stringContaining('Interrupted.')])
    // 100 ms on a machine that does nothing else.
    expect(at.end - at.signal).toBeLessThan(1000)
    const ids = await Promise.all(Object.keys(programs).map((service) => docker('inspect', '--format', '{{.Id}}', `${project}-${service}`)))
    expect((await commandLines()).filter((line) => line.includes('logs') && ids.some((id) => line.includes(id)))).toEqual([])
  })

  test('are looked at for bounds, with the lines to add, and kept in snapshots, without opening a file of Docker', async () => {
    const {code, stdout} = await run(['rotate-logs'])
    expect(code).toBe(1)
    expect(stdout).toContain(
      '  Next: Add to the Compose file, then docker compose up --detach:\n    services:\n      api:\n        logging:\n',
    )
    expect(stdout).not.toContain('docker logs of worker')
    const [api, worker] = (await readdir(path.join(folder, 'logs/snapshots'))).toSorted()
    expect([api, worker]).toEqual([expect.stringMatching(/^api-\d{8}\.log$/), expect.stringMatching(/^worker-\d{8}\.log$/)])
    const text = await readFile(path.join(folder, 'logs/snapshots', api!), 'utf8')
    expect(text).toContain('"msg":"ready","url":"redis://app:[redacted]@redis/0"')
  })

  test('have log files that no pattern reaches, whatever its way there', async () => {
    const file = await docker('inspect', '--format', '{{.LogPath}}', `${project}-api`)
    const patterns = [file, `${path.dirname(path.dirname(file))}/*/*.log`]
    const rules = patterns.map((pattern) => `{pattern: '${pattern}', size: '1'}`).join(', ')
    const config = path.join(folder, 'sparkone.yml')
    await writeFile(config, `${await readFile(config, 'utf8')}logs: {snapshots: {enabled: false}, rotate: [${rules}]}\n`)
    const {code, stdout} = await run(['rotate-logs', '--json'])
    expect(code).toBe(1)
    const document = readDocument(stdout, 'rotate-logs') as unknown as {rotated: unknown[]; findings: {subject: string; message: string}[]}
    expect(document.rotated).toEqual([])
    const refused = document.findings.filter(({subject}) => subject === file)
    expect(refused.map(({message}) => message)).toEqual(patterns.map(() => 'left alone: it belongs to Docker, which alone may touch it'))
    expect(await docker('logs', '--tail', '1', `${project}-api`)).toContain('tick')
  })
})

async function commandLines(): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  // One that has ended since it was listed runs no more.
  return Promise.all(processes.map((process) => readFile(`/proc/${process}/cmdline`, 'utf8').catch(() => '')))
}
