import {expect, test} from 'vitest'
import type {Runbook} from '../../../src/lib/domain/runbook.ts'
import type {Runbooks} from '../../../src/lib/ports.ts'
import {findRunbook, runbookFor} from '../../../src/lib/procedures/runbook.ts'
import {page, pageText} from '../../support/runbooks.ts'

const pages = [
  page(pageText),
  page(pageText.replace('alerts: [QueueFull]', 'alerts: [DiskCritical, DiskWarning]'), 'disk'),
  page(pageText.replace('alerts: [QueueFull]', 'alerts: []'), 'daily'),
]

const runbooks: Runbooks = {
  names: async () => pages.map(({name}) => name),
  all: async () => pages,
  find: async (name) => pages.find((each) => each.name === name) ?? null,
}

const shown = (runbook: Runbook) => runbook.name

test('a page is found by its name, letter case aside', async () => {
  expect(shown(await findRunbook('queuefull', runbooks))).toBe('QueueFull')
})

test('an alert leads to its namesake, or to the page that lists it', async () => {
  expect(shown(await runbookFor('QueueFull', runbooks))).toBe('QueueFull')
  expect(shown(await runbookFor('diskwarning', runbooks))).toBe('disk')
})

test.each([
  ['QueueFul', 'Did you mean sparkone runbook for QueueFull?'],
  ['DiskCritcal', 'Did you mean sparkone runbook for DiskCritical?'],
  ['warning', 'Did you mean sparkone runbook for DiskWarning?'],
  ['daily', 'sparkone runbook list shows them all.'],
])('an alert that no page answers ends with 9 and names what was meant: %s', async (alert, hint) => {
  await expect(runbookFor(alert, runbooks)).rejects.toMatchObject({kind: 'notFound', exitCode: 9, hint: expect.stringContaining(hint)})
})

test('a page that does not exist ends with 9 and names what was meant', async () => {
  await expect(findRunbook('dayly', runbooks)).rejects.toMatchObject({
    kind: 'notFound',
    message: 'There is no runbook dayly.',
    hint: 'Did you mean sparkone runbook show daily? sparkone runbook list shows them all.',
  })
  await expect(findRunbook('xyz', runbooks)).rejects.toMatchObject({hint: 'sparkone runbook list shows them all.'})
})
