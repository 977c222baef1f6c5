import {existsSync, mkdtempSync} from 'node:fs'
import {chmod, cp, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {DirectoryStore} from '../../src/lib/adapters/directory/store.ts'
import {FileLocks} from '../../src/lib/adapters/lock.ts'
import {systemClock} from '../../src/lib/adapters/clock.ts'
import {spreadMoments} from '../support/faults/moments.ts'
import {startSparkone, type Run} from '../support/faults/process.ts'
import {zones} from '../support/retention/cases.ts'
import expected from '../support/retention/expected.json' with {type: 'json'}
import {askRestic} from '../support/retention/restic.ts'
import {setOf, storeSets} from '../support/retention/sets.ts'
import {requireTestbed, type Testbed} from '../support/testbed/index.ts'

describe('restic, asked itself', () => {
  let testbed: Testbed
  beforeAll(async () => {
    testbed = await requireTestbed()
  })
  beforeEach(({skip}) => skip(!testbed.peers.restic, 'restic is missing'))

  it.each(zones)('keeps what the table says that it keeps, where clocks are those of %s', async (zone) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sparkone-restic-'))
    try {
      expect(await askRestic(folder, zone)).toEqual((expected as Record<string, unknown>)[zone])
    } finally {
      await rm(folder, {recursive: true})
    }
  })
})

