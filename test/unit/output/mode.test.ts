import {describe, expect, test} from 'vitest'
import {modeOfRawArguments, resolveMode, type ModeFlags, type Terminal} from '../../../src/lib/output/mode.ts'

const atTerminal: Terminal = {stdinIsTTY: true, stdoutIsTTY: true, stderrIsTTY: true, columns: 100, environment: {TERM: 'xterm'}}
const inPipe: Terminal = {stdinIsTTY: false, stdoutIsTTY: false, stderrIsTTY: false, columns: undefined, environment: {}}

const withVariables = (environment: Terminal['environment'], terminal = atTerminal): Terminal => ({...terminal, environment})

describe('colour', () => {
  test.each<[string, boolean, Terminal]>([
    ['is shown at a terminal', true, atTerminal],
    ['is left out in a pipe', false, inPipe],
    ['is left out where NO_COLOR is set', false, withVariables({NO_COLOR: '1'})],
    ['is shown where NO_COLOR is empty, as its standard says', true, withVariables({NO_COLOR: ''})],
    ['is shown in a pipe where FORCE_COLOR is set', true, withVariables({FORCE_COLOR: '1'}, inPipe)],
    ['is left out where FORCE_COLOR is 0', false, withVariables({FORCE_COLOR: '0'})],
    ['is left out where FORCE_COLOR is false', false, withVariables({FORCE_COLOR: 'false'})],
    ['is left out where NO_COLOR and FORCE_COLOR contradict each other', false, withVariables({NO_COLOR: '1', FORCE_COLOR: '1'})],
    ['is left out at a dumb terminal', false, withVariables({TERM: 'dumb'})],
    ['is shown in a CI log only when forced', false, withVariables({CI: 'true'}, inPipe)],
  ])('%s', (_, color, terminal) => {
    expect(resolveMode({}, terminal).color).toBe(color)
  })

  test('is never sent to cron', () => {
    expect(resolveMode({cron: true}, withVariables({FORCE_COLOR: '1'})).color).toBe(false)
  })
})

describe('somebody to ask', () => {
  test.each<[string, boolean, ModeFlags, Terminal]>([
    ['sits at a terminal', true, {}, atTerminal],
    ['is there when only the answer goes into a pipe', true, {}, {...atTerminal, stdoutIsTTY: false}],
    ['is not there when input comes from a pipe', false, {}, {...atTerminal, stdinIsTTY: false}],
    ['would not see the question when stderr goes to a file', false, {}, {...atTerminal, stderrIsTTY: false}],
    ['does not want to be asked with --no-input', false, {'no-input': true}, atTerminal],
    ['is not there with --cron', false, {cron: true}, atTerminal],
    ['is not there in CI, whatever it looks like', false, {}, withVariables({CI: 'true'})],
  ])('%s', (_, interactive, flags, terminal) => {
    expect(resolveMode(flags, terminal).interactive).toBe(interactive)
  })

  test('in CI has not agreed to anything; with --yes has', () => {
    expect(resolveMode({}, withVariables({CI: 'true'})).consent).toBe(false)
    expect(resolveMode({yes: true}, inPipe).consent).toBe(true)
  })
})

test('without a width known, a screen is 80 columns wide', () => {
  expect([resolveMode({}, atTerminal).columns, resolveMode({}, inPipe).columns]).toEqual([100, 80])
})

test('--json is short for --output json, and stronger', () => {
  expect(resolveMode({json: true, output: 'human'}, inPipe).output).toBe('json')
  expect(resolveMode({output: 'nagios'}, inPipe).output).toBe('nagios')
})

describe('a command line that cannot be parsed', () => {
  test.each([
    [['--json', '--nonsense'], 'json'],
    [['--nonsense', '--output', 'json'], 'json'],
    [['-o', 'nagios', '--nonsense'], 'nagios'],
    [['-ojson', '--nonsense'], 'json'],
    [['--output=prometheus', '--nonsense'], 'prometheus'],
    [['--output', 'xml'], 'human'],
    [['--output'], 'human'],
    [['--nonsense'], 'human'],
  ] as const)('%j is answered in the form %s', (argv, output) => {
    expect(modeOfRawArguments(argv, inPipe).output).toBe(output)
  })

  test('keeps to what cron expects', () => {
    expect(modeOfRawArguments(['--cron', '--nonsense'], inPipe).cron).toBe(true)
  })
})
