import {afterAll, beforeAll, describe, expect, it, test} from 'vitest'
import {startApi, type ApiProcess} from '../support/api-process.ts'
import {metricsIn} from '../support/monitoring/exposition.ts'
import {list, readDashboards, readMetrics, readRules, readRuleTests, readYaml} from '../support/monitoring/files.ts'
import {selectorsOf} from '../support/monitoring/promql.ts'
import {allJobMetrics} from '../support/unattended/metrics.ts'

const rules = readRules()
const alerts = rules.flatMap(({alert, ...rule}) => (alert === undefined ? [] : [{alert, ...rule}]))
const alertNames = new Set(alerts.map(({alert}) => alert))
const dashboards = readDashboards()
const metrics = readMetrics()

describe('the alerts', () => {
  it.each(alerts)('$alert says how bad it is, what it is about and where the way out stands', ({alert, labels, annotations}) => {
    expect(labels).toMatchObject({
      severity: expect.stringMatching(/^(critical|warning|info)$/),
      priority: expect.stringMatching(/^P[012]$/),
      subject: expect.stringMatching(/^[a-z-]+$/),
    })
    expect(annotations).toEqual({
      summary: expect.stringMatching(/^[^{}]+[^.{}]$/),
      description: expect.stringMatching(/\.$|\{\{ end \}\}$/),
      runbook_url: `https://github.com/sparkone/sparkone/blob/main/runbooks/${alert}.md`,
    })
  })

  it('have a page each', () => {
    const pages = new Set(list('runbooks', '.md'))
    expect([...alertNames].filter((name) => !pages.has(`runbooks/${name}.md`))).toEqual([])
  })

  it.each([...alertNames])('%s is shown to fire, and not to fire', (name) => {
    const cases = readRuleTests().flatMap(({alert_rule_test = [], promql_expr_test = []}) => [
      ...alert_rule_test.filter(({alertname}) => alertname === name).map(({exp_alerts = []}) => exp_alerts.length > 0),
      ...promql_expr_test.filter(({expr}) => expr.includes(`alertname="${name}"`)).map(({exp_samples = []}) => exp_samples.length > 0),
    ])
    expect(new Set(cases)).toEqual(new Set([true, false]))
  })
})

describe('what the rules and dashboards read', () => {
  const recorded = rules.flatMap(({record}) => record ?? [])
  const known = new Map([
    ...Object.values(metrics).flatMap((ofJob) => Object.entries(ofJob)),
    ...[...recorded, 'up', 'ALERTS'].map((name) => [name, null] as const),
  ])
  const everywhere = new Set(['job', 'instance', 'environment', 'le'])

  const reads = [
    ...rules.map(({alert, record, expr}) => ({where: alert ?? record!, expr})),
    ...dashboards.flatMap(({file, panels}) =>
      panels.flatMap(({title, targets = []}) => targets.map(({expr}) => ({where: `${file}: ${title}`, expr}))),
    ),
  ]

  it.each(reads)('$where is PromQL over metrics that exist', ({expr}) => {
    const selectors = selectorsOf(expr)
    for (const {metric, labels} of selectors) {
      const name = known.has(metric) ? metric : metric.replace(/_(bucket|count|sum)$/, '')
      expect([...known.keys()]).toContain(name)
      // What a recording rule keeps of the labels is the rule's business.
      const own = known.get(name) ?? labels
      expect(labels.filter((label) => !own.includes(label) && !everywhere.has(label))).toEqual([])
    }
  })

  it('leaves no metric of the list unread', () => {
    const read = new Set(reads.flatMap(({expr}) => selectorsOf(expr)).map(({metric}) => metric.replace(/_(bucket|count|sum)$/, '')))
    expect(Object.values(metrics).flatMap((ofJob) => Object.keys(ofJob).filter((name) => !read.has(name)))).toEqual([])
  })
})

test('the metrics of the backups are among those that sparkone writes, with the same labels', () => {
  const written = metricsIn(allJobMetrics())
  for (const [name, labels] of Object.entries(metrics.backup!)) expect([...(written.get(name) ?? [])], name).toEqual(labels)
})

describe('the metrics of the API', () => {
  let api: ApiProcess
  let exposed: Map<string, Set<string>>
  beforeAll(async () => {
    // Nothing listens there: the API serves its metrics without a database, too.
    api = await startApi({DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none'})
    await fetch(`${api.url}/health/live`)
    exposed = metricsIn(await (await fetch(`${api.url}/metrics`)).text())
  })
  afterAll(() => api[Symbol.asyncDispose]())

  it('are those of the list', () => {
    expect(Object.keys(metrics.api!).filter((name) => !exposed.has(name))).toEqual([])
  })

  it('carry the labels of the list', () => {
    const seen = Object.keys(metrics.api!).map((name) => ({name, labels: [...exposed.get(name)!].filter((label) => label !== 'le')}))
    const withSamples = seen.filter(({labels}) => labels.length > 0)
    expect(withSamples.length).toBeGreaterThan(4)
    for (const {name, labels} of withSamples)
      expect({name, labels: labels.toSorted()}).toEqual({name, labels: metrics.api![name]!.toSorted()})
  })
})

describe('the dashboards', () => {
  it.each(dashboards)('$file asks the data source that is provisioned, each query under its own letter', ({panels}) => {
    const {datasources} = readYaml<{datasources: {uid: string}[]}>('ops/grafana/provisioning/datasources/prometheus.yml')
    const asking = panels.filter(({type}) => type !== 'row')
    for (const {datasource, targets} of asking) {
      expect(datasources.map(({uid}) => uid)).toContain(datasource!.uid)
      expect(new Set(targets!.map(({refId}) => refId)).size).toBe(targets!.length)
    }
    expect(new Set(panels.map(({id}) => id)).size).toBe(panels.length)
  })
})

test('Alertmanager holds back and routes only alerts that exist, and its tests name only receivers that exist', () => {
  const {inhibit_rules, receivers} = readYaml<{
    inhibit_rules: {source_matchers: string[]; target_matchers: string[]}[]
    receivers: {name: string}[]
  }>('ops/alertmanager/alertmanager.yml')
  const patterns = inhibit_rules
    .flatMap(({source_matchers, target_matchers}) => [...source_matchers, ...target_matchers])
    .flatMap((matcher) => /^alertname (?:=~?|!=) "?([^"]+)"?$/.exec(matcher)?.[1]?.split('|') ?? [])
  expect(patterns).not.toEqual([])
  for (const pattern of patterns) expect([...alertNames].filter((name) => new RegExp(`^(${pattern})$`).test(name))).not.toEqual([])
  const tested = readYaml<{receiver: string}[]>('ops/alertmanager/tests/routes.yml').map(({receiver}) => receiver)
  expect(new Set(tested)).toEqual(new Set(receivers.map(({name}) => name)))
})
