import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {gunzipSync, gzipSync} from 'node:zlib'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {LocalLogFiles} from '../../src/lib/adapters/logs/files.ts'
import type {LogRule} from '../../src/lib/domain/log-rule.ts'
import type {DockerPaths} from '../../src/lib/ports/logs.ts'
import {plainRule} from '../support/log-rules.ts'

const nothing: DockerPaths = {folders: [], files: []}

let folder: string
let abort: AbortController
const children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sparkone-logs-'))
  abort = new AbortController()
})

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  }
  rmSync(folder, {recursive: true})
})

const at = (...names: string[]) => path.join(folder, ...names)
const files = () => new LocalLogFiles({folder, memory: at('state', 'memory.jsonl'), signal: abort.signal})
const rotation = (to: string) => ({path: at('a.log'), to, before: [], after: []})

/** Starts a program of bash that writes a line to a log each time it is told to, with the log open all the while. */
async function writer(redirect: string): Promise<ChildProcess> {
  const program = `exec 3${redirect}"$1"; echo ready; while read -r line; do echo "$line" >&3; echo done; done`
  const child = spawn('bash', ['-c', program, 'writer', at('a.log')], {stdio: ['pipe', 'pipe', 'inherit']})
  children.push(child)
  await once(child.stdout!, 'data')
  return child
}

async function tell(child: ChildProcess, line: string): Promise<void> {
  child.stdin!.write(`${line}\n`)
  await once(child.stdout!, 'data')
}

describe('logs are found', () => {
  const find = async (pattern: string, docker = nothing, rule: Partial<LogRule> = {}) => {
    const {logs, refused} = await files().find({...plainRule, ...rule, pattern}, docker)
    const short = (file: string) => path.relative(folder, file)
    return {logs: logs.map((log) => short(log.path)), refused: refused.map((each) => `${short(each.path)}: ${each.reason}`)}
  }

  test('by patterns within names and through folders, without what was rotated before', async () => {
    mkdirSync(at('web/one'), {recursive: true})
    for (const name of ['a.log', 'a.log.1', 'a.log.2.gz', 'a.log-20261122', 'b.txt', 'web/c.log', 'web/one/d.log'])
      writeFileSync(at(name), 'x')
    expect((await find('*')).logs).toEqual(['a.log', 'b.txt'])
    expect((await find('**/*.log')).logs.toSorted()).toEqual(['a.log', 'web/c.log', 'web/one/d.log'])
    expect((await find('{a,b}.*')).logs).toEqual(['a.log', 'b.txt'])
    expect((await find(at('web/*/d.log'))).logs).toEqual(['web/one/d.log'])
    expect((await find('nowhere/*.log')).logs).toEqual([])
  })

  test('but not through links of either kind, since these could lead to files of Docker', async () => {
    mkdirSync(at('docker/containers/c1'), {recursive: true})
    writeFileSync(at('docker/containers/c1/c1-json.log'), '{}')
    symlinkSync(at('docker/containers/c1/c1-json.log'), at('soft.log'))
    linkSync(at('docker/containers/c1/c1-json.log'), at('hard.log'))
    symlinkSync(at('docker/containers/c1'), at('folder'))
    const docker = {folders: [at('docker')], files: [at('docker/containers/c1/c1-json.log')]}
    expect(await find('*.log', docker)).toMatchObject({
      logs: [],
      refused: [expect.stringMatching(/^hard\.log: it has several names/) as string, 'soft.log: it is a link'],
    })
    expect((await find('folder/*', docker)).refused).toEqual(['folder/c1-json.log: it belongs to Docker, which alone may touch it'])
    expect((await find('docker/**/*.log', docker)).refused).toEqual([
      'docker/containers/c1/c1-json.log: it belongs to Docker, which alone may touch it',
    ])
    expect((await find(`${at('docker')}/containers/*/*`, docker)).logs).toEqual([])
  })

  test('but not where a log of Docker lies under a name of its own', async () => {
    writeFileSync(at('moved.log'), '{}')
    writeFileSync(at(`${'a'.repeat(64)}-json.log`), '{}')
    const docker = {folders: [], files: [at('moved.log')]}
    expect((await find('*.log', docker)).refused).toHaveLength(2)
  })

  test.runIf(process.getuid?.() === 0)('but not by root in a folder that others may write to', async () => {
    mkdirSync(at('open'))
    chmodSync(at('open'), 0o777)
    writeFileSync(at('open/a.log'), 'x')
    expect((await find('open/*')).refused).toEqual([expect.stringMatching(/written to by others/)])
  })
})

describe('who writes to a log', () => {
  test.each([
    ['>>', true],
    ['>', false],
    ['<>', false],
  ])('is read from the kernel, with whether it appends: %s', async (redirect, appends) => {
    writeFileSync(at('a.log'), '')
    const child = await writer(redirect)
    const {byPath} = await files().writers([at('a.log'), at('missing.log')])
    expect(byPath.get(at('a.log'))).toEqual([{process: child.pid, program: 'bash', appends}])
  })

  test('leaves out who only reads', async () => {
    writeFileSync(at('a.log'), '')
    const reader = spawn('tail', ['-f', at('a.log')], {stdio: ['ignore', 'pipe', 'inherit']})
    children.push(reader)
    appendFileSync(at('a.log'), 'x\n')
    await once(reader.stdout, 'data')
    expect((await files().writers([at('a.log')])).byPath.size).toBe(0)
  })
})

