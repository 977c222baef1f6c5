import {mkdirSync, readdirSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {stateIdentity} from '../../src/lib/adapters/state-identity.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {folderWith, rejection} from '../support/folder.ts'

test('a state folder keeps the word that tells it from others, for its owner alone', async () => {
  const [one, other] = [path.join(folderWith(), 'state'), path.join(folderWith(), 'state')]
  const word = await stateIdentity(one)
  expect(await stateIdentity(one)).toBe(word)
  expect(await stateIdentity(other)).not.toBe(word)
  expect(readdirSync(one)).toEqual(['identity'])
  expect(statSync(path.join(one, 'identity')).mode & 0o077).toBe(0)
})

test('runs that begin at the same time agree on one', async () => {
  const folder = folderWith()
  expect(new Set(await Promise.all(Array.from({length: 20}, () => stateIdentity(folder)))).size).toBe(1)
  expect(readdirSync(folder)).toEqual(['identity'])
})

test('one that a full disk cut short is made anew', async () => {
  const folder = folderWith({identity: 'ab'})
  const word = await stateIdentity(folder)
  expect(word).toMatch(/^[0-9a-f]{16}$/)
  expect(await stateIdentity(folder)).toBe(word)
})

test('a state folder that cannot be used is named', async () => {
  const folder = folderWith({state: 'a file'})
  const error = await rejection(stateIdentity(path.join(folder, 'state')), OperatorError)
  expect(error.message).toContain(path.join(folder, 'state', 'identity'))
  mkdirSync(path.join(folder, 'other/identity'), {recursive: true})
  writeFileSync(path.join(folder, 'other/identity/x'), '')
  expect((await rejection(stateIdentity(path.join(folder, 'other')), OperatorError)).kind).toBe('unreachable')
})
