import {minimumSchema, originOf, schemaVersion, type Release} from '../../domain/release.ts'
import {formatDuration} from '../../domain/quantity.ts'
import {table} from '../table.ts'

export interface ReleaseScreen {
  release: Release
  soak: {answers: {well: number; all: number}; notes: readonly string[]} | null
  remarks: readonly string[]
  lastLines: readonly string[]
}

/** Returns what was brought up, how it did, and what it said last. */
export function releaseView({release, soak, remarks, lastLines}: ReleaseScreen): string {
  const {id, version, images, backup, data, startedAt, endedAt} = release
  return [
    headline(release),
    `  release    ${id}${version === null ? '' : ` (${version})`}`,
    ...images.map(
      ({service, name, replicas}) => `  runs       ${service}: ${name} in ${replicas} ${replicas === 1 ? 'container' : 'containers'}`,
    ),
    `  schema     ${schemaLine(release)}`,
    ...(backup === null ? [] : [`  backup     ${backup}`]),
    ...(data === null ? [] : [`  data       of backup ${data}; sparkone restore --undo swaps back`]),
    ...(soak && soak.answers.all > 0 ? [`  watched    ${soak.answers.well} of ${soak.answers.all} answers were well`] : []),
    ...tookLines(startedAt, endedAt),
    ...(soak?.notes ?? []).map((note) => `  note       ${note}`),
    ...remarks.map((remark) => `  ! ${remark}`),
    ...(lastLines.length === 0 ? [] : ['It says:', ...lastLines.map((line) => `  ${line}`)]),
  ].join('\n')
}

/** Returns one line. */
export function releaseMessage({kind, version, id, outcome}: Release): string {
  const name = version ?? id
  if (outcome === 'put back') return `release ${name} was given up, and what ran before is back`
  if (outcome === 'abandoned') return `release ${name} is forgotten; nothing had been changed`
  return kind === 'rollback' ? `back at ${name}` : `release ${name} runs`
}

/** Returns the ledger, newest first, a line each. */
export function releasesView(releases: readonly Release[], current: Release | null, {columns}: {columns: number}): string {
  if (releases.length === 0) return 'No release is known yet. sparkone deploy writes the first one.'
  const head = ['', 'RELEASE', 'VERSION', 'WHAT']
  const lines = releases.map((release) => [
    release.id === current?.id ? '*' : ' ',
    release.id,
    release.version ?? '-',
    // In one column, which wraps: names of migrations may be long.
    [what(release, releases), `schema ${schemaVersion(release.schema.after) ?? 'not known'}`, `by ${release.actor}`].join(', '),
  ])
  return [table(lines, {columns, head}), '', '* runs now. sparkone rollback RELEASE goes back to one that was good.'].join('\n')
}

function tookLines(startedAt: string, endedAt: string | null): string[] {
  return endedAt === null ? [] : [`  took       ${formatDuration(Date.parse(endedAt) - Date.parse(startedAt))}`]
}

function headline(release: Release): string {
  const message = releaseMessage(release)
  return `${message[0]!.toUpperCase()}${message.slice(1)}`
}

function schemaLine({schema: {before, after}}: Release): string {
  const [from, to] = [schemaVersion(before), schemaVersion(after)]
  const minimum = minimumSchema(after)
  const needs = minimum === null ? '' : `; older code than ${minimum} cannot work with it`
  return from === to ? `${to ?? 'not known'}${needs}` : `${to ?? 'not known'}, before ${from ?? 'not known'}${needs}`
}

function what(release: Release, releases: readonly Release[]): string {
  const {kind, outcome, step} = release
  const doing = kind === 'rollback' ? `back to ${originOf(release, releases).version ?? release.reference}` : kind
  if (outcome === null) return `${doing}: cut off at ${step ?? 'backup'}`
  return outcome === 'good' ? doing : `${doing}: ${outcome}`
}