describe('a log that is rotated', () => {
  test('by a rename loses no line of a writer that goes on', async () => {
    const child = await writer('>>')
    await tell(child, 'before')
    await files().turn(rotation('a.log.1'), {...plainRule, create: 0o604})
    await tell(child, 'after')
    expect(readFileSync(at('a.log.1'), 'utf8')).toBe('before\nafter\n')
    expect([statSync(at('a.log')).size, statSync(at('a.log')).mode & 0o777]).toEqual([0, 0o604])
  })

  test('by copying loses no line and leaves no hole where the writer appends', async () => {
    const child = await writer('>>')
    chmodSync(at('a.log'), 0o640)
    await tell(child, 'before')
    await files().turn(rotation('a.log.1'), {...plainRule, copyTruncate: true})
    await tell(child, 'after')
    expect([readFileSync(at('a.log.1'), 'utf8'), readFileSync(at('a.log'), 'utf8')]).toEqual(['before\n', 'after\n'])
    expect(statSync(at('a.log.1')).mode & 0o777).toBe(0o640)
  })

  test('never takes a name that is taken, and is left alone when it became a link', async () => {
    writeFileSync(at('a.log'), 'new')
    writeFileSync(at('a.log.1'), 'old')
    await expect(files().turn(rotation('a.log.1'), plainRule)).rejects.toThrow('is there already')
    rmSync(at('a.log'))
    symlinkSync(at('a.log.1'), at('a.log'))
    await expect(files().turn(rotation('a.log.2'), plainRule)).rejects.toMatchObject({kind: 'refused'})
    expect(readFileSync(at('a.log.1'), 'utf8')).toBe('old')
  })
})

describe('a log that is compressed', () => {
  const compress = () => files().apply(at('a.log'), [{kind: 'compress', name: 'a.log.1'}])

  test.each([10, 3_000_000])('keeps its text, mode and time: %i bytes', async (size) => {
    const text = 'line of a log\n'.repeat(Math.ceil(size / 14))
    writeFileSync(at('a.log.1'), text, {mode: 0o640})
    const time = new Date('2026-11-01T10:00:00Z')
    utimesSync(at('a.log.1'), time, time)
    await compress()
    expect(readdirSync(folder)).toEqual(['a.log.1.gz'])
    expect(gunzipSync(readFileSync(at('a.log.1.gz'))).toString()).toBe(text)
    expect([statSync(at('a.log.1.gz')).mode & 0o777, statSync(at('a.log.1.gz')).mtime]).toEqual([0o640, time])
  })

  test('and was left with its original by a run that was killed, is only tidied up', async () => {
    writeFileSync(at('a.log.1'), 'text')
    writeFileSync(at('a.log.1.gz'), gzipSync('text'))
    writeFileSync(at('.a.log.1.sparkone'), 'half of it')
    await compress()
    expect(readdirSync(folder)).toEqual(['a.log.1.gz'])
  })

  test('never takes the place of another archive', async () => {
    writeFileSync(at('a.log.1'), 'text')
    for (const other of [gzipSync('other'), Buffer.from('no archive')]) {
      writeFileSync(at('a.log.1.gz'), other)
      await expect(compress()).rejects.toThrow('holds something else')
      expect(readFileSync(at('a.log.1.gz'))).toEqual(other)
      expect(readFileSync(at('a.log.1'), 'utf8')).toBe('text')
    }
  })
})

test('when each log was rotated is remembered, whatever a power cut left of the last line', async () => {
  const memory = await files().memory()
  await memory.note('/logs/a b "c"\n.log', 1)
  await memory.note('/logs/gone.log', 2)
  await memory.note('/logs/a b "c"\n.log', 3)
  appendFileSync(at('state/memory.jsonl'), '["/logs/half')
  const again = await files().memory()
  expect([again.lastAt('/logs/a b "c"\n.log'), again.lastAt('/logs/gone.log'), again.lastAt('/logs/half')]).toEqual([3, 2, null])
  await again.compact(3 * 365 * 86_400_000)
  expect((await files().memory()).lastAt('/logs/gone.log')).toBeNull()
})

test('a signal goes to the process in the file, and a file without one is told of', async () => {
  writeFileSync(at('a.log'), '')
  const child = await writer('>>')
  writeFileSync(at('a.pid'), `${child.pid}\n`)
  const signal = {name: 'TERM', service: null, pidFile: at('a.pid')}
  const ended = once(child, 'exit')
  await files().signalProcess(signal)
  expect(await ended).toEqual([null, 'SIGTERM'])
  for (const text of ['', '0', '-1', '12 13']) {
    writeFileSync(at('a.pid'), text)
    await expect(files().signalProcess(signal)).rejects.toMatchObject({kind: 'notFound'})
  }
})
