import {describe, expect, test} from 'vitest'
import {
  archiveDifference,
  assertInside,
  checksumLines,
  newestEntries,
  parseChecksums,
  shownPath,
  type ArchivedEntry,
} from '../../../src/lib/domain/file-archive.ts'
import {compareFiles} from '../../../src/lib/domain/file-comparison.ts'
import {OperatorError} from '../../../src/lib/errors.ts'

const file = (path: string, traits: Partial<ArchivedEntry> = {}): ArchivedEntry => ({
  path,
  type: 'file',
  mode: 0o640,
  userId: 0,
  groupId: 0,
  modifiedAt: 1_700_000_000_000,
  bytes: 3,
  target: null,
  sha256: 'a'.repeat(64),
  ...traits,
})

describe('a path of an archive', () => {
  test.each(['/etc/passwd', '../x', 'a/../../x', 'a/..', '.', '', 'a//b', './a', 'a\0b', '..'])(
    '%j leads out of the folder or to nowhere, and is refused',
    (path) => {
      expect(() => assertInside(path)).toThrow(OperatorError)
    },
  )

  test.each(['a', 'a/b', '..a', 'a..', '-rf', 'a\nb', '...'])('%j is a name as any other', (path) => {
    expect(() => assertInside(path)).not.toThrow()
  })

  test('with a line end is shown in one line', () => {
    expect(shownPath('a\nb')).toBe(String.raw`"a\nb"`)
    expect(shownPath('ops/ünï 💾.yml')).toBe('ops/ünï 💾.yml')
  })
})

describe('the list of checksums', () => {
  test('holds every name that there can be', () => {
    const names = ['plain', 'line\nend', 'return\rn', String.raw`back\nslash`, '-dash', ' space ', 'ü💾']
    const text = checksumLines(names.map((path) => file(path))).join('')
    expect([...parseChecksums(text).keys()]).toEqual(names)
  })

  test('holds the last of a file that was stored again', () => {
    const again = [file('log'), file('other'), file('log', {sha256: 'b'.repeat(64)})]
    expect(parseChecksums(checksumLines(again).join('')).get('log')).toBe('b'.repeat(64))
    expect(newestEntries(again)).toHaveLength(2)
  })

  test('that was damaged is no list', () => {
    expect(() => parseChecksums('what?\n')).toThrow(/checksums cannot be understood/)
  })
})

describe('an archive that was read back', () => {
  test('is as it was written', () => {
    expect(archiveDifference([file('a')], [file('a')])).toBeNull()
  })

  test.each([
    ['lacks an entry', [file('a')]],
    ['has other contents', [file('a'), file('b', {sha256: 'c'.repeat(64)})]],
    ['has another mode', [file('a'), file('b', {mode: 0o777})]],
    ['has another size', [file('a'), file('b', {bytes: 4})]],
    ['has another owner', [file('a'), file('b', {userId: 7})]],
    ['has another time', [file('a'), file('b', {modifiedAt: 1})]],
  ])('and %s is not', (_, read) => {
    expect(archiveDifference([file('a'), file('b')], read)).not.toBeNull()
  })
})

describe('unpacked files', () => {
  const link = file('link', {type: 'symlink', target: 'a', bytes: 0, sha256: null})
  const archived = [file('a'), link]
  const summary = {entries: 2, files: 1, bytes: 3}
  const checksums = new Map([['a', 'a'.repeat(64)]])
  const differences = (unpacked: ArchivedEntry[], traits = {}) =>
    compareFiles({summary, checksums, archived, unpacked, ...traits}).map(
      ({subject, expected, actual}) => `${subject}: ${expected} -> ${actual}`,
    )

  test('that are as they were stored show no difference', () => {
    expect(differences(archived)).toEqual([])
  })

  test('each show what became of them', () => {
    expect(differences([file('a')])).toEqual(['link: symlink -> nothing'])
    expect(differences([file('a', {sha256: 'b'.repeat(64)}), link])).toEqual([`a: SHA-256 ${'a'.repeat(64)} -> SHA-256 ${'b'.repeat(64)}`])
    expect(differences([file('a', {mode: 0o4755}), link])).toEqual(['a: mode 0640 -> mode 4755'])
    expect(differences([file('a', {modifiedAt: 0}), link])).toHaveLength(1)
    expect(differences([file('a'), {...link, target: '/etc'}])).toEqual(['link: link to a -> link to /etc'])
    expect(differences([file('a', {type: 'folder', sha256: null}), link])).toEqual(['a: file -> folder'])
    expect(differences([...archived, file('stranger')])).toEqual(['stranger: nothing -> something'])
  })

  test('fewer than the manifest says are a difference, even when the archive says so, too', () => {
    expect(differences([file('a')], {archived: [file('a')]})).toEqual(['entries: 2 -> 1'])
    expect(differences(archived, {checksums: new Map()})).toContain('checksums: 1 -> 0')
  })

  test('that are further names of a file must have its contents', () => {
    const hard = file('hard', {type: 'hardlink', target: 'a', bytes: 0, sha256: null})
    const traits = {archived: [file('a'), hard], summary}
    expect(differences([file('a'), file('hard')], traits)).toEqual([])
    expect(differences([file('a'), file('hard', {sha256: 'b'.repeat(64)})], traits)).toHaveLength(1)
  })
})
