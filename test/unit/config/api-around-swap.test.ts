import {describe, expect, test} from 'vitest'
import {apiAroundSwapOf} from '../../../src/lib/config/api-around-swap.ts'
import type {Config} from '../../../src/lib/config/schema.ts'

type Around = Parameters<typeof apiAroundSwapOf>[0]

const around = (
  chosen: Config['restore']['api'],
  {runtime = 'compose', service = 'api'}: {runtime?: Around['runtime']; service?: string} = {},
) =>
  apiAroundSwapOf({
    restore: {api: chosen, startLimit: 120_000},
    api: {url: 'http://localhost:8000', endpoints: ['/health'], ...(service !== '' && {service})},
    runtime,
  } as Around)

describe('the API around a swap', () => {
  test.each([
    ['leave', null, false],
    ['restart', {name: 'api', action: 'restart'}, false],
    ['stop', {name: 'api', action: 'stop'}, false],
    ['readonly', {name: 'api', action: 'restart'}, true],
  ] as const)('%s', (chosen, service, readOnly) => {
    expect(around(chosen)).toMatchObject({service, readOnly, url: 'http://localhost:8000/health'})
  })

  test('can take no writes where nothing can be restarted, since that is up to the database', () => {
    for (const where of [{runtime: 'host'}, {service: ''}] as const)
      expect(around('readonly', where)).toMatchObject({service: null, readOnly: true})
  })

  test.each(['restart', 'stop'] as const)('cannot %s what is no service of Compose, and says what can be set', (chosen) => {
    for (const where of [{runtime: 'host'}, {service: ''}] as const) {
      expect(() => around(chosen, where)).toThrow(expect.objectContaining({kind: 'usage', hint: expect.stringContaining('api.service')}))
    }
  })
})
