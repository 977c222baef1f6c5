import {describe, expect, test} from 'vitest'
import type {Escalation} from '../../../../src/lib/domain/escalation.ts'
import {runbookListView, runbookView} from '../../../../src/lib/output/views/runbook.ts'
import {page, pageText} from '../../../support/runbooks.ts'

const look = {color: false, columns: 60}
const nobody = {file: null, problem: null, levels: []}

test('a page reads from meaning to escalation, with commands alone on their lines', () => {
  const screen = runbookView(page(pageText), nobody, look)
  expect(screen.split('\n').slice(0, 3)).toEqual([
    'QueueFull: the queue is full',
    'warning · owner: on-call operator · at most 30m · to be read again by 2027-01-31',
    'alerts: QueueFull',
  ])
  expect(screen).toContain('\n    docker compose exec -T api queue-length "$QUEUE"\n')
  expect(screen).toContain('  1. Measure the queue\n')
  expect(screen).toContain('  CAUTION\n    Lost: every message that waits.\n')
  expect(screen).toMatch(/ {2}If +Then\n {2}`length >= 100` {2}2\. Empty it\n {2}otherwise +resolved\n/)
  const headings = ['MEANING', 'IMPACT', 'DIAGNOSIS', 'MITIGATION', 'ROLLBACK', 'ESCALATION']
  expect(screen.split('\n').filter((line) => headings.includes(line))).toEqual(headings)
})

test('a link to another page becomes what is typed to read it', () => {
  const wide = {...look, columns: 100}
  expect(runbookView(page(pageText), nobody, wide)).toContain('see the disk (sparkone runbook show DiskCritical).')
})

test('what must be set first stands before everything else', () => {
  expect(runbookView(page(pageText), nobody, look)).toContain('Set first:\n  export QUEUE=…  name of the queue\n')
})

test('prose is wrapped, commands are not, and inline commands stay on one line', () => {
  const screen = runbookView(page(pageText.replace('Messages wait.', `${'wait '.repeat(8)}\`docker compose ps --all\``)), nobody, look)
  expect(screen).toContain('\n  `docker compose ps --all`\n')
})

test('a page with a slip says so at its top', () => {
  expect(runbookView(page(pageText.replace('severity: warning', 'severity: loud')), nobody, look)).toContain('\nto be mended: severity: ')
})

test('the list tells alerts from the rest and names no page twice', () => {
  const other = page(
    pageText.replace('alerts: [QueueFull]', 'alerts: []').replaceAll('QueueFull: the queue is full', 'Every morning'),
    'daily',
  )
  expect(runbookListView([page(pageText), other], look).split('\n')).toEqual([
    'Alerts',
    '  QueueFull  warning  the queue is full',
    '',
    'Commands and checklists',
    '  daily  warning  Every morning',
    '',
    'sparkone runbook show NAME, or sparkone runbook for ALERT',
  ])
})

describe('who is called', () => {
  const levels = [
    {level: 1, role: 'on-call operator', contacts: ['#ops', '+49 30 1234'], afterMilliseconds: null},
    {level: 2, role: 'service owner', contacts: [], afterMilliseconds: 900_000},
  ]
  const shown = (escalation: Partial<Escalation>) => runbookView(page(pageText), {...nobody, ...escalation}, {...look, columns: 100})

  test('stands last on the page, with role, time and contacts', () => {
    expect(shown({file: '/srv/sparkone.yml', levels})).toMatch(
      /from the first minute\n\n {2}1 {2}on-call operator {2}at once {4}#ops, \+49 30 1234\n {2}2 {2}service owner {5}after 15m {2}no contact\n/,
    )
  })

  test('is said to be missing where nobody is configured, with the place to write it', () => {
    expect(shown({})).toContain('Nobody is configured to be called: write roles and contacts under escalation in sparkone.yml')
    expect(shown({file: '/srv/sparkone.yml'})).toContain('under escalation in /srv/sparkone.yml')
  })

  test('is not made up when the file cannot be read, and examples are called what they are', () => {
    expect(shown({file: 'x', problem: 'no YAML (x:1:1)'})).toContain('could not be read: no YAML (x:1:1)')
    const example = [{...levels[0]!, contacts: ['on-call@example.com']}]
    expect(shown({file: '/srv/sparkone.yml', levels: example})).toContain('Behind example.com there is nobody')
    expect(shown({file: '/srv/sparkone.yml', levels})).not.toContain('example.com')
  })
})
