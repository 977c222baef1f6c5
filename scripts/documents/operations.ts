import {readdirSync, readFileSync} from 'node:fs'
import {parser} from '@prometheus-io/lezer-promql'
import {parse} from 'yaml'

const root = new URL('../../', import.meta.url)
const rulesFolder = new URL('ops/prometheus/rules/', root)

interface Rule {
  alert?: string
  record?: string
  expr: string
  for?: string
  labels?: {severity?: string; priority?: string}
  annotations?: {summary?: string; runbook_url?: string}
}

interface RuleFile {
  name: string
  /** What the comment at the top of the file says. */
  about: string
  rules: Rule[]
}

interface Dashboard {
  link: string
  metrics: Set<string>
}

/** Recording rules by their names, several of which may give one series different labels. */
type Records = ReadonlyMap<string, readonly Rule[]>

/** Returns `docs/OPERATIONS.md`: for each alert what is measured, where it is seen, when it fires and which page answers it. */
export function operationsPage(dashboardFiles: readonly (readonly [path: string, json: string])[]): string {
  const template = readFileSync(new URL('operations.template.md', import.meta.url), 'utf8')
  const files = ruleFiles()
  const records = Map.groupBy(
    files.flatMap(({rules}) => rules).filter(({record}) => record !== undefined),
    ({record}) => record!,
  )
  const dashboards = dashboardFiles.map(([path, json]) => toDashboard(path, json, records))
  return template
    .replace('<!-- alerts -->', () => files.flatMap((file) => chapter(file, records, dashboards)).join('\n'))
    .replace('<!-- dashboards -->', () => dashboardTable(dashboards))
    .replace('<!-- checklists -->', () => pagesTable())
}

function ruleFiles(): RuleFile[] {
  const names = readdirSync(rulesFolder).filter((name) => name.endsWith('.yml'))
  return names.toSorted().map((name) => {
    const text = readFileSync(new URL(name, rulesFolder), 'utf8')
    const [about = ''] = /^(# .*\n)+/.exec(text) ?? []
    const {groups} = parse(text) as {groups: {rules: Rule[]}[]}
    const words = about.replaceAll(/^# /gm, '').replaceAll('\n', ' ').trim()
    return {name: name.replace(/\.yml$/, ''), about: words, rules: groups.flatMap(({rules}) => rules)}
  })
}

function chapter({name, about, rules}: RuleFile, records: Records, dashboards: readonly Dashboard[]): string[] {
  const rows = rules.filter((rule) => rule.alert !== undefined).map((rule) => alertRow(rule, records, dashboards))
  return [`### ${name}`, '', about, '', '| metric | dashboard | alert | runbook |', '| --- | --- | --- | --- |', ...rows, '']
}

function alertRow({alert, expr, labels, annotations, for: time}: Rule, records: Records, dashboards: readonly Dashboard[]): string {
  const metrics = metricsOf(expr, records)
  const seen = dashboards.filter((dashboard) => metrics.some((metric) => dashboard.metrics.has(metric)))
  const cells = [
    metrics.map((metric) => `\`${metric}\``).join('<br>'),
    seen.map(({link}) => link).join('<br>') || 'none',
    `**${alert}** ${labels?.priority} ${labels?.severity}<br>${annotations?.summary}${time === undefined ? '' : `, for ${time}`}`,
    `[${alert}](${annotations?.runbook_url?.replace(/^.*\/(runbooks\/)/, '../$1')})`,
  ]
  return `| ${cells.join(' | ')} |`
}

/** The metrics that an expression reads in the end: a recording rule stands for what it is made of. */
function metricsOf(expression: string, records: Records, seen: readonly string[] = []): string[] {
  const names: string[] = []
  parser.parse(expression).iterate({
    enter: ({name, from, to}) => {
      if (name === 'Identifier') names.push(expression.slice(from, to))
    },
  })
  const metrics = names.flatMap((name) => {
    const inner = records.get(name)
    if (inner === undefined || seen.includes(name)) return [name.replace(/_(bucket|count|sum)$/, '')]
    return inner.flatMap(({expr}) => metricsOf(expr, records, [...seen, name]))
  })
  return [...new Set(metrics)].filter((name) => !records.has(name)).toSorted()
}

function toDashboard(path: string, json: string, records: Records): Dashboard {
  const dashboard = JSON.parse(json) as {title: string}
  // Grafana fills its variables in; any duration lets the expression be read.
  const metrics = expressionsIn(dashboard).flatMap((expression) => metricsOf(expression.replaceAll(/\$\w+/g, '1m'), records))
  const title = dashboard.title.replace(/^sparkone \/ /, '')
  return {link: `[${title}](../${path})`, metrics: new Set(metrics)}
}

/** Every `expr` of a dashboard, however deep its rows are nested. */
function expressionsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === 'expr' && typeof inner === 'string' ? [inner] : expressionsIn(inner)))
}

function dashboardTable(dashboards: readonly Dashboard[]): string {
  const rows = dashboards.map(
    ({link, metrics}) =>
      `| ${link} | ${[...metrics]
        .toSorted()
        .map((metric) => `\`${metric}\``)
        .join(' ')} |`,
  )
  return ['| dashboard | metrics |', '| --- | --- |', ...rows].join('\n')
}

/** The pages that no alert leads to. */
function pagesTable(): string {
  const folder = new URL('runbooks/', root)
  const rows = readdirSync(folder)
    .filter((name) => /^[a-z].*\.md$/.test(name))
    .toSorted()
    .map((name) => `| [${name.replace(/\.md$/, '')}](../runbooks/${name}) | ${titleOf(readFileSync(new URL(name, folder), 'utf8'))} |`)
  return ['| page | what |', '| --- | --- |', ...rows].join('\n')
}

function titleOf(markdown: string): string {
  return (/^# (?:[\w-]+: )?(.*)$/m.exec(markdown)?.[1] ?? '').trim()
}
