import {spawnSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {type Command, Parser} from '@oclif/core'
import {parser as promql} from '@prometheus-io/lezer-promql'
import {parse} from 'yaml'
import {BaseCommand} from '../../src/base-command.ts'
import type {Runbook} from '../../src/lib/domain/runbook.ts'

const root = path.resolve(import.meta.dirname, '../..')
const inRoot = (name: string) => path.join(root, name)

export interface AlertRule {
  alert: string
  labels: {severity: string; priority: string}
  annotations: {summary: string; runbook_url: string}
}

interface RuleFile {
  groups: {rules: (Partial<AlertRule> & {record?: string})[]}[]
}

const rules = readdirSync(inRoot('ops/prometheus/rules'))
  .filter((name) => name.endsWith('.yml'))
  .flatMap((name) => (parse(readFileSync(inRoot(`ops/prometheus/rules/${name}`), 'utf8')) as RuleFile).groups)
  .flatMap((group) => group.rules)

/** The alerts that Prometheus is given. */
export const alertRules = rules.filter((rule) => rule.alert !== undefined) as AlertRule[]

/** The commands of sparkone as they are typed: `health`, `runbook list`. */
export const commandNames = readdirSync(inRoot('src/commands'), {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace(/\.ts$/, '').split(path.sep).join(' '))

/** What `sparkone backup` and `sparkone verify` leave for node-exporter. */
const backupMetrics = ['last_success_timestamp_seconds', 'last_proof_timestamp_seconds', 'last_offsite_timestamp_seconds'].concat([
  'last_proof_passed',
  'duration_seconds',
  'bytes',
])

const sourcesOfApi = readdirSync(inRoot('ops/api'), {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
  .map((name) => readFileSync(inRoot(`ops/api/${name}`), 'utf8'))

/** Our own names among what can be asked for: those of the API, of the backups and of the recording rules. */
const metricNames = new Set([
  ...rules.flatMap(({record}) => record ?? []),
  ...sourcesOfApi.flatMap((text) => text.match(/\bsparkone_\w+/g) ?? []),
  ...backupMetrics.map((name) => `sparkone_backup_${name}`),
])

/** Returns every `sparkone …` of a page, in fences and inside sentences, as its words; a variable counts as one word. */
export function sparkoneCalls({markdown}: Runbook): string[][] {
  const inFences = [...markdown.matchAll(/^sparkone (.+)$/gm)]
  const inSentences = [...markdown.matchAll(/`sparkone ([a-z][^`]*)`/g)]
  return [...inFences, ...inSentences].map(([, rest]) => rest!.replaceAll(/"\$\{[^}]+\}"/g, 'VALUE').split(' '))
}

/** Returns what is wrong with a command line of sparkone: no such command, flag or argument. */
export async function callProblems(words: readonly string[]): Promise<string[]> {
  const depth = commandNames.includes(words.slice(0, 2).join(' ')) ? 2 : 1
  const name = words.slice(0, depth).join(' ')
  if (!commandNames.includes(name)) return [`there is no command ${name}`]
  // The name alone speaks of the command and leaves out what it needs.
  if (words.length === depth) return []
  const {default: command} = (await import(inRoot(`src/commands/${name.replaceAll(' ', '/')}.ts`))) as {default: typeof Command}
  try {
    await Parser.parse(words.slice(depth), {flags: {...BaseCommand.baseFlags, ...command.flags}, args: command.args, strict: true})
    return []
  } catch (error) {
    return [`sparkone ${words.join(' ')}: ${(error as Error).message}`]
  }
}

/** Returns what is wrong with a query: its grammar, or a metric of ours that nothing gives. */
export function promqlProblems(query: string): string[] {
  const problems: string[] = []
  promql.parse(query).iterate({
    enter: ({type, from, to}) => {
      if (type.isError) problems.push(`no PromQL near "${query.slice(Math.max(0, from - 10), to + 10)}"`)
    },
  })
  const named = query.match(/\b(sparkone_\w+|(?:slo|api|instance):[\w:]+)/g) ?? []
  const unknown = named.filter((name) => !metricNames.has(name) && !metricNames.has(name.replace(/_(bucket|count|sum)$/, '')))
  return [...problems, ...unknown.map((name) => `nothing gives ${name}`)]
}

/** Returns what bash says about the grammar of a script; empty when it is right. */
export function shellProblems(script: string): string {
  return spawnSync('bash', ['-n'], {input: script, encoding: 'utf8'}).stderr
}

/** Returns the services that the production stack may run, over all its files and profiles. */
export function composeServices(): Set<string> {
  const files = readdirSync(inRoot('ops')).filter((name) => /compose.*\.ya?ml$|\bcompose\./.test(name))
  const documents = files.map((name) => parse(readFileSync(inRoot(`ops/${name}`), 'utf8'), {merge: true}) as {services?: object})
  return new Set(documents.flatMap(({services}) => Object.keys(services ?? {})))
}

/** Returns the services of `known` that `docker compose` commands of a script name. */
export function servicesIn(script: string, known: ReadonlySet<string>): string[] {
  const calls = script.matchAll(/docker compose (?:exec|restart|up|logs|kill|ps)\b([^|>\n]*)/g)
  // What is run inside a container follows its service, so the first one counts; `up` may name several.
  return [...calls].flatMap(([call, rest]) => {
    const named = rest!
      .trim()
      .split(/\s+/)
      .filter((word) => known.has(word))
    return call.startsWith('docker compose up') ? named : named.slice(0, 1)
  })
}
