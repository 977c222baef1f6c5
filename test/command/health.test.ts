import {createServer, type Server} from 'node:http'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import type {Finding} from '../../src/lib/domain/finding.ts'
import {readDocument, type JsonDocument} from '../support/documents.ts'
import {sparkone, type Run, type RunOptions} from '../support/sparkone.ts'

const secret = 'correct-horse-battery'

let folder: string
let api: Server

beforeAll(async () => {
  api = createServer((_, response) => response.end('{"status":"ok"}')).listen(0, '127.0.0.1')
  await new Promise((resolve) => api.once('listening', resolve))
  folder = await mkdtemp(path.join(tmpdir(), 'sparkone-'))
  const {port} = api.address() as AddressInfo
  await writeFile(
    path.join(folder, 'sparkone.yml'),
    `version: 1\nproject: shop\nruntime: host\napi:\n  url: http://127.0.0.1:${port}\n  endpoints: [/health]\nbackup:\n  directory: backups\n`,
    {mode: 0o600},
  )
})

afterAll(async () => {
  api.close()
  await rm(folder, {recursive: true})
})

function health(words: readonly string[], options: Partial<RunOptions> = {}): Promise<Run> {
  // Port 1 is closed everywhere, so the database is measurably down.
  const environment = {DATABASE_URL: `postgres://shop:${secret}@127.0.0.1:1/shop`, ...options.environment}
  return sparkone(['health', ...words], {...options, cwd: folder, environment})
}

test('JSON is one document with verdict, counts and findings, worst first, and its exit code is that of the run', async () => {
  const {code, stdout} = await health(['--json'])
  const document = readDocument(stdout, 'health') as JsonDocument & {findings: Finding[]}
  expect(document).toMatchObject({schema: 'sparkone/health@1', exitCode: 2, status: 'critical', project: 'shop', environment: 'production'})
  expect(code).toBe(2)
  expect(document.findings[0]!.status).toBe('critical')
  expect(document.findings.find(({subject}) => subject === 'api /health')).toMatchObject({status: 'ok'})
  expect(document.findings.filter(({status, hint}) => status !== 'ok' && !hint)).toEqual([])
})

test('every form of output ends with the same exit code, and none shows the password', async () => {
  const forms = [[], ['--json'], ['--output', 'nagios'], ['--output', 'prometheus'], ['--cron']]
  const runs = await Promise.all(forms.map((words) => health(words)))
  expect(runs.map(({code}) => code)).toEqual([2, 2, 2, 2, 2])
  expect(runs.map(({stdout, stderr}) => stdout + stderr).join('\n')).not.toContain(secret)
  expect(runs[0]!.stdout).toMatch(/^CRITICAL {2}database .*\n[^]*? +→ pg_isready/)
  expect(runs[2]!.stdout).toMatch(/^SPARKONE CRITICAL: /)
  expect(runs[3]!.stdout).toContain('sparkone_health_status{subject="api /health"} 0\n')
  expect(runs[4]!.stdout).toBe('')
})

test.each([
  [['--watch', '--json'], '--watch shows a screen'],
  [['--timeout', 'soon'], '--timeout soon'],
  [['--interval', 'often'], '--interval often'],
])('%j is refused with code 3 and a sentence', async (words, sentence) => {
  const {code, stdout, stderr} = await health(words)
  expect(code).toBe(3)
  expect(stdout + stderr).toContain(sentence)
})

test('Ctrl-C ends a watch with code 0', async () => {
  let pressed = false
  const {code, stdout} = await health(['--watch', '--interval', '10m'], {
    onOutput: (shown, child) => {
      if (!pressed && shown.includes('shop production: ')) pressed = child.kill('SIGINT')
    },
  })
  expect(code).toBe(0)
  expect(stdout).toMatch(/Watched for .*\.\n$/)
})

test('help tells the exit codes', async () => {
  const {code, stdout} = await health(['--help'])
  expect(code).toBe(0)
  expect(stdout).toContain('EXIT STATUS')
})
