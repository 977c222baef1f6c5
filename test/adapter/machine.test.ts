import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
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
