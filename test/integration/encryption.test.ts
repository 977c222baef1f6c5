import {readdir, readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../support/faults/host-scene.ts'
import {dumpNameIn} from '../support/faults/sets.ts'
import {requireTestbed, type Testbed} from '../support/testbed/index.ts'

const marker = 'AGE-SECRET-KEY-'

describe('backups that only the owner of a key can read', () => {
  let testbed: Testbed
  let scene: HostScene
  let recipient: string
  const answerOf = async (words: readonly string[]) => JSON.parse((await scene.run([...words, '--json'])).stdout)

  beforeAll(async () => {
    testbed = await requireTestbed()
    if (!testbed.hostPostgresBin || !testbed.peers.age) return
    scene = await openHostScene(testbed)
    recipient = await newKey('key.txt')
    await newKey('other.txt')
    const file = path.join(scene.folder, 'sparkone.yml')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('backup: {', `backup: {jobs: 2, encryption: {recipients: [${recipient}]}, `))
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())
  beforeEach(({skip}) => skip(!scene, 'PostgreSQL or age is missing'))

  async function newKey(name: string): Promise<string> {
    const {stdout} = await execa('age-keygen', [])
    await writeFile(path.join(scene.folder, name), stdout, {mode: 0o600})
    return /public key: (age1\w+)/.exec(stdout)![1]!
  }

  it('are refused until somebody has decrypted a challenge', async () => {
    expect(await answerOf(['backup'])).toMatchObject({
      exitCode: 4,
      error: {kind: 'refused', hint: expect.stringContaining('encryption challenge')},
    })
    expect(await answerOf(['doctor', 'encryption'])).toMatchObject({exitCode: 2, status: 'critical'})
    expect(await readdir(scene.sets).catch(() => [])).toEqual([])
  })

  it('are switched on by the code that age itself decrypts, and by no other', async () => {
    const {challenges} = await answerOf(['encryption', 'challenge'])
    expect(await answerOf(['encryption', 'confirm', 'a-guess'])).toMatchObject({exitCode: 4, error: {kind: 'refused'}})
    const {stdout: code} = await execa('age', ['--decrypt', '--identity', path.join(scene.folder, 'key.txt')], {input: challenges[0].file})
    expect(await answerOf(['encryption', 'confirm', code])).toMatchObject({status: 'done', confirmed: [recipient]})
    expect(await answerOf(['doctor', 'encryption'])).toMatchObject({
      exitCode: 1,
      findings: expect.arrayContaining([expect.objectContaining({status: 'warning', message: expect.stringContaining('one key alone')})]),
    })
  })

  it('are confirmed by the key itself where it is at hand, but not by another', async () => {
    expect(await answerOf(['encryption', 'confirm', '--identity', 'other.txt'])).toMatchObject({exitCode: 4})
    expect(await answerOf(['encryption', 'confirm', '--identity', 'key.txt'])).toMatchObject({status: 'done', confirmed: [recipient]})
  })

  it('hold no byte of the data in the clear, and cannot be read where they are written', async () => {
    const {id, location} = await answerOf(['backup'])
    const dump = await dumpNameIn(location)
    expect(dump).toMatch(/\.age$/)
    const rows = dump.replace('database', 'rows-1')
    expect((await readdir(location)).toSorted()).toEqual(['RESTORE.md', dump, 'globals.sql.age', 'manifest.json', rows])
    for (const name of [dump, rows, 'globals.sql.age']) {
      const stored = await readFile(path.join(location, name))
      expect(stored.subarray(0, 22).toString()).toBe('age-encryption.org/v1\n')
      expect(stored.includes('PGDMP') || stored.includes('CREATE ROLE')).toBe(false)
    }
    for (const words of [
      ['verify', id],
      ['restore', id, '--yes'],
    ]) {
      expect(await answerOf(words)).toMatchObject({exitCode: 11, error: {kind: 'denied', hint: expect.stringContaining('--identity')}})
      const wrong = await scene.run([...words, '--identity', 'other.txt', '--json'])
      expect(wrong.code).toBe(11)
      expect(wrong.stdout + wrong.stderr).not.toContain(marker)
    }
  })

  it('are proven and restored with the key', async () => {
    const before = await scene.fingerprint()
    expect(await answerOf(['verify', '--identity', 'key.txt'])).toMatchObject({proof: {passed: true}})
    await scene.sql('DELETE FROM state')
    expect(await answerOf(['restore', 'latest', '--yes', '--identity', 'key.txt'])).toMatchObject({status: 'done'})
    expect(await scene.fingerprint()).toBe(before)
    await scene.dropKept()
  })

  it('are found damaged, with the key, wherever a byte was changed', async () => {
    const {id, location} = await answerOf(['backup'])
    const file = path.join(location, await dumpNameIn(location))
    const whole = await readFile(file)
    for (const place of [200, whole.length - 1]) {
      const changed = Buffer.from(whole)
      changed[place]! ^= 1
      await writeFile(file, changed)
      expect(await answerOf(['verify', id, '--identity', 'key.txt']), `byte ${place}`).toMatchObject({exitCode: 13})
    }
    await writeFile(file, whole.subarray(0, -1))
    expect(await answerOf(['verify', id, '--identity', 'key.txt'])).toMatchObject({exitCode: 13})
    await writeFile(file, whole)
    expect(await answerOf(['verify', id, '--identity', 'key.txt'])).toMatchObject({exitCode: 0})
  })

  it('come back without sparkone, by the steps that lie beside them', async () => {
    const {location} = await answerOf(['backup'])
    const text = await readFile(path.join(location, 'RESTORE.md'), 'utf8')
    const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block.replaceAll(/^ {3}/gm, ''))
    const steps = blocks.filter((block) => /^(?:age --decrypt|zstd --decompress) /.test(block))
    await writeFile(path.join(location, 'key.txt'), await readFile(path.join(scene.folder, 'key.txt')))
    await execa('bash', ['-e', '-c', steps.join('')], {cwd: location})
    for (const [name, table] of [
      ['database.dump', 'orders'],
      ['rows-1.dump', 'customers'],
    ] as const) {
      const {stdout} = await execa(path.join(testbed.hostPostgresBin!, 'pg_restore'), ['--list', path.join(location, name)])
      expect(stdout).toContain(`TABLE DATA public ${table}`)
    }
    expect(await readFile(path.join(location, 'globals.sql'), 'utf8')).toContain('CREATE ROLE')
  })
})
