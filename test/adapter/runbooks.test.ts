import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {FolderRunbooks} from '../../src/lib/adapters/runbooks/folders.ts'
import {fencesOf} from '../../src/lib/domain/runbook.ts'
import {page, pageText} from '../support/runbooks.ts'

describe('a page', () => {
  test('gives its facts, sections and steps, with the anchors that GitHub makes', () => {
    const {title, alerts, severity, owner, inputs, sections} = page(pageText)
    expect({title, alerts, severity, owner}).toEqual({
      title: 'QueueFull: the queue is full',
      alerts: ['QueueFull'],
      severity: 'warning',
      owner: 'on-call operator',
    })
    expect(inputs).toEqual([{name: 'QUEUE', type: 'text', description: 'name of the queue', secret: false}])
    expect(sections.map((section) => section.title)).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation', 'Rollback', 'Escalation'])
    expect(sections[2]!.steps.map(({title: step, anchor}) => [step, anchor])).toEqual([['1. Measure the queue', '1-measure-the-queue']])
  })

  test('gives its commands with their attributes and place', () => {
    expect(fencesOf(page(pageText)).map(({section, step, fence}) => [section, step?.anchor, fence.attributes.kind, fence.text])).toEqual([
      ['Diagnosis', '1-measure-the-queue', 'measure', 'docker compose exec -T api queue-length "$QUEUE"'],
      ['Mitigation', '2-empty-it', 'destroy', 'docker compose exec -T api queue-empty "$QUEUE"'],
    ])
  })

  test('counts equal headings through, as GitHub does', () => {
    const twice = page(pageText.replace('### 2. Empty it', '### 1. Measure the queue'))
    expect(twice.sections[3]!.steps[0]!.anchor).toBe('1-measure-the-queue-1')
  })

  test('can be read with a slip in its front matter, and still says which alerts it answers', () => {
    const {alerts, problems, sections} = page(pageText.replace('severity: warning', 'severity: loud'))
    expect(alerts).toEqual(['QueueFull'])
    expect(problems).toHaveLength(1)
    expect(sections).toHaveLength(6)
  })

  test('can be read when it is empty', () => {
    expect(page('')).toMatchObject({title: 'QueueFull', sections: [], problems: ['there is no front matter']})
  })
})

describe('the folders', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sparkone-'))
    await mkdir(path.join(folder, 'packaged'))
    await writeFile(path.join(folder, 'packaged/QueueFull.md'), pageText)
    await writeFile(path.join(folder, 'packaged/daily.md'), pageText)
    await writeFile(path.join(folder, 'packaged/README.md'), '# How to write a page\n')
  })

  afterEach(() => rm(folder, {recursive: true}))

  const runbooks = (project: string) => new FolderRunbooks({packaged: path.join(folder, 'packaged'), project: path.join(folder, project)})

  test('give every page but the README, sorted whatever their letter case', async () => {
    expect(await runbooks('none').names()).toEqual(['daily', 'QueueFull'])
  })

  test('let a page of the project stand in for the packaged one', async () => {
    await mkdir(path.join(folder, 'project'))
    await writeFile(path.join(folder, 'project/QueueFull.md'), pageText.replaceAll('the queue is full', 'ours is full'))
    await writeFile(path.join(folder, 'project/own.md'), pageText)
    const pages = await runbooks('project').all()
    expect(pages.map(({name, origin}) => [name, origin])).toEqual([
      ['daily', 'packaged'],
      ['own', 'project'],
      ['QueueFull', 'project'],
    ])
    expect((await runbooks('project').find('QueueFull'))?.title).toBe('QueueFull: ours is full')
  })

  test('count once when they are the same folder', async () => {
    expect((await runbooks('packaged').all()).map(({origin}) => origin)).toEqual(['packaged', 'packaged'])
  })

  test('give null for a page that is not there', async () => {
    expect(await runbooks('none').find('nothing')).toBeNull()
  })
})
