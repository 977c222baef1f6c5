import {chmodSync, chownSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {EnvironmentFile} from '../../../src/lib/adapters/compose/release/environment-file.ts'
import {folderWith} from '../../support/folder.ts'

/** Returns the file with a text in it, and what is in it by now. */
function fileWith(text: string) {
  const folder = folderWith({'.env': text})
  const at = path.join(folder, '.env')
  return {folder, at, file: new EnvironmentFile(at, 'VERSION'), text: () => readFileSync(at, 'utf8')}
}

test.each([
  ['plain', 'VERSION=v1', 'v1'],
  ['in quotes', 'VERSION="v1"', 'v1'],
  ['in single quotes', "VERSION='v1'", 'v1'],
  ['exported', 'export VERSION=v1', 'v1'],
  ['with blanks around', '  VERSION = v1  ', 'v1'],
  ['with a comment behind', 'VERSION=v1 # the stable one', 'v1'],
  ['in quotes with a comment behind', 'VERSION="v1" # the stable one', 'v1'],
  ['with a hash in it', 'VERSION=v1#2', 'v1#2'],
  ['with a line end of Windows', 'VERSION=v1\r', 'v1'],
  ['empty', 'VERSION=', ''],
  ['set twice, as Compose takes it', 'VERSION=v0\nVERSION=v1', 'v1'],
  ['of another name', 'OTHER_VERSION=v1\nVERSIONS=v1\n# VERSION=v1', null],
])('a value %s is read as it is meant', async (_, text, value) => {
  expect(await fileWith(`# a comment\n${text}\n`).file.read()).toBe(value)
})

test.each([
  ['comments and other variables', '# of the shop\nA="1"\n\nVERSION=v1\nB=2 # two\n', '# of the shop\nA="1"\n\nVERSION=v2\nB=2 # two\n'],
  ['quotes', 'VERSION="v1"\n', 'VERSION="v2"\n'],
  ['the comment behind', 'VERSION=v1 # set by sparkone\n', 'VERSION=v2 # set by sparkone\n'],
  ['export', "export VERSION='v1'  # mine\n", "export VERSION='v2'  # mine\n"],
  ['line ends of Windows', 'A=1\r\nVERSION=v1\r\n', 'A=1\r\nVERSION=v2\r\n'],
  ['a missing line end', 'A=1\nVERSION=v1', 'A=1\nVERSION=v2'],
  ['earlier lines that count for nothing', 'VERSION=v0\nVERSION=v1\n', 'VERSION=v0\nVERSION=v2\n'],
])('setting the value keeps %s', async (_, before, after) => {
  const {file, text} = fileWith(before)
  await file.write('v2')
  expect(text()).toBe(after)
  expect(await file.read()).toBe('v2')
})

test.each([
  ['', 'VERSION=v2\n'],
  ['A=1\n', 'A=1\nVERSION=v2\n'],
  ['A=1', 'A=1\nVERSION=v2\n'],
])('a variable that was not set in %j gets a line of its own', async (before, after) => {
  const {file, text} = fileWith(before)
  await file.write('v2')
  expect(text()).toBe(after)
})

test('mode and owner stay, and nothing is left beside the file', async () => {
  const {file, at, folder} = fileWith('VERSION=v1\n')
  chmodSync(at, 0o640)
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(at, 1234, 2345)
  await file.write('v2')
  const {mode, uid, gid} = statSync(at)
  expect(mode & 0o777).toBe(0o640)
  expect(isRoot ? [uid, gid] : [1234, 2345]).toEqual([1234, 2345])
  expect(readdirSync(folder)).toEqual(['.env'])
})

test('a link stays one, and what it leads to is changed', async () => {
  const folder = folderWith({'shared/production.env': 'VERSION=v1\n'})
  const link = path.join(folder, '.env')
  symlinkSync('shared/production.env', link)
  await new EnvironmentFile(link, 'VERSION').write('v2')
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(readFileSync(path.join(folder, 'shared/production.env'), 'utf8')).toBe('VERSION=v2\n')
})

test('a file that is not there says nothing, and is made for its owner alone', async () => {
  const at = path.join(folderWith(), '.env')
  const file = new EnvironmentFile(at, 'VERSION')
  expect(await file.read()).toBeNull()
  await file.write('v1')
  expect(readFileSync(at, 'utf8')).toBe('VERSION=v1\n')
  expect(statSync(at).mode & 0o777).toBe(0o600)
})

test('what is set already is not written again', async () => {
  const {file, at} = fileWith('VERSION=v1\n')
  const {ino} = statSync(at)
  await file.write('v1')
  expect(statSync(at).ino).toBe(ino)
})

test('what a run that died left half-written is written anew', async () => {
  const {folder, file, text} = fileWith('VERSION=v1\n')
  const draft = new EnvironmentFile(path.join(folder, '.env.sparkone'), 'VERSION')
  await draft.write('half of something longer')
  await file.write('v2')
  expect(text()).toBe('VERSION=v2\n')
  expect(readdirSync(folder)).toEqual(['.env'])
})
