import type {Calendar} from './calendar.ts'
import {logDateFormat} from './log-date.ts'
import type {LogFacts, LogRule, RotatedLog} from './log-rule.ts'

/** What is done to the files of one folder; names are those of files in it. */
export type LogStep =
  {kind: 'compress'; name: string} | {kind: 'rename'; from: string; to: string} | {kind: 'remove'; name: string; reason: string}

/** How one log is rotated: first the old ones make room, then the log takes its new name, then what is too many goes. */
export interface LogRotation {
  path: string
  /** Name that the log gets. */
  to: string
  before: readonly LogStep[]
  after: readonly LogStep[]
}

export interface NoRotation {
  path: string
  /** Why there can be none. */
  obstacle: string
  before: readonly LogStep[]
}

const gzip = '.gz'

interface Moment {
  now: number
  calendar: Calendar
}

/** Returns the steps by which a log that is due is rotated. */
export function planRotation(log: LogFacts, rule: LogRule, moment: Moment): LogRotation | NoRotation {
  return rule.dateExtension ? planByDate(log, rule, moment) : planByNumber(log, rule, moment)
}

/** Returns the steps by which rotated logs go that are older than `maxage`, whether the log itself is due or not. */
export function planAging({path, siblings}: LogFacts, rule: LogRule, now: number): LogStep[] {
  const {maxAge} = rule
  if (maxAge === null) return []
  const limit = now - maxAge * 86_400_000
  return rotatedOf(path, siblings, rule)
    .filter(({modifiedAt}) => modifiedAt < limit)
    .map(({name}) => ({kind: 'remove', name, reason: `it is older than ${maxAge} days`}))
}

/** Returns whether a name is that of a rotated form of `base` under any rule of this kind. */
export function isRotatedName(name: string, base: string, rule: LogRule): boolean {
  if (!name.startsWith(base)) return false
  const rest = name.slice(base.length).replace(/\.gz$/, '')
  return /^\.\d+$/.test(rest) || (logDateFormat(formatOf(rule))?.read(rest) ?? null) !== null
}

function planByNumber(log: LogFacts, rule: LogRule, {now}: Moment): LogRotation {
  const base = baseName(log.path)
  const aged = planAging(log, rule, now)
  const {names, pending} = afterCompressing(log, rule, (name) => name === `${base}.1`, aged)
  const last = rule.rotate === 0 ? 1 : rule.rotate
  const extension = rule.compress ? gzip : ''
  const numbers = [...names].flatMap((name) => numberOf(name, base, extension) ?? []).toSorted((one, other) => other - one)
  const moved = numbers.filter((number) => last === -1 || number <= last)
  const shifted = moved.map((number): LogStep => {
    return {kind: 'rename', from: `${base}.${number}${extension}`, to: `${base}.${number + 1}${extension}`}
  })
  const isFull = last !== -1 && (numbers.includes(last) || numbers.includes(last + 1))
  const surplus: LogStep[] =
    isFull && rule.rotate !== 0
      ? [{kind: 'remove', name: `${base}.${last + 1}${extension}`, reason: `rotate ${rule.rotate} keeps no more`}]
      : []
  return {path: log.path, to: `${base}.1`, before: [...aged, ...pending, ...shifted], after: finish(`${base}.1`, rule, surplus)}
}

function planByDate(log: LogFacts, rule: LogRule, {now, calendar}: Moment): LogRotation | NoRotation {
  const base = baseName(log.path)
  const aged = planAging(log, rule, now)
  const dated = (name: string) => dateOf(name, base, rule) !== null && !name.endsWith(gzip)
  const {names, pending} = afterCompressing(log, rule, dated, aged)
  const to = base + logDateFormat(formatOf(rule))!.write(calendar.shownAt(now), now)
  if (names.has(to) || names.has(to + gzip)) {
    return {path: log.path, obstacle: `${to} is there already, and dateformat gives no other name`, before: [...aged, ...pending]}
  }
  const old = [...names]
    .filter((name) => dateOf(name, base, rule) !== null && (rule.compress || !name.endsWith(gzip)))
    .toSorted((one, other) => dateOf(one, base, rule)! - dateOf(other, base, rule)! || (one < other ? -1 : 1))
  const tooMany = rule.rotate === -1 ? 0 : old.length + 1 - Math.max(rule.rotate, 1)
  const surplus = old.slice(0, Math.max(tooMany, 0)).map((name): LogStep => {
    return {kind: 'remove', name, reason: `rotate ${rule.rotate} keeps no more`}
  })
  return {path: log.path, to, before: [...aged, ...pending], after: finish(to, rule, surplus)}
}

/** Names as they are once what waits for it was compressed: the last one with `delaycompress`, and what a writer held open before. */
function afterCompressing(
  {siblings}: LogFacts,
  {compress}: LogRule,
  waits: (name: string) => boolean,
  aged: readonly LogStep[],
): {names: Set<string>; pending: LogStep[]} {
  const gone = new Set(aged.map((step) => (step.kind === 'remove' ? step.name : '')))
  const names = new Set(siblings.map(({name}) => name).filter((name) => !gone.has(name)))
  const waiting = compress ? [...names].filter(waits) : []
  for (const name of waiting) {
    names.delete(name)
    names.add(name + gzip)
  }
  return {names, pending: waiting.map((name) => ({kind: 'compress', name}))}
}

function finish(rotated: string, {rotate, compress, delayCompress}: LogRule, surplus: readonly LogStep[]): LogStep[] {
  if (rotate === 0) return [...surplus, {kind: 'remove', name: rotated, reason: 'rotate 0 keeps none'}]
  return compress && !delayCompress ? [...surplus, {kind: 'compress', name: rotated}] : [...surplus]
}

function rotatedOf(path: string, siblings: readonly RotatedLog[], rule: LogRule): RotatedLog[] {
  const base = baseName(path)
  return siblings.filter(({name}) => {
    const plain = name.endsWith(gzip) ? name.slice(0, -gzip.length) : name
    return rule.dateExtension ? dateOf(name, base, rule) !== null : numberOf(plain, base, '') !== null
  })
}

function numberOf(name: string, base: string, extension: string): number | null {
  if (!name.startsWith(`${base}.`) || !name.endsWith(extension)) return null
  const digits = name.slice(base.length + 1, name.length - extension.length)
  return /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : null
}

function dateOf(name: string, base: string, rule: LogRule): number | null {
  if (!name.startsWith(base)) return null
  const rest = name.slice(base.length)
  return logDateFormat(formatOf(rule))!.read(rest.endsWith(gzip) ? rest.slice(0, -gzip.length) : rest)
}

/** As logrotate has it: the hour stands in the name where the frequency needs it. */
function formatOf({dateFormat, frequency, size}: LogRule): string {
  if (dateFormat !== '') return dateFormat
  return frequency === 'hourly' && size === null ? '-%Y%m%d%H' : '-%Y%m%d'
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
