import {expect, it} from 'vitest'
import {createLogger} from '../../../ops/api/log.ts'
import {addToRequest, withinRequest} from '../../../ops/api/request-context.ts'

function record(format: 'json' | 'text', level: 'info' | 'warn' = 'info') {
  const lines: string[] = []
  return {lines, logger: createLogger({level, format}, {write: (line) => void lines.push(line)})}
}

it('each line of a request carries its ids, its channel and its user', () => {
  const {lines, logger} = record('json')
  withinRequest({requestId: 'r-1', correlationId: 'c-1'}, () => {
    addToRequest({channel: 3, userId: 7})
    logger.info({status: 200}, 'answered')
  })
  expect(JSON.parse(lines[0]!)).toEqual({
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    level: 'info',
    message: 'answered',
    requestId: 'r-1',
    correlationId: 'c-1',
    channel: 3,
    userId: 7,
    status: 200,
  })
})

it('a line outside of a request has none, and a lower level is left out', () => {
  const {lines, logger} = record('json', 'warn')
  logger.info('quiet')
  logger.warn('loud')
  expect(lines.map((line) => Object.keys(JSON.parse(line)))).toEqual([['level', 'time', 'message']])
})

it('as text a line is for a person, and stays one line', () => {
  const {lines, logger} = record('text')
  logger.warn({reason: 'two\nlines'}, 'not good')
  expect(lines).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} warn {2}not good reason="two\\nlines"\n$/)])
})
