import {expect, test} from 'vitest'
import {completedCommands, completedTopics, type DescribedCommand} from '../../../src/lib/output/completion/commands.ts'
import {completionScript, shells} from '../../../src/lib/output/completion/script.ts'

const commands: DescribedCommand[] = [
  {
    id: 'restore',
    summary: "Put it back: don't lose [anything].",
    args: {backup: {name: 'backup'}},
    flags: {
      from: {name: 'from', type: 'option', helpValue: 'PLACE', summary: 'Place.'},
      identity: {name: 'identity', type: 'option', helpValue: 'FILE'},
      into: {name: 'into', type: 'option', helpValue: 'FOLDER'},
      at: {name: 'at', type: 'option', helpValue: 'TIME'},
      output: {name: 'output', char: 'o', type: 'option', options: ['human', 'json'], summary: "It's a form: [any]."},
      yes: {name: 'yes', char: 'y', type: 'boolean'},
      secret: {name: 'secret', type: 'boolean', hidden: true},
    },
  },
  {id: 'doctor', strict: false, args: {check: {name: 'check'}}, flags: {}},
  {id: 'cron:install', summary: 'Install.', args: {}, flags: {}},
  {id: 'internal', hidden: true, args: {}, flags: {}},
]

const known = {check: ['clock', 'space']}

test('each flag and argument is completed by what belongs there', () => {
  const [cron, doctor, restore] = completedCommands(commands, known)
  expect(cron).toMatchObject({name: 'cron install', argument: null})
  expect(doctor!.argument).toEqual({name: 'check', isRepeated: true, values: {from: 'words', words: ['clock', 'space']}})
  expect(restore!.argument).toEqual({name: 'backup', isRepeated: false, values: {from: 'names', kind: 'backups'}})
  expect(Object.fromEntries(restore!.flags.map(({name, values}) => [name, values?.from ?? null]))).toEqual({
    at: 'nothing',
    from: 'names',
    help: null,
    identity: 'files',
    into: 'folders',
    output: 'words',
    yes: null,
  })
})

test('what is hidden is not offered', () => {
  for (const shell of shells) {
    expect(completionScript(shell, {commands, topics: {}, known})).not.toMatch(/internal|secret/)
  }
})

test('a word that only begins commands has the summary of its topic', () => {
  expect(completedTopics(completedCommands(commands, known), {cron: 'By schedule.'})).toEqual([{name: 'cron', summary: 'By schedule.'}])
})

test('words of summaries stay words, whatever signs they have', () => {
  expect(completionScript('zsh', {commands, topics: {}, known})).toContain(String.raw`[It'\''s a form\: \[any\].]`)
  expect(completionScript('fish', {commands, topics: {}, known})).toContain(String.raw`-d 'It\'s a form: [any].'`)
})
