import {readFileSync} from 'node:fs'
import {exitCodes} from '../../src/lib/errors.ts'
import {exitCodeRows} from '../../src/lib/output/exit-status.ts'

/** Returns `docs/exit-codes.md`: the words of its template around the table of codes and that of error kinds. */
export function exitCodesPage(): string {
  const template = readFileSync(new URL('exit-codes.template.md', import.meta.url), 'utf8')
  return template.replace('<!-- codes -->', () => codes()).replace('<!-- kinds -->', () => kinds())
}

function codes(): string {
  const {check, change} = exitCodeRows
  const named = [...new Set([...check, ...change].map(([code]) => code))].toSorted(
    (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
  )
  const meaning = (rows: typeof check, code: string) => rows.find(([each]) => each === code)?.[1] ?? ''
  const rows = named.map((code) => `| ${code} | ${meaning(check, code)} | ${meaning(change, code)} |`)
  return ['| code | checks | changes |', '| --- | --- | --- |', ...rows].join('\n')
}

function kinds(): string {
  const rows = Object.entries(exitCodes).map(([kind, code]) => `| \`${kind}\` | ${code} |`)
  return ['| `error.kind` | code |', '| --- | --- |', ...rows].join('\n')
}
