import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {expect, it} from 'vitest'
import {readConfig, variables} from '../../../ops/api/config.ts'
import {startApp} from '../../support/api-app.ts'

const readme = readFileSync(fileURLToPath(new URL('../../../ops/api/README.md', import.meta.url)), 'utf8')

/** Returns the first cells of the table under a heading, with the names in them. */
function names(heading: string): {names: string[]; cells: string[]}[] {
  const section = readme.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) => {
    const cells = row.split('|').map((cell) => cell.trim())
    return {names: [...cells[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!), cells}
  })
}

it('the README lists every variable that the API reads, and no other', () => {
  expect(
    names('Settings')
      .flatMap((row) => row.names)
      .toSorted(),
  ).toEqual([...variables].toSorted())
})

it('the README tells the defaults that the API has', () => {
  const config: Record<string, unknown> = readConfig({DATABASE_URL: 'postgresql://localhost/app'})
  for (const row of names('Settings')) {
    const told = row.cells[2]!.replaceAll('`', '').split(', ')
    for (const [index, name] of row.names.entries()) {
      const value = told[index] ?? ''
      if (value === 'as above' || value === 'must be given') continue
      expect(`${name}=${String(config[name] ?? '')}`).toBe(`${name}=${value}`)
    }
  }
})

it('the README lists the metrics that the API exposes', async () => {
  const text = await (await startApp().get('/metrics')).text()
  const exposed = [...text.matchAll(/^# TYPE (sparkone_\S+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`)
  const told = names('Metrics').flatMap((row) => (row.names[0]!.startsWith('sparkone_') ? `${row.names[0]} ${row.cells[2]}` : []))
  expect(told.toSorted()).toEqual(exposed.toSorted())
})
