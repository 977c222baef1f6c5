import {readdirSync, readFileSync, statSync} from 'node:fs'
import type {LogWriter, LogWriters} from '../../domain/log-writers.ts'

const writeOnly = 0o1
const readWrite = 0o2
const append = 0o2000

/** Returns which processes of this machine, containers included, have the files open for writing, read from /proc; see proc(5), `fdinfo`. */
export function findWriters(paths: readonly string[]): LogWriters {
  const wanted = new Map(paths.flatMap((path): [string, string][] => pairOf(identityOf(path), path)))
  const open = (wanted.size === 0 ? [] : processes()).map((process) => ({process, descriptors: descriptorsOf(process)}))
  const byPath = new Map<string, LogWriter[]>()
  for (const {process, descriptors} of open) {
    for (const descriptor of descriptors ?? []) {
      const path = wanted.get(identityOf(`/proc/${process}/fd/${descriptor}`) ?? '')
      const writers = path === undefined ? [] : writersOf(process, descriptor)
      if (path !== undefined && writers.length > 0) byPath.set(path, [...(byPath.get(path) ?? []), ...writers])
    }
  }
  return {byPath, isPartial: open.some(({descriptors}) => descriptors === null)}
}

function pairOf(identity: string | null, path: string): [string, string][] {
  return identity === null ? [] : [[identity, path]]
}

/** None where it is not open for writing. */
function writersOf(process: number, descriptor: string): LogWriter[] {
  const flags = flagsOf(process, descriptor)
  if (flags === null || (flags & (writeOnly | readWrite)) === 0) return []
  return [{process, program: programOf(process), appends: (flags & append) !== 0}]
}

function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((process_) => process_ !== process.pid)
}

/** Null: this user may not look. */
function descriptorsOf(process: number): string[] | null {
  try {
    return readdirSync(`/proc/${process}/fd`)
  } catch (error) {
    return (error as {code?: string}).code === 'EACCES' ? null : []
  }
}

function identityOf(path: string): string | null {
  try {
    const {dev, ino} = statSync(path)
    return `${dev}:${ino}`
  } catch {
    // It was closed, or its process ended, since it was listed.
    return null
  }
}

function flagsOf(process: number, descriptor: string): number | null {
  try {
    const text = readFileSync(`/proc/${process}/fdinfo/${descriptor}`, 'utf8')
    return Number.parseInt(/^flags:\s*([0-7]+)/m.exec(text)?.[1] ?? '', 8)
  } catch {
    // As above: it is open no more.
    return null
  }
}

function programOf(process: number): string {
  try {
    return readFileSync(`/proc/${process}/comm`, 'utf8').trim()
  } catch {
    return 'a process that has ended'
  }
}
