import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {completedCommands, type DescribedCommand} from '../../src/lib/output/completion/commands.ts'

const root = path.resolve(import.meta.dirname, '../..')
const {commands} = JSON.parse(readFileSync(path.join(root, 'oclif.manifest.json'), 'utf8')) as {commands: Record<string, DescribedCommand>}
const completed = completedCommands(Object.values(commands), {check: ['clock']})

test('every argument is completed, but for those whose value only the operator knows', () => {
  const unknown = completed.flatMap(({argument}) => (argument?.values.from === 'nothing' ? [argument.name] : []))
  expect(unknown.toSorted()).toEqual(['code', 'host'])
})

test('every flag that takes a file, folder, place or word of ours is completed', () => {
  const unknown = completed.flatMap(({flags}) => flags.flatMap(({name, values}) => (values?.from === 'nothing' ? [name] : [])))
  const known = ['at', 'connect', 'interval', 'keep', 'lines', 'lock-wait', 'plan', 'since', 'tables', 'tag', 'target', 'timeout', 'user']
  expect([...new Set(unknown)].toSorted()).toEqual([...known, 'when-below'])
})
