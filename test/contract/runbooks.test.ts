import {existsSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {severities} from '../../src/lib/domain/runbook.ts'
import {isCommand, linksOf, runbookProblems} from '../../src/lib/domain/runbook-rules.ts'
import {fencesOf} from '../../src/lib/domain/runbook.ts'
import {
  alertRules,
  callProblems,
  commandNames,
  composeServices,
  promqlProblems,
  servicesIn,
  shellProblems,
  sparkoneCalls,
} from '../support/runbook-checks.ts'
import {packagedRunbooks} from '../support/runbooks.ts'

const folder = path.resolve(import.meta.dirname, '../../runbooks')
const base = 'https://github.com/sparkone/sparkone/blob/main/runbooks/'

const pages = await packagedRunbooks()
const services = composeServices()

/** Programs that a step done by a person, or a query, needs. */
const byHand = new Set(['docker', 'sops', 'ssh'])

describe('alerts and pages', () => {
  test('each alert has its page, and each page names alerts that exist', () => {
    const answered = pages.flatMap((page) => page.alerts)
    expect(answered.toSorted()).toEqual([...new Set(alertRules.map(({alert}) => alert))].toSorted())
  })

  test.each(alertRules)('the address in $alert ($labels.severity) is that of its page', ({alert, annotations}) => {
    const name = annotations.runbook_url.replace(base, '').replace(/\.md$/, '')
    expect(pages.find((page) => page.name === name)?.alerts).toContain(alert)
  })

  test('a page is as severe as the worst of its alerts', () => {
    const rank = (severity: string) => severities.findIndex((each) => each === severity)
    const wrong = pages.flatMap(({name, alerts, severity}) => {
      const ranks = alertRules.filter(({alert}) => alerts.includes(alert)).map(({labels}) => rank(labels.severity))
      return ranks.length > 0 && Math.min(...ranks) !== rank(severity) ? [name] : []
    })
    expect(wrong).toEqual([])
  })
})

const names = pages.map(({name}) => name)

test.each(['init', 'config', 'health', 'backup', 'verify', 'restore', 'demo'])('the command %s has its page', (name) => {
  expect(commandNames).toContain(name)
  expect(names).toContain(name)
})

test('each checklist, each way out of trouble and the worst day have their pages', () => {
  expect(names).toEqual(expect.arrayContaining(['daily', 'weekly', 'monthly', 'quarterly']))
  expect(names).toEqual(expect.arrayContaining(['database-troubleshooting', 'redis-troubleshooting', 'disaster-recovery']))
})

describe.each(pages.map((page) => [page.name, page] as const))('runbooks/%s.md', (_, page) => {
  const fences = fencesOf(page).map(({fence}) => fence)
  const commands = fences.filter((fence) => isCommand(fence))
  const shell = commands.filter(({language}) => language === 'sh').map(({text}) => text)

  test('follows the form', () => {
    expect(runbookProblems(page)).toEqual([])
  })

  test('links to files that exist', () => {
    const files = linksOf(page).flatMap((target) => (/^(https?:|#)/.test(target) ? [] : target.split('#')[0]!))
    expect(files.filter((file) => !existsSync(path.resolve(folder, file)))).toEqual([])
  })

  test('uses commands and flags of sparkone that exist', async () => {
    expect((await Promise.all(sparkoneCalls(page).map(callProblems))).flat()).toEqual([])
  })

  test('speaks PromQL about metrics that exist, and the language of the shell', () => {
    const queries = commands.filter(({language}) => language === 'promql')
    expect(queries.flatMap(({text}) => promqlProblems(text))).toEqual([])
    expect(shellProblems(shell.join('\n'))).toBe('')
  })

  test('names the programs that its commands begin with, and no other', () => {
    const lines = commands.filter(({language}) => ['sh', 'sparkone'].includes(language)).flatMap(({text}) => text.split('\n'))
    const used = lines.map((line) => line.replace(/^echo \| /, '').split(' ')[0]!).filter((word) => !word.startsWith('./'))
    expect(used.filter((word) => !page.requires.tools.includes(word))).toEqual([])
    const words = new Set(lines.flatMap((line) => line.split(' ')))
    expect(page.requires.tools.filter((tool) => !words.has(tool) && !byHand.has(tool))).toEqual([])
  })

  test('names the inputs that its commands ask for, and no other', () => {
    const text = commands.map((fence) => fence.text).join('\n')
    const asked = [...text.matchAll(/\$\{([A-Z][A-Z_]*):\?set it first\}/g)].map(([, name]) => name!)
    expect([...new Set(asked)].toSorted()).toEqual(page.inputs.map(({name}) => name).toSorted())
  })

  test.skipIf(services.size === 0)('names the services that its commands need, all of which the production stack has', () => {
    expect([...page.requires.services].filter((name) => !services.has(name))).toEqual([])
    const used = [...commands.flatMap(({attributes}) => attributes.service ?? []), ...servicesIn(shell.join('\n'), services)]
    expect([...new Set(used)].filter((name) => !page.requires.services.includes(name))).toEqual([])
  })
})
