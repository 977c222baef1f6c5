import {mkdtemp, rm} from 'node:fs/promises'
import {getPriority, tmpdir} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {expect, test} from 'vitest'
import {createMachine} from '../../src/lib/adapters/machine.ts'

test('processor and memory are within what a machine can have', async () => {
  const {cpuPercent, cores, memoryTotalBytes, memoryAvailableBytes} = await createMachine().resources()
  expect(cpuPercent ?? 0).toBeGreaterThanOrEqual(0)
  expect(cpuPercent ?? 0).toBeLessThanOrEqual(100)
  expect(cores).toBeGreaterThan(0)
  expect(memoryAvailableBytes).toBeGreaterThan(0)
  expect(memoryAvailableBytes).toBeLessThanOrEqual(memoryTotalBytes)
})

test('folders on one file system give one figure, and a folder to come counts as its parent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sparkone-'))
  try {
    const found = await createMachine().fileSystems([folder, join(folder, 'not/there/yet'), tmpdir()])
    expect(found).toHaveLength(1)
    expect(found[0]!.freeBytes).toBeGreaterThan(0)
    expect(found[0]!.totalBytes).toBeGreaterThanOrEqual(found[0]!.freeBytes)
  } finally {
    await rm(folder, {recursive: true})
  }
})

test('a run that steps back stays behind others, and never comes forward again', async () => {
  const module = JSON.stringify(new URL('../../src/lib/adapters/machine.ts', import.meta.url).href)
  const script = `import {getPriority} from 'node:os'
    const {createMachine} = await import(${module})
    for (const nice of [7, 3, 0]) createMachine().stepBack(nice)
    console.log(getPriority())`
  const {stdout} = await execa(process.execPath, ['--input-type=module', '--eval', script])
  expect(Number(stdout)).toBe(Math.max(7, getPriority()))
})
