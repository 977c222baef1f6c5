import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {parse} from 'yaml'

const root = path.resolve(import.meta.dirname, '../../..')

export interface Rule {
  file: string
  expr: string
  alert?: string
  record?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

export interface RuleTest {
  name: string
  alert_rule_test?: {alertname: string; exp_alerts?: unknown[]}[]
  promql_expr_test?: {expr: string; exp_samples?: unknown[]}[]
}

export interface Panel {
  id: number
  title: string
  type: string
  datasource?: {uid: string}
  targets?: {refId: string; expr: string}[]
}

/** Returns the parsed file of the repository. */
export function readYaml<T>(name: string): T {
  return parse(readFileSync(path.join(root, name), 'utf8'), {merge: true}) as T
}

/** Returns every rule of `ops/prometheus/rules`, in order. */
export function readRules(): Rule[] {
  return list('ops/prometheus/rules', '.yml').flatMap((file) =>
    readYaml<{groups: {rules: Omit<Rule, 'file'>[]}[]}>(file).groups.flatMap(({rules}) => rules.map((rule) => ({...rule, file}))),
  )
}

/** Returns every test of `ops/prometheus/tests`. */
export function readRuleTests(): RuleTest[] {
  return list('ops/prometheus/tests', '.test.yml').flatMap((file) => readYaml<{tests: RuleTest[]}>(file).tests)
}

/** Returns the dashboards of Grafana by their file name. */
export function readDashboards(): {file: string; uid: string; panels: Panel[]}[] {
  return list('ops/grafana/dashboards', '.json').map((file) => ({file, ...JSON.parse(readFileSync(path.join(root, file), 'utf8'))}))
}

/** Returns the names of the metrics that may be read, with their own labels, by job. */
export function readMetrics(): Record<string, Record<string, string[]>> {
  return readYaml('ops/prometheus/metrics.yml')
}

/** Returns the paths of the folder's files in the repository. */
export function list(folder: string, end: string): string[] {
  const names = readdirSync(path.join(root, folder)).filter((name) => name.endsWith(end))
  return names.toSorted().map((name) => path.join(folder, name))
}
