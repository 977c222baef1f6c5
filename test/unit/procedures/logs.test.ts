import {beforeEach, expect, test} from 'vitest'
import type {LogLine} from '../../../src/lib/domain/log-line.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {followLogs, readLogs, type LogsInput} from '../../../src/lib/procedures/logs.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

let ports: FakePorts

const all: LogsInput = {service: null, lines: 100, since: null, only: null, slowMilliseconds: 1000, secrets: []}

beforeEach(() => {
  ports = new FakePorts()
  ports.serviceLog.lines.set('api', [
    {at: 1000, text: 'first'},
    {at: 3000, text: '{"level":50,"msg":"third"}'},
    {at: null, text: '  of its trace'},
  ])
  ports.serviceLog.lines.set('worker', [{at: 2000, text: 'second'}])
})

const messages = async (input: Partial<LogsInput>) => (await readLogs({...all, ...input}, ports)).map(({message}) => message)

test('services are merged by time, and a line without one stays behind the line before it', async () => {
  expect(await messages({})).toEqual(['first', 'second', 'third', '  of its trace'])
})

test('one service is shown alone, and of it the last lines', async () => {
  expect(await messages({service: 'api', lines: 2})).toEqual(['third', '  of its trace'])
  expect(ports.serviceLog.asked).toMatchObject({lines: 2})
})

test('a filter looks at everything, and the last lines are those that it leaves', async () => {
  expect(await messages({only: 'errors', lines: 1})).toEqual(['third'])
  expect(ports.serviceLog.asked).toMatchObject({lines: null})
})

test('a service that is not there ends with 9, names those there are and guesses the one that was meant', async () => {
  const failure = readLogs({...all, service: 'workr'}, ports)
  await expect(failure).rejects.toMatchObject({
    exitCode: 9,
    message: 'There is no service workr. There are: api, worker.',
    hint: 'Did you mean sparkone logs worker?',
  })
})

test('Docker that is down ends with 10', async () => {
  ports.serviceLog.down = new OperatorError('unreachable', 'The Docker Engine does not answer.')
  await expect(readLogs(all, ports)).rejects.toMatchObject({exitCode: 10})
})

test('where no service is known, it says where they come from', async () => {
  ports.serviceLog.lines.clear()
  await expect(readLogs(all, ports)).rejects.toMatchObject({exitCode: 9, hint: expect.stringContaining('logs.files') as string})
})

test('secrets are not shown, neither plain nor as JSON writes them', async () => {
  const secret = 'pa"ss\\word'
  ports.serviceLog.lines.set('api', [
    {at: 1, text: `login with ${secret}`},
    {at: 2, text: JSON.stringify({msg: `login with ${secret}`, url: 'redis://app:qwertz@host/0'})},
  ])
  const lines = await readLogs({...all, service: 'api', secrets: [secret]}, ports)
  expect(lines.map(({message}) => message)).toEqual(['login with [redacted]', 'login with [redacted]'])
  expect(lines[1]!.extra).toEqual({url: 'redis://app:[redacted]@host/0'})
})

test('following shows lines in the order of their times, and ends when every log has', async () => {
  const shown: LogLine[] = []
  await followLogs(all, ports, (lines) => shown.push(...lines))
  expect(shown.map(({message}) => message)).toEqual(['first', 'second', 'third', '  of its trace'])
})

test('following ends at once when it is interrupted, although a log goes on', async () => {
  const endless = {
    ...ports.serviceLog,
    services: async () => ['api'],
    read: () => ({[Symbol.asyncIterator]: () => ({next: () => new Promise<never>(() => {})})}),
  }
  Object.assign(ports, {serviceLogs: async () => endless})
  ports.abort.abort(new OperatorError('interrupted', 'Interrupted.'))
  await expect(followLogs(all, ports, () => {})).rejects.toMatchObject({exitCode: 130})
})
