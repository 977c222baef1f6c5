import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {ApiAroundSwap} from '../../../src/lib/domain/api-around-swap.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {restore} from '../../../src/lib/procedures/restore.ts'
import {undoRestore} from '../../../src/lib/procedures/undo-restore.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {healthyContainer} from '../../support/fakes/watched-stack.ts'
import {rejection} from '../../support/folder.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}
const url = 'http://localhost:8000/health'
const none: ApiAroundSwap = {service: null, readOnly: false, before: null, after: null, url, limitMilliseconds: 10_000}
const stopped: ApiAroundSwap = {...none, service: {name: 'api', action: 'stop'}}
const restarted: ApiAroundSwap = {...none, service: {name: 'api', action: 'restart'}}

let ports: FakePorts

beforeEach(async () => {
  ports = new FakePorts()
  await perform(backup, {allowEmpty: false}, ports, options)
  ports.containers = [healthyContainer]
  ports.network.answer(url, {status: 200})
  const swap = ports.postgres.executeExclusively.bind(ports.postgres)
  ports.postgres.executeExclusively = async (...words) => {
    ports.events.push('swap')
    await swap(...words)
  }
  ports.events.length = 0
})

const run = async (api: ApiAroundSwap) =>
  (await perform(restore, {selector: 'latest', isFile: false, otherServer: false, api}, ports, options)).result!
const acts = () => ports.events.filter((event) => /^(?:swap|start|stop|restart)\b/.test(event))

describe('the API around a swap', () => {
  test('is stopped for it, started after it and looked at, as told', async () => {
    expect((await run(stopped)).api).toEqual({done: 'api started', healthy: true, problem: null})
    expect(acts()).toEqual(['stop api', 'swap', 'start api'])
  })

  test('is restarted after it, as told, also when the swap is undone', async () => {
    await run(restarted)
    await perform(undoRestore, {api: restarted}, ports, options)
    expect(acts()).toEqual(['swap', 'restart api', 'swap', 'restart api'])
  })

  test('is left to itself where nothing is told', async () => {
    expect((await run(none)).api).toBeNull()
    expect(acts()).toEqual(['swap'])
  })

  test('is left alone by a restore beside the live database', async () => {
    const input = {selector: 'latest', isFile: false, otherServer: false, api: stopped, target: 'look'}
    expect((await perform(restore, input, ports, options)).result!.api).toBeNull()
    expect(acts()).toEqual(['swap'])
  })

  test('is looked after by programs that may run sparkone within the lock of the restore', async () => {
    await run({...none, before: ['drain'], after: ['resume']})
    const [before, after] = ports.toolbox.started
    expect(before!.environment.SPARKONE_WITHIN).toMatch(/^[0-9a-f]{6}$/)
    expect(after!.environment).toEqual(before!.environment)
  })

  test('is looked after by programs where no service is known', async () => {
    expect((await run({...none, before: ['drain'], after: ['resume', '--now']})).api).toMatchObject({done: 'resume run', healthy: true})
    expect(ports.toolbox.started.map(({argv}) => argv)).toEqual([['drain'], ['resume', '--now']])
  })
})

describe('when the API does not come back', () => {
  test.each([
    ['it cannot be started', () => (ports.controlFailing.start = new OperatorError('unreachable', 'docker is gone')), 'docker is gone'],
    ['its container stays ill', () => (ports.containers = [{...healthyContainer, health: 'unhealthy'}]), 'shop-api-1 is unhealthy'],
    ['its container ended', () => (ports.containers = [{...healthyContainer, state: 'exited'}]), 'shop-api-1 is exited'],
    ['it answers with an error', () => ports.network.answer(url, {status: 503}), `${url} answers with 503`],
  ])('since %s, the restore is done and says so', async (_why, change, problem) => {
    change()
    const {api, kept} = await run(stopped)
    expect(api).toEqual({done: 'api started', healthy: false, problem})
    expect(ports.postgres.databases.has(kept!)).toBe(true)
  })
})

describe('when it comes to no swap', () => {
  const failed = (api: ApiAroundSwap) => rejection(run(api), OperatorError)
  const live = () => [...ports.postgres.databases.keys()].toSorted()

  test('since the API cannot be stopped, it is started again and nothing was changed', async () => {
    ports.controlFailing.stop = new OperatorError('failed', 'api does not stop')
    expect(await failed(stopped)).toMatchObject({message: 'api does not stop'})
    expect(acts()).toEqual(['stop api', 'start api'])
    expect(live()).toEqual(['postgres', 'shop'])
  })

  test('since a program that goes before it fails, nothing was changed', async () => {
    ports.toolbox.ending = {exitCode: 1, output: 'cannot drain\n'}
    expect(await failed({...none, before: ['drain']})).toMatchObject({kind: 'failed', message: 'drain ended with 1: cannot drain.'})
    expect(live()).toEqual(['postgres', 'shop'])
  })

  test('since the swap fails, the API is started again; one that was to be restarted is left alone', async () => {
    ports.postgres.failing.swap = new OperatorError('failed', 'no')
    await failed(stopped)
    expect(acts()).toEqual(['stop api', 'swap', 'start api'])
    ports.events.length = 0
    await failed(restarted)
    expect(acts()).toEqual(['swap'])
  })

  test('and the API does not come back either, both are told', async () => {
    ports.postgres.failing.swap = new OperatorError('failed', 'no swap')
    ports.controlFailing.start = new OperatorError('unreachable', 'docker is gone')
    expect(await failed(stopped)).toMatchObject({message: 'no swap', details: ['api started: docker is gone']})
  })
})
