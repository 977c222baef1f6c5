import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {readDocument} from '../support/documents.ts'
import {folderWith} from '../support/folder.ts'
import {pageText} from '../support/runbooks.ts'
import {sparkone} from '../support/sparkone.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sparkone-'))
  await mkdir(path.join(folder, 'runbooks'))
  await writeFile(path.join(folder, 'runbooks/QueueFull.md'), pageText)
})

afterAll(() => rm(folder, {recursive: true}))

const runbook = (...words: string[]) => sparkone(['runbook', ...words], {cwd: folder})

test('the page of an alert is shown without configuration, database or network', async () => {
  const {code, stdout, stderr} = await runbook('for', 'ApiDown')
  expect(code).toBe(0)
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^ApiDown: /)
  expect(stdout).toContain('\nDIAGNOSIS\n')
})

test('a page of the project is found beside the packaged ones', async () => {
  const {code, stdout} = await runbook('list')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ {2}QueueFull +warning +the queue is full \(project\)$/m)
  expect(stdout).toMatch(/^ {2}restore +critical +bring a backup back$/m)
})

test('each answer is one JSON document that keeps its schema', async () => {
  const [list, show, answer] = await Promise.all([
    runbook('list', '--json'),
    runbook('show', 'restore', '--json'),
    runbook('for', 'queuefull', '--json'),
  ])
  expect(readDocument(list.stdout, 'runbook-list')).toMatchObject({exitCode: 0, status: 'found'})
  expect(readDocument(show.stdout, 'runbook-show')).toMatchObject({runbook: {name: 'restore', origin: 'packaged', problems: []}})
  expect(readDocument(answer.stdout, 'runbook-for')).toMatchObject({
    runbook: {name: 'QueueFull', origin: 'project', steps: [{attributes: {name: 'length'}}, {attributes: {name: 'empty'}}]},
  })
})

test('who is called comes from the configuration, which may be missing, broken elsewhere or broken right there', async () => {
  const where = async (text: string | null, ...words: string[]) => {
    const cwd = folderWith(text === null ? {} : {'sparkone.yml': text})
    const {code, stdout} = await sparkone(['runbook', 'for', 'ApiDown', '--json', ...words], {cwd})
    expect(code).toBe(0)
    return readDocument(stdout, 'runbook-for').escalation as {problem: string | null; levels: unknown[]}
  }
  const text = `version: 1
health: {timeout: soon}
escalation:
  level1: {contacts: ['#ops']}
  level2: {role: owner of the shop, contacts: [owner@shop.example], after: 20m}
environments:
  staging: {escalation: {level1: {contacts: ['#staging']}}}
`
  const [none, some, staging, wrong] = await Promise.all([
    where(null),
    where(text),
    where(text, '--env', 'staging'),
    where('version: 1\nescalation: {level1: {contacts: [nobody]}}\n'),
  ])
  expect(none).toEqual({file: null, problem: null, levels: []})
  expect(some.levels.slice(0, 2)).toEqual([
    {level: 1, role: 'on-call operator', contacts: ['#ops'], afterSeconds: 0},
    {level: 2, role: 'owner of the shop', contacts: ['owner@shop.example'], afterSeconds: 1200},
  ])
  expect(staging.levels.slice(0, 2)).toMatchObject([{contacts: ['#staging']}, {role: 'owner of the shop'}])
  expect(wrong).toMatchObject({
    problem: expect.stringMatching(/^escalation\.level1\.contacts\[0\]: expected an e-mail address, .*sparkone\.yml:2:/) as string,
    levels: [],
  })
})

test('a name that is not there ends with 9 and says what was probably meant', async () => {
  const {code, stdout, stderr} = await runbook('for', 'ApiDwon')
  expect([code, stdout]).toEqual([9, ''])
  expect(stderr).toBe(
    'No runbook answers an alert ApiDwon.\nNext: Did you mean sparkone runbook for ApiDown? sparkone runbook list shows them all.\n',
  )
  const document = readDocument((await runbook('show', 'backpu', '--json')).stdout, 'runbook-show')
  expect(document).toMatchObject({exitCode: 9, error: {kind: 'notFound', hint: expect.stringContaining('runbook show backup?') as string}})
})
