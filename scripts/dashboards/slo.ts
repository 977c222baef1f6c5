import {graph, stat, type Board} from './kit.ts'

const objectives = {uptime: '99.5 % of the time', errors: '99.5 % of requests do not fail', latency: '95 % of answers within 500 ms'}

const left = Object.entries(objectives).map(([slo, meaning]) =>
  stat({
    title: `Budget left: ${slo}`,
    description: `Over 30 days, of: ${meaning}.`,
    expression: `slo:budget_left:30d{slo="${slo}"}`,
    unit: 'percentunit',
    limits: {warning: 0.5, critical: 0.1, below: true},
    width: 8,
  }),
)

const signals = [
  stat({
    title: 'Traffic',
    description: 'The stack is meant for 100 requests a second.',
    expression: 'api:requests:rate5m',
    unit: 'reqps',
    width: 6,
  }),
  stat({
    title: 'Errors',
    expression: 'api:errors:rate5m / api:requests:rate5m',
    unit: 'percentunit',
    limits: {critical: 0.005},
    width: 6,
  }),
  stat({title: 'Latency, p95', expression: 'api:latency_p95_seconds:5m', unit: 's', limits: {critical: 0.5}, width: 6}),
  stat({
    title: 'Saturation',
    description: 'The fuller of processors and memory.',
    expression: '(max(instance:cpu_used:ratio) > max(instance:memory_used:ratio)) or max(instance:memory_used:ratio)',
    unit: 'percentunit',
    limits: {warning: 0.7, critical: 0.9},
    width: 6,
  }),
]

const windows = {'1h (pages at 14.4)': '1h', '6h (pages at 6)': '6h', '1d (warns at 3)': '1d', '3d (warns at 1)': '3d'}

const burn = Object.keys(objectives).map((slo) =>
  graph({
    title: `Burn rate: ${slo}`,
    description: 'How many times faster than sustainable the budget is used up: at 1 it lasts exactly 30 days, at 14.4 50 hours.',
    unit: 'short',
    series: Object.fromEntries(Object.entries(windows).map(([legend, window]) => [legend, `slo:burn_rate:${window}{slo="${slo}"}`])),
    limits: {warning: 1, critical: 14.4},
    width: 8,
  }),
)

export const slo: Board = {
  name: 'slo',
  title: 'Objectives',
  description: 'How much of the error budgets is left, and how fast it is being used up.',
  rows: {
    'Error budgets': left,
    'Golden signals': signals,
    'Burn rates': burn,
    'Budget over time': [
      graph({title: 'Budget left', unit: 'percentunit', series: {'{{slo}}': 'slo:budget_left:30d'}, maximum: 1, width: 24}),
    ],
  },
}
