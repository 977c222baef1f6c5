import {appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {systemClock} from '../../src/lib/adapters/clock.ts'
import {linesOf} from '../../src/lib/adapters/logs/lines.ts'
import {LoggedFiles} from '../../src/lib/adapters/logs/logged-files.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import type {LogEntry, LogReading} from '../../src/lib/ports/logs.ts'

let folder: string
let abort: AbortController

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sparkone-logs-'))
  abort = new AbortController()
})

afterEach(() => rmSync(folder, {recursive: true}))

const at = (name: string) => path.join(folder, name)

describe('lines', () => {
  const read = async (...chunks: (string | Uint8Array)[]) => {
    const source = (async function* () {
      for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    })()
    const lines: string[] = []
    for await (const line of linesOf(source)) lines.push(line)
    return lines
  }

  test('come whole, however the bytes are cut, and the last one needs no end', async () => {
    const euro = Buffer.from('€')
    expect(await read('a\nb', 'c\r\n\n', euro.subarray(0, 1), euro.subarray(1))).toEqual(['a', 'bc', '', '€'])
  })

  test('of any length and any bytes are safe', async () => {
    const [line, rest] = await read(...Array.from({length: 300}, () => 'x'.repeat(1000)), '\n', Uint8Array.of(0xff, 0x00, 0x0a))
    expect(line).toHaveLength(64 * 1024 + ' [and 234464 bytes more]'.length)
    expect(line).toMatch(/x \[and 234464 bytes more\]$/)
    expect(rest).toBe('\ufffd\0')
  })
})

describe('a service that logs into a file', () => {
  const logged = () =>
    new LoggedFiles({
      files: [{service: 'api', path: at('a.log')}],
      signal: abort.signal,
      sleep: (milliseconds, signal) => systemClock.sleep(milliseconds, signal),
    })
  const read = async (reading: Partial<LogReading>) => {
    const texts: string[] = []
    for await (const {text} of logged().read('api', {lines: null, since: null, follow: false, ...reading})) texts.push(text)
    return texts
  }

  test.each([
    ['', 3, []],
    ['\n', 1, ['']],
    ['a\nb\nc\n', 2, ['b', 'c']],
    ['a\nb\nc', 2, ['b', 'c']],
    ['a\n\n\n', 2, ['', '']],
    ['a\nb\n', 5, ['a', 'b']],
  ])('%j ends with %i lines', async (text, lines, expected) => {
    writeFileSync(at('a.log'), text)
    expect(await read({lines})).toEqual(expected)
  })

  test('has its last lines found from the end, across blocks', async () => {
    writeFileSync(at('a.log'), Array.from({length: 50_000}, (_, index) => `line ${index}\n`).join(''))
    expect(await read({lines: 20_000})).toEqual(Array.from({length: 20_000}, (_, index) => `line ${index + 30_000}`))
  })

  test('is shown since a time, with the lines that belong to a line', async () => {
    writeFileSync(at('a.log'), '2026-11-22 09:59:00 old\n  trace of old\n2026-11-22 10:00:00 new\n  trace of new\n')
    expect(await read({since: new Date('2026-11-22T10:00:00Z')})).toEqual(['2026-11-22 10:00:00 new', '  trace of new'])
  })

  test('is followed through a rotation and an emptying, and no longer than asked for', async () => {
    writeFileSync(at('a.log'), 'one\n')
    const seen: string[] = []
    const source = logged().read('api', {lines: 10, since: null, follow: true})[Symbol.asyncIterator]()
    const next = async () => seen.push(((await source.next()).value as LogEntry).text)
    await next()
    appendFileSync(at('a.log'), 'two\n')
    await next()
    renameSync(at('a.log'), at('a.log.1'))
    writeFileSync(at('a.log'), 'three\n')
    await next()
    truncateSync(at('a.log'))
    appendFileSync(at('a.log'), '4\n')
    await next()
    expect(seen).toEqual(['one', 'two', 'three', '4'])
    const ended = source.next().catch((error: unknown) => error)
    abort.abort(new OperatorError('interrupted', 'Interrupted.'))
    expect(await ended).toMatchObject({kind: 'interrupted'})
  })
})
