import {expect, test} from 'vitest'
import {runbookListView, runbookView} from '../../../../src/lib/output/views/runbook.ts'
import {page, pageText} from '../../../support/runbooks.ts'

const look = {color: false, columns: 60}

test('a page reads from meaning to escalation, with commands alone on their lines', () => {
  const screen = runbookView(page(pageText), look)
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
  expect(runbookView(page(pageText), wide)).toContain('see the disk (sparkone runbook show DiskCritical).')
})

test('what must be set first stands before everything else', () => {
  expect(runbookView(page(pageText), look)).toContain('Set first:\n  export QUEUE=…  name of the queue\n')
})

test('prose is wrapped, commands are not, and inline commands stay on one line', () => {
  const screen = runbookView(page(pageText.replace('Messages wait.', `${'wait '.repeat(8)}\`docker compose ps --all\``)), look)
  expect(screen).toContain('\n  `docker compose ps --all`\n')
})

test('a page with a slip says so at its top', () => {
  expect(runbookView(page(pageText.replace('severity: warning', 'severity: loud')), look)).toContain('\nto be mended: severity: ')
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
