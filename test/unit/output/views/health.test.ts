import {stripVTControlCharacters} from 'node:util'
import {expect, test} from 'vitest'
import type {Finding} from '../../../../src/lib/domain/finding.ts'
import {healthReport} from '../../../../src/lib/domain/health.ts'
import {healthView} from '../../../../src/lib/output/views/health.ts'

const run = {project: 'shop', environment: 'production', at: '2026-11-22T10:00:00.000Z', milliseconds: 1320}
const findings: Finding[] = [
  {subject: 'database', status: 'ok', message: 'PostgreSQL 17.2, answers in 3 ms'},
  {subject: 'backup', status: 'warning', message: 'no backup is proven', hint: 'sparkone verify latest'},
  {subject: 'tables', status: 'critical', message: 'table public.orders, in backup X, is missing', hint: 'sparkone restore X'},
]

test('problems come first, each with the command to type beneath it, and the verdict comes last', () => {
  expect(healthView(healthReport(findings, run), {color: false, columns: 80})).toBe(
    [
      'CRITICAL  tables    table public.orders, in backup X, is missing',
      '                    → sparkone restore X',
      'WARNING   backup    no backup is proven',
      '                    → sparkone verify latest',
      'OK        database  PostgreSQL 17.2, answers in 3 ms',
      '',
      'Not configured, so not looked at: the API (api.url), copies off-site',
      '(backup.offsite), Redis (redis), Prometheus (prometheus.url).',
      'CRITICAL  shop production: 1 critical, 1 warning, 1 OK, in 1.3 s',
    ].join('\n'),
  )
})

test('colour only repeats what the words say', () => {
  const plain = healthView(healthReport(findings, run), {color: false, columns: 80})
  const coloured = healthView(healthReport(findings, run), {color: true, columns: 80})
  expect(coloured).not.toBe(plain)
  expect(stripVTControlCharacters(coloured)).toBe(plain)
})

test('on a narrow terminal no line of words is longer than the terminal', () => {
  const lines = healthView(healthReport(findings, run), {color: false, columns: 36}).split('\n')
  expect(lines.slice(0, 3)).toEqual(['CRITICAL tables', '  table public.orders, in backup X,', '  is missing'])
})

test('a report in which nothing was seen is not well', () => {
  expect(healthView(healthReport([], run), {color: false, columns: 80})).toContain('UNKNOWN  shop production: nothing was seen')
})
