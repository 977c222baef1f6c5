import {family} from '../domain/exposition.ts'
import {exitCodeOf, type Finding, type Measurement, worst} from '../domain/finding.ts'

const unitSuffixes: Record<NonNullable<Measurement['unit']>, string> = {'': '', s: '_seconds', '%': '_percent', B: '_bytes', c: '_total'}

const statusHelp = '0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'

/** Returns the findings in the text exposition format, each family with HELP and TYPE, ending with a newline. */
export function prometheusText({verb, findings}: {verb: string; findings: readonly Finding[]}): string {
  const prefix = metricName(`sparkone_${verb}`)
  const statuses = findings.map(({subject, status}) => ({labels: {subject}, value: exitCodeOf(status)}))
  const families = [
    family(`${prefix}_verdict`, 'gauge', `Verdict of the whole run: ${statusHelp}.`, [{labels: {}, value: exitCodeOf(worst(findings))}]),
    family(`${prefix}_status`, 'gauge', `Status of each subject: ${statusHelp}.`, statuses),
    ...measured(prefix, findings),
  ]
  return families.join('')
}

function measured(prefix: string, findings: readonly Finding[]): string[] {
  const all = findings.flatMap(({subject, measurements = []}) => measurements.map((measurement) => ({subject, measurement})))
  // A family must stand in one piece, so samples are gathered by name before anything is printed.
  const byName = Map.groupBy(all, ({measurement: {label, unit = ''}}) => metricName(`${prefix}_${label}${unitSuffixes[unit]}`))
  return [...byName].map(([name, entries]) => {
    const {label, unit} = entries[0]!.measurement
    const samples = entries.map(({subject, measurement: {value}}) => ({labels: {subject}, value}))
    return family(name, unit === 'c' ? 'counter' : 'gauge', `Measured: ${label}.`, samples)
  })
}

function metricName(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9_]+/g, '_')
}
