import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {fencesOf} from '../../src/lib/domain/runbook.ts'
import {linksOf} from '../../src/lib/domain/runbook-rules.ts'
import {callProblems, shellProblems, sparkoneCalls} from '../support/runbook-checks.ts'
import {page} from '../support/runbooks.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(path.join(root, name), 'utf8')

const guides = [
  'docs/OPERATIONS.md',
  'docs/deployment.md',
  'docs/monitoring.md',
  'docs/security.md',
  'docs/runbook-format.md',
  'runbooks/README.md',
  'secrets/README.md',
]

describe.each(guides)('%s', (name) => {
  const guide = page(read(name), path.basename(name, '.md'))

  test('links to files that exist', () => {
    const files = linksOf(guide).flatMap((target) => (/^(https?:|#)/.test(target) ? [] : target.split('#')[0]!))
    expect(files.filter((file) => !existsSync(path.resolve(root, path.dirname(name), file)))).toEqual([])
  })

  test('uses commands and flags of sparkone that exist, in a shell that can read them', async () => {
    expect((await Promise.all(sparkoneCalls(guide).map(callProblems))).flat()).toEqual([])
    const scripts = fencesOf(guide).flatMap(({fence}) => (fence.language === 'sh' ? [fence.text] : []))
    expect(shellProblems(scripts.join('\n'))).toBe('')
  })
})

test('docs/deployment.md and docs/monitoring.md name only variables that the stack or the API knows', () => {
  const known =
    read('ops/.env.example') +
    read('ops/docker-compose.prod.yml') +
    read('ops/api/config.ts') +
    read('.github/workflows/deploy-production.yml')
  const named = guides.flatMap((name) =>
    [...read(name).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g)].map(([, variable]) => variable!),
  )
  expect(named.length).toBeGreaterThan(10)
  expect([...new Set(named)].filter((variable) => !known.includes(variable.replace(/_FILE$/, '')))).toEqual([])
})
