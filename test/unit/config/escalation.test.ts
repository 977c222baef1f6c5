import {chmodSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {readEscalation} from '../../../src/lib/config/escalation.ts'
import {folderWith} from '../../support/folder.ts'

const read = (text: string, environment: Record<string, string> = {}) =>
  readEscalation({flags: {}, cwd: folderWith({'sparkone.yml': text}), environment: {HOME: '/nonexistent', ...environment}})

const contact = (text: string) => read(`version: 1\nescalation: {level1: {contacts: [${JSON.stringify(text)}]}}\n`)

describe('a contact', () => {
  test.each(['on-call@shop.example', '+49 (30) 12-34', '112 233', '#ops', '@on.call', 'https://pager.shop.example/call', 'tel:+4930'])(
    '%s can be reached',
    async (text) => expect((await contact(text)).levels[0]).toMatchObject({contacts: [text], afterMilliseconds: null}),
  )

  test.each(['', 'nobody', 'call Jo', 'me@home', 'https://user:hunter2@pager.shop.example'])(
    '%j is refused, with its place',
    async (text) => {
      const {levels, problem} = await contact(text)
      expect(levels).toEqual([])
      expect(problem).toMatch(/^escalation\.level1\.contacts\[0\]: expected .*sparkone\.yml:2:\d+\)$/)
      expect(problem).not.toContain('hunter2')
    },
  )
})

describe('the levels', () => {
  const text = `version: 1
environment: staging
database:
escalation:
  level1: {contacts: ['#ops']}
  level3: {after: 5m}
environments:
  staging:
    escalation: {level3: {contacts: ['#staging']}}
  production:
    escalation: {level3: {contacts: ['#production']}}
`

  test('hold what the overlay of the environment leaves of the base, and defaults for the rest', async () => {
    const {levels, problem} = await read(text)
    expect(problem).toBeNull()
    expect(levels).toEqual([
      {level: 1, role: 'on-call operator', contacts: ['#ops'], afterMilliseconds: null},
      {level: 2, role: 'service owner', contacts: [], afterMilliseconds: 900_000},
      {level: 3, role: 'platform lead', contacts: ['#staging'], afterMilliseconds: 300_000},
      {level: 4, role: 'head of engineering', contacts: [], afterMilliseconds: 3_600_000},
    ])
    expect((await read(text, {SPARKONE_ENV: 'production'})).levels[2]).toMatchObject({contacts: ['#production']})
  })

  test('are none where nobody can be reached by any of them', async () => {
    expect((await read('version: 1\nescalation: {level1: {role: operator}}\n')).levels).toEqual([])
    expect((await read('version: 1\nescalation:\n')).levels).toEqual([])
  })

  test.each([
    ['a key that does not exist', 'version: 1\nescalation: {level1: {phone: "112"}}\n', /escalation\.level1\.phone: unknown key/],
    ['YAML that is none', 'escalation: {level1: [}\n', /sparkone\.yml:1:/],
    ['a list instead of levels', 'version: 1\nescalation: [a]\n', /escalation: expected a section of keys/],
  ])('are told to be unreadable for %s, and nothing is thrown', async (_, broken, problem) => {
    expect(await read(broken)).toMatchObject({levels: [], problem: expect.stringMatching(problem) as string})
  })

  test('are not believed to a file that others may change', async () => {
    const folder = folderWith({'sparkone.yml': 'version: 1\n'})
    chmodSync(path.join(folder, 'sparkone.yml'), 0o666)
    const {problem} = await readEscalation({flags: {}, cwd: folder, environment: {}})
    expect(problem).toContain('can be changed by other users')
  })

  test('are told to be unreadable when the file that is named is not there', async () => {
    const {problem, file} = await readEscalation({flags: {config: 'other.yml'}, cwd: '/srv', environment: {}})
    expect([file, problem]).toEqual(['/srv/other.yml', 'There is no configuration file /srv/other.yml.'])
  })
})
