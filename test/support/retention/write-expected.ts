// Writes expected.json: what restic keeps of the backups in cases.ts. Run it after changing those; it needs restic.
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {zones} from './cases.ts'
import {askRestic} from './restic.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'sparkone-restic-'))
try {
  const expected = await Promise.all(zones.map(async (zone) => [zone, await askRestic(folder, zone)] as const))
  await writeFile(path.join(import.meta.dirname, 'expected.json'), `${JSON.stringify(Object.fromEntries(expected), null, 2)}\n`)
} finally {
  await rm(folder, {recursive: true})
}
