import {expect, test} from 'vitest'
import {OperatorError} from '../../../../src/lib/errors.ts'
import {HealthRun} from '../../../support/health-run.ts'

const url = 'http://localhost:9090/api/v1/targets?state=active'

function watchedBy(activeTargets: readonly object[]): HealthRun {
  const run = new HealthRun()
  run.input.prometheusUrl = 'http://localhost:9090'
  run.http.answer(url, {body: JSON.stringify({status: 'success', data: {activeTargets}})})
  return run
}

const node = {labels: {job: 'node', instance: 'node:9100'}, health: 'up', lastError: ''}

test('targets that are up are counted in one line', async () => {
  expect(await watchedBy([node, node]).about('prometheus')).toMatchObject([{status: 'ok', message: '2 of 2 targets up'}])
})

test('a target that is down is critical, with the reason Prometheus gives', async () => {
  const run = watchedBy([node, {...node, labels: {job: 'api', instance: 'api:8000'}, health: 'down', lastError: 'connection refused'}])
  expect(await run.about('target')).toMatchObject([
    {subject: 'target api api:8000', status: 'critical', message: 'down: connection refused'},
  ])
})

test('a target that has not been scraped yet is unknown', async () => {
  expect(await watchedBy([{...node, health: 'unknown'}]).about('target')).toMatchObject([{status: 'unknown'}])
})

test('a Prometheus without targets measures nothing and is unknown', async () => {
  expect(await watchedBy([]).about('prometheus')).toMatchObject([{status: 'unknown'}])
})

test.each([
  ['is absent', new OperatorError('unreachable', 'Connection refused, nothing listens there.')],
  ['is slow', new OperatorError('timeout', 'No answer within 5 s.')],
  ['answers with an error', {status: 500}],
  ['answers with a web page', {body: '<html>'}],
  ['answers with other JSON', {body: 'null'}],
])('a Prometheus that %s is unknown, with a command to look', async (_, answer) => {
  const run = watchedBy([])
  run.http.answer(url, answer)
  expect(await run.about('prometheus')).toMatchObject([{status: 'unknown', hint: `curl -s '${url}'`}])
})

test('without a Prometheus there is nothing to say', async () => {
  expect(await new HealthRun().about('prometheus')).toEqual([])
})
