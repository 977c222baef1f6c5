import {formatDuration} from '../../domain/quantity.ts'
import type {HealthReport} from '../../domain/health.ts'
import type {Proof} from '../../domain/backup-set.ts'
import {theme, type Look} from '../theme.ts'
import {backupView, type BackupReport} from './backup.ts'
import {healthView} from './health.ts'
import type {RestoreReport} from '../../domain/restore-report.ts'
import {restoreView, undoView, type UndoReport} from './restore.ts'
import {verifyView} from './verify.ts'

/** One part of the story, ready to be shown. */
export type DemoScene =
  | {kind: 'heading'; title: string; command: string | null}
  | {kind: 'health'; report: HealthReport}
  | {kind: 'backup'; report: BackupReport}
  | {kind: 'verify'; proof: Proof}
  | {kind: 'accident'; statements: readonly string[]}
  | {kind: 'restore'; report: RestoreReport}
  | {kind: 'compared'; what: string; tables: number}
  | {kind: 'undo'; report: UndoReport}
  | {kind: 'measured'; recoveryTimeSeconds: number; recoveryPointSeconds: number}

/** Returns one scene of the demo: a heading with the command it stands for, or what that command says. */
export function demoView(scene: DemoScene, look: Look): string {
  const paint = theme(look)
  switch (scene.kind) {
    case 'heading':
      return `\n${paint.heading(scene.title)}${scene.command ? paint.dim(`   $ ${scene.command}`) : ''}`
    case 'accident':
      return scene.statements.map((statement) => paint.status('critical', `  ${statement};`)).join('\n')
    case 'compared':
      return `${paint.status('ok', 'Same')}  ${scene.what}: all rows of ${scene.tables} tables have the hash they had.`
    case 'measured':
      return measuredText(scene)
    default:
      return commandView(scene, look)
  }
}

/** The very screens of the commands. */
function commandView(scene: Extract<DemoScene, {kind: 'health' | 'backup' | 'verify' | 'restore' | 'undo'}>, look: Look): string {
  switch (scene.kind) {
    case 'health':
      return healthView(scene.report, look)
    case 'backup':
      return backupView(scene.report)
    case 'verify':
      return verifyView(scene.proof)
    case 'restore':
      return restoreView(scene.report)
    case 'undo':
      return undoView(scene.report)
  }
}

function measuredText({recoveryTimeSeconds, recoveryPointSeconds}: {recoveryTimeSeconds: number; recoveryPointSeconds: number}): string {
  return [
    `  RTO  ${formatDuration(recoveryTimeSeconds * 1000)} from the command until the good data was live`,
    `  RPO  ${formatDuration(recoveryPointSeconds * 1000)} between the backup and the accident`,
  ].join('\n')
}

export interface DemoEnd {
  folder: string
  programs: string
  kept: boolean
  configuration: string
  hasRedis: boolean
}

/** Returns the end of the demo: what is left where, and what to type for a stack of one's own. */
export function demoEndView({folder, programs, kept, configuration, hasRedis}: DemoEnd, look: Look): string {
  const paint = theme(look)
  const left = kept
    ? [
        `The stack is still up in ${folder}. Play with it:`,
        `  sparkone health --config ${configuration}`,
        `  sparkone restore --list --config ${configuration}`,
        `  sparkone demo --stop ${folder}`,
      ]
    : [`The stack is stopped. Left behind: ${folder} (data, backups, logs, journal); remove it when you like.`]
  return [
    '',
    ...left,
    `Programs: ${programs}${hasRedis ? '' : '; without Redis'}.`,
    '',
    paint.heading('For a stack of your own, in the folder of its Compose file'),
    '  sparkone init      writes sparkone.yml out of what it finds',
    '  sparkone health',
    '  sparkone backup && sparkone verify',
  ].join('\n')
}
