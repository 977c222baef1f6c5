import {describeSource, type Setting} from '../../domain/setting.ts'
import {table, type Row} from '../table.ts'
import {theme, type Look} from '../theme.ts'

export interface ConfigReport {
  file: string | null
  environment: string
  settings: readonly Setting[]
}

/** Returns the screen of `config`: a line for each setting that has a value, with where it comes from. */
export function configView({file, environment, settings}: ConfigReport, look: Look): string {
  const paint = theme(look)
  const known = settings.filter(({value}) => value !== null)
  const rows = known.map(({key, value, source}): Row => {
    const from = `(${describeSource(source)})`
    return [key, {text: `${shown(value)}  ${from}`, paint: (text) => text.replace(from, () => paint.dim(from))}]
  })
  const origin = file === null ? 'no configuration file; sparkone init writes one' : file
  return `${table(rows, {columns: look.columns})}\n\n${environment}: ${origin}`
}

function shown(value: Setting['value']): string {
  return Array.isArray(value) ? value.join(', ') || 'none' : String(value)
}
