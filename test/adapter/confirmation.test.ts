import {PassThrough} from 'node:stream'
import {beforeEach, describe, expect, test} from 'vitest'
import {createConfirmation} from '../../src/lib/adapters/confirmation.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {readText} from '../../src/lib/procedures/text.ts'
import {rejection} from '../support/folder.ts'

const question = 'Put it in place?'
const summary = ['the present one stays as shop_before', 'restore --undo swaps back']

let input: PassThrough
let output: PassThrough
let abort: AbortController

beforeEach(() => {
  input = new PassThrough()
  output = new PassThrough()
  abort = new AbortController()
})

const ask = ({consent = false, interactive = true} = {}) =>
  createConfirmation({consent, interactive, signal: abort.signal, input, output}).require(question, summary)
const refusal = (options = {}) => rejection(ask(options), OperatorError)

describe('what cannot be undone', () => {
  const severe = () =>
    createConfirmation({consent: false, interactive: true, signal: abort.signal, input, output}).require(question, summary, 'shop')

  test('is agreed to by typing its name', async () => {
    input.end('shop\n')
    await severe()
    output.end()
    expect(await readText(output)).toMatch(/Put it in place\? Type shop to agree: $/)
  })

  test.each(['y\n', 'yes\n', 'Shop\n', 'shop_before\n', ''])('is not agreed to by %j', async (answer) => {
    input.end(answer)
    expect(await rejection(severe(), OperatorError)).toMatchObject({kind: 'refused', exitCode: 4})
  })
})

describe('an operator at a terminal', () => {
  test('sees what will happen before the question', async () => {
    input.end('y\n')
    await ask()
    output.end()
    expect(await readText(output)).toBe('  - the present one stays as shop_before\n  - restore --undo swaps back\nPut it in place? [y/N] ')
  })

  test.each(['y\n', 'Y\n', 'yes\n', ' YES \n'])('agrees with %j', async (answer) => {
    input.end(answer)
    await expect(ask()).resolves.toBeUndefined()
  })

  test.each(['\n', 'n\n', 'no\n', 'yep\n', 'shop\n', ''])('does not agree with %j', async (answer) => {
    input.end(answer)
    expect(await refusal()).toMatchObject({kind: 'refused', exitCode: 4, message: 'Not confirmed; nothing was changed.'})
  })

  test('who interrupts has interrupted, and neither agreed nor refused', async () => {
    const interruption = new OperatorError('interrupted', 'Interrupted.')
    const asked = refusal()
    abort.abort(interruption)
    expect(await asked).toBe(interruption)
  })
})

describe('without a terminal', () => {
  test('nobody is asked and nothing agreed to, and the way out is named', async () => {
    const error = await refusal({interactive: false})
    expect(error).toMatchObject({kind: 'refused', message: 'Not confirmed: Put it in place?', hint: 'Add --yes to agree in advance.'})
    expect(error.details).toEqual(summary)
  })

  test('--yes is consent', async () => {
    await expect(ask({interactive: false, consent: true})).resolves.toBeUndefined()
  })
})
