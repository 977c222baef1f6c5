import {expect, test} from 'vitest'
import type {Finding} from '../../../src/lib/domain/finding.ts'
import {nagiosText} from '../../../src/lib/output/nagios.ts'

const disk: Finding = {
  subject: 'disk /',
  status: 'warning',
  message: '83 % used',
  hint: 'du -xh /',
  measurements: [{label: 'used', value: 83.25, unit: '%', warning: 80, critical: 90, minimum: 0, maximum: 100}],
}
const database: Finding = {
  subject: 'database',
  status: 'ok',
  message: 'answers in 3 ms',
  measurements: [{label: 'time', value: 0.003, unit: 's', minimum: 0}],
}

test('the first line is the verdict, the worst subject and every measurement', () => {
  const [first] = nagiosText({verb: 'health', findings: [database, disk]}).split('\n')
  expect(first).toBe(`SPARKONE WARNING: disk /: 83 % used | 'disk / used'=83.25%;80;90;0;100 'database time'=0.003s;;;0`)
})

test('limits that are met from above are ranges that ring below', () => {
  const left: Finding = {
    subject: 'shop.example',
    status: 'ok',
    message: 'fine',
    measurements: [{label: 'left', value: 90, unit: 's', warning: 28, critical: 10, below: true}],
  }
  expect(nagiosText({verb: 'cert-check', findings: [left]}).split('\n')[0]).toMatch(/\| 'shop\.example left'=90s;28:;10:$/)
})

test('each finding has a line of its own, worst first, with what to do next', () => {
  expect(
    nagiosText({verb: 'health', findings: [database, disk]})
      .split('\n')
      .slice(1),
  ).toEqual(['WARNING disk /: 83 % used (next: du -xh /)', 'OK database: answers in 3 ms'])
})

test('the text before the bar never exceeds 80 characters and tells how many more problems there are', () => {
  const long: Finding = {subject: 'container api', status: 'critical', message: 'unhealthy: '.repeat(20)}
  const [text] = nagiosText({verb: 'health', findings: [long, disk]}).split(' | ')
  expect(text).toHaveLength(80)
  expect(text).toMatch(/^SPARKONE CRITICAL: container api: unhealthy.*… \(\+1 more\)$/)
})

test('bars, line breaks, quotes and equal signs in a text cannot break the format', () => {
  const nasty: Finding = {
    subject: "disk /a=b|'c'",
    status: 'critical',
    message: 'a | b\nc',
    measurements: [{label: 'used', value: Number.NaN}],
  }
  const text = nagiosText({verb: 'health', findings: [nasty]})
  expect(text.split('\n')[0]).toBe(`SPARKONE CRITICAL: disk /a=b/'c': a / b c | 'disk /a-b/''c'' used'=U`)
  expect(text.split('\n')).toHaveLength(2)
})

test('large and small numbers are written without an exponent', () => {
  const sizes: Finding = {
    subject: 'disk',
    status: 'ok',
    message: 'x',
    measurements: [
      {label: 'free', value: 1e22, unit: 'B'},
      {label: 'time', value: 1e-6, unit: 's'},
    ],
  }
  expect(nagiosText({verb: 'health', findings: [sizes]})).toContain(`'disk free'=10000000000000000000000B 'disk time'=0.000001s`)
})

test('all well and nothing seen are told apart', () => {
  expect(nagiosText({verb: 'health', findings: [database]})).toMatch(/^SPARKONE OK: health: 1 subject ok \|/)
  expect(nagiosText({verb: 'health', findings: []})).toBe('SPARKONE UNKNOWN: health: nothing was seen')
})
