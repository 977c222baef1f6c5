import {mkdtempSync} from 'node:fs'
import {chmod, chown, mkdir, rmdir} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

const root = path.resolve(import.meta.dirname, '../../..')
/** Where `nobody` (of every Linux) sees this checkout, whatever folders lie above it. */
const checkout = mkdtempSync(path.join(tmpdir(), 'checkout-'))
const nobody = {uid: 65_534, gid: 65_534, checkout}

describe('a user who may not', () => {
  let scene: HostScene
  let folder: string
  let environment: Record<string, string>
  beforeAll(async () => {
    const testbed = await requireTestbed()
    if (!testbed.hostPostgresBin || process.getuid?.() !== 0) return
    await chmod(checkout, 0o755)
    // Read-only, so that whoever clears the folder of temporary files cannot clear the checkout through it.
    await execa('mount', ['-o', 'bind,ro', root, checkout])
    scene = await openHostScene(testbed)
    await chmod(path.join(scene.folder, 'sparkone.yml'), 0o644)
    folder = path.join(scene.folder, 'backups')
    const state = path.join(scene.folder, 'state-of-nobody')
    for (const [name, owner] of [
      [folder, 0],
      [state, nobody.uid],
    ] as const) {
      await mkdir(name, {mode: 0o755})
      await chown(name, owner, owner)
    }
    environment = {SPARKONE_STATE_DIR: state}
  })
  afterAll(async () => {
    await scene?.[Symbol.asyncDispose]()
    if (scene) await execa('umount', [checkout])
    await rmdir(checkout)
  })
  beforeEach(({skip}) => skip(!scene, 'running as another user needs root'))

  const sentence = (file: RegExp) => new RegExp(`^\\S*${file.source} cannot be used: permission denied\\.$`, 'm')

  it('write into the folder for backups is told so in one sentence', async () => {
    const {code, stdout, stderr} = await scene.run(['backup'], {identity: nobody, environment})
    expect({code, stdout}).toEqual({code: 11, stdout: ''})
    expect(stderr).toMatch(sentence(/backups\/.*/))
    expect(stderr.trim().split('\n')).toHaveLength(2)
  })

  it('read the folder for backups is told so in one sentence', async () => {
    await chmod(folder, 0o700)
    for (const words of [['backup'], ['verify'], ['restore', 'latest', '--yes'], ['restore', '--list']]) {
      const run = await scene.run(words, {identity: nobody, environment})
      expect(run, words[0]).toMatchObject({code: 11, stderr: expect.stringMatching(sentence(/backups\/.*/))})
    }
    await chmod(folder, 0o755)
  })

  it('write into the folder for locks is told so in one sentence', async () => {
    const locked = {SPARKONE_STATE_DIR: path.join(scene.folder, 'state-of-root')}
    const {code, stderr} = await scene.run(['backup'], {identity: nobody, environment: locked})
    expect(code).toBe(11)
    expect(stderr).toMatch(sentence(/state-of-root\/locks/))
  })

  it('log into the database is told so in one sentence, without the password', async () => {
    const url = new URL(scene.cluster.url)
    url.password = 'not-the-password'
    url.pathname = '/shop'
    const {code, stderr} = await scene.run(['backup'], {environment: {SHOP_URL: url.href}})
    expect(code).toBe(11)
    expect(stderr).toMatch(/password authentication failed/)
    expect(stderr).not.toContain('not-the-password')
  })
})
