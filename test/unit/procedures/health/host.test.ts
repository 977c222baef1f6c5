import {expect, test} from 'vitest'
import {HealthRun} from '../../../support/health-run.ts'

function used(percent: number): {totalBytes: number; freeBytes: number} {
  return {totalBytes: 1000, freeBytes: 1000 - percent * 10}
}

test.each<[number, string]>([
  [79, 'ok'],
  [80, 'warning'],
  [90, 'critical'],
])('a disk with %d of 100 parts used is %s', async (percent, status) => {
  const run = new HealthRun()
  Object.assign(run.machine.disks[0]!, used(percent))
  expect((await run.about('disk'))[0]!.status).toBe(status)
})

test('a disk with room but no inodes is full all the same', async () => {
  const run = new HealthRun()
  run.machine.disks[0]!.freeInodes = 10
  expect(await run.about('disk')).toMatchObject([{status: 'critical', message: '40 % used, 60 GiB free, inodes 99 % used'}])
})

test('a file system that counts no inodes is judged by its space', async () => {
  const run = new HealthRun()
  Object.assign(run.machine.disks[0]!, {totalInodes: 0, freeInodes: 0})
  expect(await run.about('disk')).toMatchObject([{status: 'ok', message: '40 % used, 60 GiB free'}])
})

test('a file system that does not tell its size is not called well', async () => {
  const run = new HealthRun()
  Object.assign(run.machine.disks[0]!, {totalBytes: 0, freeBytes: 0})
  expect(await run.about('disk')).toMatchObject([{status: 'unknown'}])
})

test('memory is judged by what is available', async () => {
  const run = new HealthRun()
  Object.assign(run.machine.current, {memoryTotalBytes: 500, memoryAvailableBytes: 20})
  expect(await run.about('host memory')).toMatchObject([{status: 'critical', message: '96 % used, 20 B of 500 B available'}])
})

test('a busy processor is a warning only if the last minute was busy too', async () => {
  const run = new HealthRun()
  Object.assign(run.machine.current, {cpuPercent: 97, load: 0.4})
  expect(await run.about('host cpu')).toMatchObject([{status: 'ok', message: '97 % busy, load 0.4 on 2 cores'}])
  run.machine.current.load = 2.1
  expect(await run.about('host cpu')).toMatchObject([{status: 'warning', hint: 'ps aux --sort=-%cpu | head'}])
})

test('a machine with twice the work it has cores for is critical', async () => {
  const run = new HealthRun()
  Object.assign(run.machine.current, {cpuPercent: 100, load: 4.2})
  expect((await run.about('host cpu'))[0]!.status).toBe('critical')
  run.machine.current.load = 3.8
  expect((await run.about('host cpu'))[0]!.status).toBe('warning')
})

test('a system that does not count processor time is not called idle', async () => {
  const run = new HealthRun()
  run.machine.current.cpuPercent = null
  expect(await run.about('host cpu')).toMatchObject([{status: 'unknown'}])
})
