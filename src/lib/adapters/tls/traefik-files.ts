import {readdir, readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {parseDocument} from 'yaml'
import {canonicalName} from '../../domain/certificate-names.ts'
import type {ProxyRoutes} from '../../domain/certificate-store.ts'
import {readingError} from './reading.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface Found {
  hosts: string[]
  patterns: string[]
  unread: string[]
  durations: Record<string, number | null>
}

const hour = 3_600_000

/** Returns the names that routers in these files answer to, of the proxy and of Compose. Throws `notFound`, `denied`. */
export async function readRoutes(paths: readonly string[], environment: Environment): Promise<ProxyRoutes> {
  const found: Found = {hosts: [], patterns: [], unread: [], durations: {}}
  for (const file of (await Promise.all(paths.map(filesAt))).flat()) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw readingError(error, file)
    })
    collectFrom(file, text, environment, found)
  }
  return found
}

async function filesAt(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const entries = await readdir(path, {recursive: true, withFileTypes: true})
    const files = entries.filter((entry) => entry.isFile() && /\.(?:ya?ml|toml)$/.test(entry.name))
    return files.map((entry) => join(entry.parentPath, entry.name)).toSorted()
  } catch (error) {
    throw readingError(error, path)
  }
}

function collectFrom(file: string, text: string, environment: Environment, found: Found): void {
  if (file.endsWith('.toml')) return void found.unread.push(`${file} is TOML, and only YAML is read`)
  const missing: string[] = []
  const filled = fill(text, environment, missing)
  if (missing.length > 0) return void found.unread.push(`${file} asks for ${missing[0]}, which is not set here`)
  if (/\{\{/.test(filled)) return void found.unread.push(`${file} holds a template that only Traefik can fill`)
  const document = parseDocument(filled, {merge: true})
  if (document.errors.length > 0) return void found.unread.push(`${file} is not valid YAML`)
  walk(document.toJS(), [], found)
}

/** `{{ env "NAME" }}` of Traefik, and `${NAME}` and `${NAME:-other}` of Compose. */
function fill(text: string, environment: Environment, missing: string[]): string {
  return text
    .replaceAll(/\{\{-?\s*env\s+["`]([^"`]+)["`]\s*-?\}\}/g, (_, name: string) => environment[name] ?? (missing.push(name), ''))
    .replaceAll(
      /(?<!\$)\$\{(\w+)(?::?-([^}]*))?[^}]*\}/g,
      (whole, name: string, other: string | undefined) => environment[name] ?? other ?? whole,
    )
}

function walk(value: unknown, steps: readonly string[], found: Found): void {
  if (typeof value === 'string') return collectText(value, steps, found)
  if (Array.isArray(value)) return value.forEach((item) => walk(item, steps, found))
  if (typeof value !== 'object' || value === null) return
  if (steps.at(-2) === 'certificatesResolvers') noteResolver(steps.at(-1)!, value, found)
  for (const [key, child] of Object.entries(value)) walk(child, [...steps, key], found)
}

function noteResolver(name: string, value: object, found: Found): void {
  const {acme} = value as {acme?: {certificatesDuration?: unknown} | null}
  if (typeof acme !== 'object' || acme === null) return
  const hours = Number(acme.certificatesDuration ?? Number.NaN)
  found.durations[name] = Number.isFinite(hours) ? hours * hour : null
}

function collectText(text: string, steps: readonly string[], found: Found): void {
  const key = steps.at(-1) ?? ''
  const isDomain = steps.at(-2) === 'domains' && (key === 'main' || key === 'sans')
  if (isDomain) found.hosts.push(...text.split(',').map(canonicalName))
  // Labels of Compose stand as `traefik.http.routers.shop.rule: …`, or in a list as one text.
  const isRule = key === 'rule' || key.endsWith('.rule') || /^traefik\.\w+\.routers\.[^=]+=/.test(text)
  if (isRule) collectRule(text, found)
}

function collectRule(rule: string, found: Found): void {
  for (const [, matcher = '', list = ''] of rule.matchAll(
    /\b(Host|HostSNI|HostRegexp|HostSNIRegexp)\(([^)]*(?:\)[^`"&|]*[`"][^)]*)*)\)/g,
  )) {
    const values = [...list.matchAll(/[`"]([^`"]*)[`"]/g)].map(([, value = '']) => value)
    if (matcher.endsWith('Regexp')) found.patterns.push(...values)
    else found.hosts.push(...values.filter((value) => value !== '*').map(canonicalName))
  }
}
