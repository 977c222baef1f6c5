import {describe, expect, test} from 'vitest'
import {judgeLife} from '../../../src/lib/domain/certificate.ts'
import {renewalOf} from '../../../src/lib/domain/certificate-renewal.ts'

const hour = 3_600_000
const day = 24 * hour

const begin = Date.parse('2027-01-01T00:00:00Z')

/** Verdict on a certificate of a lifetime when so much of it is left; authorities leave out the last second. */
function verdict(
  lifetime: number,
  left: number,
  {duration = null, renewBefore = null}: {duration?: number | null; renewBefore?: number | null} = {},
) {
  const notAfter = new Date(begin + lifetime - 1000)
  return judgeLife(
    {notBefore: new Date(begin), notAfter},
    {label: 'shop.example', now: new Date(notAfter.getTime() - left), duration, renewBefore},
  ).status
}

// Windows and pauses by hand from Traefik's table: 30 d and 1 d, 10 d and 12 h, 10 d and 12 h, 2 d and 2 h.
const lifetimes = [
  {name: '90 days', lifetime: 90 * day, window: 30 * day, interval: day},
  {name: '64 days', lifetime: 64 * day, window: 10 * day, interval: 12 * hour},
  {name: '45 days', lifetime: 45 * day, window: 10 * day, interval: 12 * hour},
  {name: '6 days', lifetime: 6 * day + 16 * hour, window: 2 * day, interval: 2 * hour},
]

describe.each(lifetimes)('a certificate of $name', ({lifetime, window, interval}) => {
  test('that is renewed as it should be rings no alarm in any hour of its life', () => {
    // At the worst the window opens just after a look, and the next look renews.
    const renewedAt = window - interval
    const alarms = []
    for (let left = lifetime - 1000; left >= renewedAt; left -= hour) if (verdict(lifetime, left) !== 'ok') alarms.push(left)
    expect(alarms).toEqual([])
    expect(verdict(lifetime, renewedAt)).toBe('ok')
  })

  test('that is stuck is told of by the daily check that follows its window and two looks', () => {
    const due = window - 2 * interval
    expect(verdict(lifetime, due + 1)).toBe('ok')
    expect(verdict(lifetime, due - 1)).toBe('warning')
    // A check once a day sees it within a day from then on, and it is urgent from a third of the window.
    expect(['warning', 'critical']).toContain(verdict(lifetime, due - day))
    expect(verdict(lifetime, window / 3 + 1)).toBe('warning')
    expect(verdict(lifetime, window / 3 - 1)).toBe('critical')
    expect(verdict(lifetime, -1)).toBe('critical')
  })
})

test('fixed days would be wrong both ways: 28 days are late of 90, and 12 are fine of 45', () => {
  expect(verdict(90 * day, 28 * day - 1)).toBe('warning')
  expect(verdict(45 * day, 12 * day)).toBe('ok')
})

test.each([
  [365 * day, 120],
  [364 * day, 30],
  [90 * day - 1000, 30],
  [89 * day, 10],
  [30 * day, 10],
  [29 * day, 2],
  [5 * day, 0.25],
])('one that lives %d ms is renewed %d days before its end', (lifetime, days) => {
  expect(renewalOf(lifetime).window).toBe(days * day)
})

describe('a proxy that is told of another lifetime than certificates have', () => {
  test('renews ones of 64 days with 30 left, so 27 left are late', () => {
    expect(verdict(64 * day, 27 * day, {duration: 90 * day})).toBe('warning')
    expect(verdict(64 * day, 29 * day, {duration: 90 * day})).toBe('ok')
  })

  test('renews ones of 6 days at each look, which is no alarm for hours left', () => {
    expect(verdict(6 * day, 5 * day, {duration: 90 * day})).toBe('ok')
  })
})

test('where certificates are renewed otherwise, it goes by what the operator says', () => {
  expect(verdict(365 * day, 50 * day, {renewBefore: 30 * day})).toBe('ok')
  expect(verdict(365 * day, 14 * day, {renewBefore: 30 * day})).toBe('warning')
  expect(verdict(365 * day, 9 * day, {renewBefore: 30 * day})).toBe('critical')
})
