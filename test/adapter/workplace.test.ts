import {chmodSync, mkdirSync, symlinkSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {createWorkplace} from '../../src/lib/adapters/workplace.ts'
import {folderWith} from '../support/folder.ts'

describe('the place that sparkone works at', () => {
  test('tells folders, modes and owners, and what is not there', async () => {
    const folder = folderWith({'sparkone.yml': ''})
    const place = createWorkplace(folder, {})
    chmodSync(folder, 0o750)
    expect(await place.entry(folder)).toEqual({isFolder: true, mode: 0o750, owner: process.getuid?.()})
    expect(await place.entry(path.join(folder, 'sparkone.yml'))).toMatchObject({isFolder: false, mode: 0o644})
    expect(await place.entry(path.join(folder, 'no', 'such'))).toBeNull()
    expect(await place.entry(path.join(folder, 'sparkone.yml', 'below'))).toBeNull()
  })

  test('follows links, as whoever opens the path does', async () => {
    const folder = folderWith({'secret.env': ''})
    symlinkSync('secret.env', path.join(folder, '.env'))
    expect(await createWorkplace(folder, {}).entry(path.join(folder, '.env'))).toMatchObject({isFolder: false, mode: 0o644})
  })

  test('knows by which names it can be meant', async () => {
    expect(await createWorkplace('/', {}).names()).toEqual(expect.arrayContaining(['localhost', '127.0.0.1']))
  })

  test('finds programs by their path from the folder, or by name in PATH, if they may be started', async () => {
    const folder = folderWith({'bin/tool': '#!/bin/sh\n', 'bin/text': ''})
    chmodSync(path.join(folder, 'bin/tool'), 0o755)
    mkdirSync(path.join(folder, 'bin/folder'))
    const place = createWorkplace(folder, {PATH: `/no/such/folder:${path.join(folder, 'bin')}`})
    const programs = [
      'bin/tool',
      './bin/tool',
      path.join(folder, 'bin/tool'),
      'tool',
      'bin/text',
      'text',
      'bin/folder',
      'folder',
      'none',
      './none',
    ]
    const found = await Promise.all(programs.map(async (program) => [program, await place.canStart(program)] as const))
    expect(found.filter(([, canStart]) => canStart).map(([program]) => program)).toEqual(programs.slice(0, 4))
  })
})
