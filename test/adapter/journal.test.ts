import {appendFileSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import {FileJournal} from '../../src/lib/adapters/journal.ts'
import type {JournalEntry} from '../../src/lib/domain/journal.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {folderWith, rejection} from '../support/folder.ts'

const entry = (run: string): JournalEntry => ({
  at: '2026-11-22T10:00:00.000Z',
  run,
  command: 'backup',
  phase: 'intent',
  project: 'shop',
  environment: 'production',
  actor: 'operator@server',
  detail: {plan: ['dump database shop\nwith a line break']},
})

let file: string
let journal: FileJournal

beforeEach(() => {
  file = path.join(folderWith(), 'journal', 'shop.jsonl')
  journal = new FileJournal(file)
})

test('a journal that was never written to is empty', async () => {
  expect(await journal.entries()).toEqual([])
})

test('entries come back as they were written, in order, one line each', async () => {
  await journal.append(entry('a'))
  await new FileJournal(file).append(entry('b'))
  expect(await journal.entries()).toEqual([entry('a'), entry('b')])
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3)
})

test('it is for its owner alone', async () => {
  await journal.append(entry('a'))
  expect([statSync(path.dirname(file)).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600])
})

describe('a line that a crash cut short', () => {
  beforeEach(async () => {
    await journal.append(entry('a'))
    appendFileSync(file, JSON.stringify(entry('b')).slice(0, 40))
  })

  test('is skipped', async () => {
    expect(await journal.entries()).toEqual([entry('a')])
  })

  test('does not take the next entry with it', async () => {
    await journal.append(entry('c'))
    expect(await journal.entries()).toEqual([entry('a'), entry('c')])
  })
})

test('a journal that cannot be written is named', async () => {
  writeFileSync(path.dirname(file), '')
  expect((await rejection(journal.append(entry('a')), OperatorError)).message).toContain(file)
})
