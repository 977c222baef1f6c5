import {graph, stat, type Board} from './kit.ts'

const day = 86_400
const age = (what: string) => `time() - max by (project, environment) (sparkone_backup_last_${what}_timestamp_seconds)`

const now = [
  stat({
    title: 'Newest backup',
    expression: age('success'),
    legend: '{{environment}}',
    unit: 's',
    limits: {warning: day, critical: 26 * 3600},
    width: 6,
  }),
  stat({
    title: 'Newest proof',
    expression: age('proof'),
    legend: '{{environment}}',
    unit: 's',
    limits: {warning: day, critical: 26 * 3600},
    width: 6,
  }),
  stat({
    title: 'Newest off-site copy',
    expression: age('offsite'),
    legend: '{{environment}}',
    unit: 's',
    limits: {warning: day, critical: 26 * 3600},
    width: 6,
  }),
  stat({
    title: 'Last proof',
    description: '1 passed, 0 failed.',
    expression: 'min by (project, environment) (sparkone_backup_last_proof_passed)',
    legend: '{{environment}}',
    unit: 'short',
    limits: {critical: 1, below: true},
    width: 6,
  }),
]

const history = [
  graph({
    title: 'How long backups take',
    unit: 's',
    series: {
      '{{project}} {{environment}}': 'sparkone_backup_duration_seconds',
      'median of 14 days': 'quantile_over_time(0.5, sparkone_backup_duration_seconds[14d])',
    },
  }),
  graph({title: 'How large they are', unit: 'bytes', series: {'{{project}} {{environment}}': 'sparkone_backup_bytes'}}),
  graph({
    title: 'What a disaster would have cost',
    description:
      'Recovery point: what was at stake when the newest backup was finished. Recovery time: how long its proof took to restore it.',
    unit: 's',
    series: {'recovery point': 'sparkone_backup_rpo_seconds', 'recovery time': 'sparkone_backup_rto_seconds'},
  }),
  graph({
    title: 'Age of the newest backup, proof and copy',
    description: 'A saw: each backup brings it down to zero. The highest point is the data that a disaster would have cost.',
    unit: 's',
    series: {backup: age('success'), proof: age('proof'), copy: age('offsite')},
    limits: {critical: 26 * 3600},
    width: 24,
  }),
]

export const backups: Board = {
  name: 'backups',
  title: 'Backups',
  description: 'Could we restore? The age of the newest backup, of its proof and of its copy elsewhere.',
  rows: {Now: now, History: history},
}
