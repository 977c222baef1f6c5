import type {KeptItem, PruneItem, ReportedVolume} from '../../domain/prune-plan.ts'
import {count, formatBytes, formatPercent} from '../../domain/quantity.ts'
import {table} from '../table.ts'
import {theme, type Look} from '../theme.ts'

export interface PruneReport {
  planId: string | null
  enoughRoom: boolean
  disks: readonly {path: string; totalBytes: number; freeBytes: number; freeBytesAfter: number | null}[]
  items: readonly (Omit<PruneItem, 'state'> & {outcome: 'planned' | 'removed' | 'left' | 'failed'; explanation: string | null})[]
  kept: readonly KeptItem[]
  volumes: readonly ReportedVolume[]
  notes: readonly string[]
}

/** Returns what goes and why, what stays and why, the volumes, and the disks before and after. */
export function pruneView(report: PruneReport, look: Look): string {
  const disks = disksOf(report, look)
  if (report.enoughRoom) return ['There is room enough, so there is nothing to do.', ...disks].join('\n')
  const parts = [itemsOf(report, look), keptOf(report, look), volumesOf(report, look), report.notes.map((note) => `! ${note}`), disks]
  return parts
    .filter((part) => part.length > 0)
    .flat()
    .join('\n')
}

function itemsOf({items}: PruneReport, look: Look): string[] {
  if (items.length === 0) return ['There is nothing to remove.']
  const paint = theme(look)
  const statuses = {planned: 'warning', removed: 'ok', left: 'unknown', failed: 'critical'} as const
  const words = {planned: 'remove', removed: 'removed', left: 'left', failed: 'failed'}
  const rows = items.map(({kind, name, bytes, reason, outcome, explanation}) => [
    {text: words[outcome], paint: (text: string) => paint.status(statuses[outcome], text)},
    kind,
    {text: formatBytes(bytes), align: 'right' as const},
    `${name}: ${explanation ?? reason}`,
  ])
  return [table(rows, look)]
}

/** The cache has hundreds of records, and Docker's own networks are of no interest. */
function keptOf({kept}: PruneReport, look: Look): string[] {
  const cache = kept.filter(({kind}) => kind === 'build cache')
  const others = kept.filter(({kind, reason}) => kind !== 'build cache' && !(kind === 'network' && reason.includes("Docker's own")))
  const line = ({kind, name, bytes, reason}: Omit<KeptItem, 'id'>) => [
    'keep',
    kind as string,
    {text: formatBytes(bytes), align: 'right' as const},
    `${name}: ${reason}`,
  ]
  const total = cache.reduce((sum, {bytes}) => sum + bytes, 0)
  const records = {kind: 'build cache' as const, name: count(cache.length, 'record'), bytes: total, reason: 'used last, or in use'}
  const rows = [...others.map(line), ...(cache.length > 0 ? [line(records)] : [])]
  return rows.length === 0 ? [] : [table(rows, look)]
}

function volumesOf({volumes}: PruneReport, look: Look): string[] {
  if (volumes.length === 0) return []
  const rows = volumes.map(({name, bytes, lastUser, isInUse}) => [
    '',
    {text: bytes === null ? '?' : formatBytes(bytes), align: 'right' as const},
    `${name}: ${lastUser === null ? 'no container uses it' : isInUse ? `used by ${lastUser}` : `last used by ${lastUser}`}`,
  ])
  return [theme(look).heading('Volumes, which are never removed'), table(rows, look)]
}

function disksOf({disks, enoughRoom}: PruneReport, look: Look): string[] {
  return disks.map(({path, totalBytes, freeBytes, freeBytesAfter}) => {
    const room = (bytes: number) => `${formatBytes(bytes)} (${formatPercent(totalBytes === 0 ? 0 : (bytes / totalBytes) * 100)}) free`
    const change = freeBytesAfter === null || enoughRoom ? room(freeBytes) : `${room(freeBytes)} before, ${room(freeBytesAfter)} now`
    return `${theme(look).heading(path)}: ${change}`
  })
}
