import {homedir} from 'node:os'
import path from 'node:path'
import {expect, test} from 'vitest'
import {stateFolder} from '../../src/lib/adapters/state-folder.ts'

const root = 0
const operator = 1000

test('the state of root is that of the machine', () => {
  expect(stateFolder({XDG_STATE_HOME: '/state'}, root)).toBe('/var/lib/sparkone')
})

test('the state of a user lies where XDG says, or in the home folder', () => {
  expect(stateFolder({XDG_STATE_HOME: '/state'}, operator)).toBe('/state/sparkone')
  expect(stateFolder({}, operator)).toBe(path.join(homedir(), '.local', 'state', 'sparkone'))
})

test('SPARKONE_STATE_DIR is stronger than both', () => {
  expect(stateFolder({SPARKONE_STATE_DIR: '/elsewhere', XDG_STATE_HOME: '/state'}, root)).toBe('/elsewhere')
})
