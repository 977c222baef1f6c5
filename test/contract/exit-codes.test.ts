import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {exitCodeOf, statuses} from '../../src/lib/domain/finding.ts'
import {exitCodes, type ErrorKind} from '../../src/lib/errors.ts'
import {exitCodeRows} from '../../src/lib/output/exit-status.ts'

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/exit-codes.md'), 'utf8')

const rowsOf = (heading: RegExp) =>
  page
    .slice(page.search(heading))
    .split('\n\n')[0]!
    .trim()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    )

const numbersIn = (cells: readonly string[]) => new Set(cells.flatMap((cell) => cell.split(',').map(Number)))

const codesOfChanges = new Set<number>([0, ...Object.values(exitCodes)])
const codesOfChecks = new Set<number>([...statuses.map(exitCodeOf), exitCodes.interrupted, exitCodes.terminated])

test('docs/exit-codes.md holds exactly the codes that commands end with', () => {
  const rows = rowsOf(/^\| code/m)
  expect(numbersIn(rows.map(([code]) => code!))).toEqual(new Set([...codesOfChanges, ...codesOfChecks]))
  expect(numbersIn(rows.filter(([, check]) => check !== '').map(([code]) => code!))).toEqual(codesOfChecks)
})

test('docs/exit-codes.md names every kind of error with its code', () => {
  const kinds = rowsOf(/^\| `error\.kind`/m).map(([kind, code]) => [kind!.replaceAll('`', ''), Number(code)])
  expect(Object.fromEntries(kinds)).toEqual(exitCodes)
})

test('the EXIT STATUS section of the help holds the same codes', () => {
  expect(numbersIn(exitCodeRows.check.map(([code]) => code))).toEqual(codesOfChecks)
  expect(numbersIn(exitCodeRows.change.map(([code]) => code))).toEqual(codesOfChanges)
})

test('no code has two meanings, save wrong usage and a bug, which both mean that nothing was done', () => {
  const shared = (Object.keys(exitCodes) as ErrorKind[]).filter(
    (kind) => Object.values(exitCodes).filter((code) => code === exitCodes[kind]).length > 1,
  )
  expect(shared).toEqual(['usage', 'bug'])
})
