import {describe, expect, test} from 'vitest'
import {OperatorError} from '../../../src/lib/errors.ts'
import {changeAnswer, errorAnswer, type Answer} from '../../../src/lib/output/document.ts'
import {resolveMode, type ModeFlags} from '../../../src/lib/output/mode.ts'
import {deliver} from '../../../src/lib/output/reporter.ts'

const done = changeAnswer('backup', {human: 'Backup x', message: 'backup x', body: {id: 'x'}})
const failed = errorAnswer('backup', new OperatorError('noSpace', 'The disk is full.', {hint: 'df -h'}))

async function delivered(answer: Answer, flags: ModeFlags): Promise<{stdout: string; stderr: string}> {
  const written = {stdout: '', stderr: ''}
  const into = (name: 'stdout' | 'stderr') => ({write: (text: string) => (written[name] += text)})
  const mode = resolveMode(flags, {stdinIsTTY: false, stdoutIsTTY: false, stderrIsTTY: false, columns: 80, environment: {}})
  await deliver(answer, mode, {stdout: into('stdout'), stderr: into('stderr')})
  return written
}

describe('people', () => {
  test('get the answer on stdout', async () => {
    expect(await delivered(done, {})).toEqual({stdout: 'Backup x\n', stderr: ''})
  })

  test('get a failure on stderr, so that a pipe stays empty', async () => {
    expect(await delivered(failed, {})).toEqual({stdout: '', stderr: 'The disk is full.\nNext: df -h\n'})
  })
})

describe('programs', () => {
  test.each([
    ['success', done],
    ['failure', failed],
  ])('get exactly one JSON document on stdout on %s', async (_, answer) => {
    const {stdout, stderr} = await delivered(answer, {json: true})
    expect(JSON.parse(stdout)).toMatchObject({schema: 'sparkone/backup@1', exitCode: answer.exitCode})
    expect([stdout.endsWith('}\n'), stderr]).toEqual([true, ''])
  })

  test('get Nagios and Prometheus forms on stdout, failure or not', async () => {
    expect((await delivered(failed, {output: 'nagios'})).stdout).toMatch(/^SPARKONE CRITICAL: backup: The disk is full\./)
    expect((await delivered(done, {output: 'prometheus'})).stdout).toMatch(/^# HELP /)
    expect((await delivered(failed, {output: 'prometheus'})).stderr).toBe('')
  })
})

describe('cron', () => {
  test('gets one block on stderr that names the command and its exit code', async () => {
    expect(await delivered(failed, {cron: true})).toEqual({
      stdout: '',
      stderr: 'sparkone backup ended with 12\nThe disk is full.\nNext: df -h\n',
    })
  })

  test('is told when all is well again', async () => {
    expect(await delivered(done, {cron: true})).toEqual({stdout: '', stderr: 'sparkone backup: all is well again.\n'})
  })
})