describe('cleanup of backups on a disk', () => {
  const amount = 40
  const kept = 3
  const folder = mkdtempSync(path.join(tmpdir(), 'sparkone-cleanup-'))
  const pristine = path.join(folder, 'pristine')
  const directory = path.join(folder, 'backups')
  const store = new DirectoryStore(directory, 'shop', 'production')
  const state = path.join(folder, 'state')
  const start = (...words: string[]) => startSparkone(words, {cwd: folder, environment: {SPARKONE_STATE_DIR: state}})
  const cleanup = (...flags: string[]): Promise<Run> => start('backup', 'cleanup', '--json', ...flags).ended
  const ids = async () => (await store.list()).map(({manifest}) => manifest.id)

  beforeAll(async () => {
    const yaml = [
      'version: 1\nproject: shop\nruntime: host\ndatabase: {url: "postgres://shop@127.0.0.1:9/shop"}',
      `backup: {directory: ${directory}, retention: {daily: ${kept}}}`,
    ]
    await writeFile(path.join(folder, 'sparkone.yml'), yaml.join('\n'), {mode: 0o600})
    const now = new Date()
    await storeSets(
      new DirectoryStore(pristine, 'shop', 'production'),
      Array.from({length: amount}, (_, daysAgo) => setOf({daysAgo, now})),
    )
  })
  beforeEach(() => cp(pristine, directory, {recursive: true}))
  afterEach(() => rm(directory, {recursive: true, force: true}))
  afterAll(() => rm(folder, {recursive: true, force: true}))

  /** Returns the ids that a document says will stay, or have stayed. */
  function keptBy({stdout}: Run): string[] {
    const {places} = JSON.parse(stdout) as {places: {backups: {id: string; action: string}[]}[]}
    return places.flatMap(({backups}) => backups.flatMap(({id, action}) => (action === 'keep' ? id : []))).toSorted()
  }

  it('does with the database down what its dry run showed, and leaves nothing behind', async () => {
    const planned = await cleanup('--dry-run')
    expect(await ids()).toHaveLength(amount)
    const done = await cleanup('--yes')
    expect([planned.code, done.code]).toEqual([0, 0])
    expect(keptBy(done)).toEqual(keptBy(planned))
    expect(await readdir(store.location)).toEqual(keptBy(planned))
    expect(keptBy(planned)).toHaveLength(kept)
  })

  it('killed at any moment leaves each backup whole or gone, and the next run ends the work', async () => {
    const plan = keptBy(await cleanup('--dry-run'))
    let cutShort = 0
    for (const moment of [0, ...spreadMoments(5, 60, 42)]) {
      await killDuringRemoval(moment)
      const listed = await store.list()
      expect(await store.broken()).toEqual([])
      for (const {location, manifest} of listed)
        for (const {name} of manifest.members) expect(existsSync(path.join(location, name))).toBe(true)
      expect(await ids()).toEqual(expect.arrayContaining(plan))
      if (listed.length > kept) cutShort += 1
      expect((await cleanup('--yes')).code).toBe(0)
      expect(await readdir(store.location)).toEqual(plan)
      await cp(pristine, directory, {recursive: true})
    }
    expect(cutShort).toBeGreaterThan(0)
  })

  /** Kills a cleanup so many milliseconds after the first backup has gone. */
  async function killDuringRemoval(moment: number): Promise<void> {
    const run = start('backup', 'cleanup', '--yes')
    while (run.child.exitCode === null && (await readdir(store.location)).filter((name) => !name.startsWith('.')).length === amount) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await new Promise((resolve) => setTimeout(resolve, moment))
    run.child.kill('SIGKILL')
    await run.ended
  }

  it('waits for nobody: while another run holds the lock it ends with 5', async () => {
    await using _lock = await new FileLocks(state, systemClock, new AbortController().signal).acquire(
      'shop-production',
      {command: 'backup', run: 'aaaaaa'},
      0,
    )
    expect((await cleanup('--yes')).code).toBe(5)
    expect(await ids()).toHaveLength(amount)
  })

  it('without consent removes nothing', async () => {
    expect((await cleanup()).code).toBe(4)
    expect(await ids()).toHaveLength(amount)
  })

  it('from a disk that is read-only ends with the reason, having removed nothing', async ({skip}) => {
    skip(process.getuid?.() !== 0, 'mounting a disk needs root')
    await execa('mount', ['-o', 'bind', directory, directory])
    try {
      await execa('mount', ['-o', 'remount,bind,ro', directory])
      const run = await cleanup('--yes')
      expect(run.code).toBe(10)
      const {places} = JSON.parse(run.stdout) as {places: {backups: {failure: string | null}[]}[]}
      expect(places[0]!.backups.filter(({failure}) => failure !== null)).toHaveLength(amount - kept)
      expect(await ids()).toHaveLength(amount)
    } finally {
      await execa('umount', [directory])
    }
  })

  it('keeps a backup whose mark was damaged', async () => {
    const oldest = (await ids()).toSorted()[0]!
    expect((await start('backup', 'keep', oldest, '--yes').ended).code).toBe(0)
    const file = path.join(store.location, oldest, 'marks.json')
    await writeFile(file, (await readFile(file, 'utf8')).replace('"keep"', '"kelp"'))
    await cleanup('--yes')
    expect(await ids()).toContain(oldest)
  })

  it('sees every backup, however few files the process may have open', async () => {
    const many = new DirectoryStore(path.join(folder, 'many'), 'shop', 'production')
    const [first = ''] = (await ids()).toSorted()
    for (let number = 0; number < 300; number++) {
      await mkdir(path.join(many.location, `${first.slice(0, -6)}${number.toString(16).padStart(6, '0')}`), {recursive: true})
      await writeFile(path.join(many.location, `${first.slice(0, -6)}${number.toString(16).padStart(6, '0')}`, 'manifest.json'), '{}')
    }
    const script = `import {DirectoryStore} from '${path.resolve('src/lib/adapters/directory/store.ts')}'
      const broken = await new DirectoryStore('${path.join(folder, 'many')}', 'shop', 'production').broken()
      console.log(broken.length, ...new Set(broken.map(({reason}) => reason)))`
    const limited = ['-c', 'ulimit -n 100; exec "$0" --input-type=module --eval "$1"', process.execPath, script]
    expect((await execa('sh', limited)).stdout).toBe('300 its manifest is damaged')
  })

  it('does not touch what is no backup', async () => {
    await mkdir(path.join(store.location, 'notes'))
    await mkdir(path.join(store.location, '20200101T000000Z-aaaaaa'))
    await chmod(path.join(store.location, '20200101T000000Z-aaaaaa'), 0o700)
    await cleanup('--yes')
    expect(await readdir(store.location)).toEqual(expect.arrayContaining(['notes', '20200101T000000Z-aaaaaa']))
  })
})
