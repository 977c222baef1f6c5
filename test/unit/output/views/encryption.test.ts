import {expect, test} from 'vitest'
import {challengeView} from '../../../../src/lib/output/views/encryption.ts'

test('a challenge says which of its lines age reads, since age takes no others', () => {
  const file = '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n'
  const lines = challengeView([{recipient: 'age1one', file}]).split('\n')
  expect(
    lines.slice(
      lines.findIndex((line) => line.includes('BEGIN')),
      lines.findIndex((line) => line.includes('END')) + 1,
    ),
  ).toEqual(file.trimEnd().split('\n'))
  expect(lines.at(-3)).toBe('Save the lines from BEGIN to END, both included, as challenge.age where the key is.')
})
