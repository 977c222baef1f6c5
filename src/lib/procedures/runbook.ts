import {namesLike, type Runbook} from '../domain/runbook.ts'
import {OperatorError} from '../errors.ts'
import type {Runbooks} from '../ports.ts'

/** Returns the page of that name, letter case aside. Throws `notFound`, naming the page that was probably meant. */
export async function findRunbook(name: string, runbooks: Runbooks): Promise<Runbook> {
  const {exact, guess} = namesLike(name, await runbooks.names())
  const page = exact === null ? null : await runbooks.find(exact)
  if (page) return page
  const advice = guess === null ? '' : `Did you mean sparkone runbook show ${guess}? `
  throw new OperatorError('notFound', `There is no runbook ${name}.`, {hint: `${advice}sparkone runbook list shows them all.`})
}

/** Returns the page that answers an alert: its namesake, or else the first that lists it. Throws `notFound`, naming the alert that was probably meant. */
export async function runbookFor(alert: string, runbooks: Runbooks): Promise<Runbook> {
  const namesake = await runbooks.find(alert)
  if (namesake?.alerts.includes(alert)) return namesake
  const pages = await runbooks.all()
  const {exact, guess} = namesLike(alert, [...new Set(pages.flatMap(({alerts}) => alerts))])
  const page = exact === null ? undefined : pages.find(({alerts}) => alerts.includes(exact))
  if (page) return page
  const advice = guess === null ? '' : `Did you mean sparkone runbook for ${guess}? `
  throw new OperatorError('notFound', `No runbook answers an alert ${alert}.`, {hint: `${advice}sparkone runbook list shows them all.`})
}
