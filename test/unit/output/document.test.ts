import {describe, expect, test} from 'vitest'
import type {Finding} from '../../../src/lib/domain/finding.ts'
import {exitCodes, OperatorError, type ErrorKind} from '../../../src/lib/errors.ts'
import {changeAnswer, checkAnswer, errorAnswer, planAnswer, toJson} from '../../../src/lib/output/document.ts'
import {nagiosText} from '../../../src/lib/output/nagios.ts'

const findings: Finding[] = [
  {subject: 'api', status: 'ok', message: 'fine'},
  {subject: 'disk', status: 'warning', message: '85 % used'},
]

test('a check ends with the exit code of its worst finding, and with unknown when it saw nothing', () => {
  expect(checkAnswer('health', findings, 'screen', {project: 'shop'})).toMatchObject({
    exitCode: 1,
    body: {status: 'warning', project: 'shop'},
  })
  expect(checkAnswer('health', [], 'screen', {})).toMatchObject({exitCode: 3, body: {status: 'unknown'}})
})

describe('a change', () => {
  const outcome = {human: 'screen', message: 'backup x holds 8 rows', body: {id: 'x'}}

  test('that came to its end is done, with its measurements for Nagios and Prometheus', () => {
    const measurements = [{label: 'rows', value: 8}]
    const answer = changeAnswer('backup', {...outcome, measurements})
    expect(toJson(answer)).toEqual({schema: 'sparkone/backup@1', exitCode: 0, status: 'done', id: 'x'})
    expect(answer.findings).toEqual([{subject: 'backup', status: 'ok', message: 'backup x holds 8 rows', measurements}])
  })

  test('that came to its end with warnings is done all the same', () => {
    const answer = changeAnswer('backup', {...outcome, exitCode: 1})
    expect([answer.body.status, answer.findings[0]?.status]).toEqual(['done', 'warning'])
  })

  test('whose result is bad has failed', () => {
    const answer = changeAnswer('verify', {...outcome, exitCode: 13})
    expect([answer.body.status, answer.findings[0]?.status, answer.exitCode]).toEqual(['failed', 'critical', 13])
  })

  test('on a dry run tells its plan', () => {
    const answer = planAnswer('restore', ['first', 'second'])
    expect(toJson(answer)).toEqual({schema: 'sparkone/restore@1', exitCode: 0, status: 'planned', plan: ['first', 'second']})
    expect(answer.human).toBe('Would:\n  - first\n  - second\nNothing was changed.')
  })
})

describe('a failure', () => {
  const error = new OperatorError('unreachable', 'The database does not answer.', {details: ['tried twice'], hint: 'docker compose up -d'})

  test('is one sentence, its details and what to do next', () => {
    const answer = errorAnswer('backup', error)
    expect(answer.human).toBe('The database does not answer.\n  tried twice\nNext: docker compose up -d')
    expect(toJson(answer)).toEqual({
      schema: 'sparkone/backup@1',
      exitCode: 10,
      status: 'failed',
      error: {kind: 'unreachable', message: 'The database does not answer.', hint: 'docker compose up -d', details: ['tried twice']},
    })
  })

  test('without hint and details has no such keys', () => {
    expect(toJson(errorAnswer('backup', new OperatorError('failed', 'No.'))).error).toEqual({kind: 'failed', message: 'No.'})
  })

  test.each(Object.keys(exitCodes) as ErrorKind[])('of kind %s has the same exit code in every form', (kind) => {
    const answer = errorAnswer('backup', new OperatorError(kind, 'No.'))
    expect([answer.exitCode, toJson(answer).exitCode]).toEqual([exitCodes[kind], exitCodes[kind]])
  })

  test('to write down what was done is a warning', () => {
    expect(errorAnswer('backup', new OperatorError('warning', 'Done, but.')).findings[0]?.status).toBe('warning')
  })

  test('of a check means that nothing is known, in words as in the exit code', () => {
    const answer = errorAnswer('health', error, exitCodes.usage)
    expect([answer.exitCode, answer.findings[0]?.status]).toEqual([3, 'unknown'])
    expect(nagiosText(answer)).toMatch(/^SPARKONE UNKNOWN: health: The database/)
  })
})
