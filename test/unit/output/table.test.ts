import {expect, test} from 'vitest'
import {table, widthOf, wrap} from '../../../src/lib/output/table.ts'

test('columns line up and the last one wraps inside its own width', () => {
  const rows = [
    ['OK', 'database', 'answers in three milliseconds'],
    ['CRITICAL', 'api', 'down'],
  ]
  expect(table(rows, {columns: 80})).toBe('OK        database  answers in three milliseconds\nCRITICAL  api       down')
  expect(table(rows, {columns: 46})).toBe(
    'OK        database  answers in three\n                    milliseconds\nCRITICAL  api       down',
  )
})

test('on a narrow terminal the last column goes beneath the others', () => {
  expect(table([['CRITICAL', 'container api', 'exited with code 1']], {columns: 30})).toBe('CRITICAL container api\n  exited with code 1')
})

test('a word that is too long stays whole, so that a command can be copied', () => {
  expect(wrap('run sparkone-with-a-long-name now', 10)).toEqual(['run', 'sparkone-with-a-long-name', 'now'])
})

const paint = (text: string) => `\u001b[31m${text}\u001b[39m`

test('paint does not shift the columns', () => {
  expect(
    table(
      [
        [{text: 'A', paint}, 'x'],
        ['BBB', 'y'],
      ],
      {columns: 80},
    ),
  ).toBe('\u001b[31mA\u001b[39m    x\nBBB  y')
})

test('numbers align to the right beneath their head', () => {
  const rows = [
    [{text: '9', align: 'right'} as const, 'x'],
    [{text: '10', align: 'right'} as const, 'y'],
  ]
  expect(table(rows, {columns: 80, head: ['N', 'NAME']})).toBe('N   NAME\n 9  x\n10  y')
})

test('wide characters count as two cells and combining marks as none', () => {
  expect([widthOf('日本'), widthOf('e\u0301'), widthOf('ok')]).toEqual([4, 1, 2])
})
