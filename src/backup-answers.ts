import type {Context} from './context.ts'
import type {Change, PerformOptions} from './lib/change.ts'
import {dumpAnswer, withHookRemarks} from './lib/output/backup-answer.ts'
import {planAnswer, type Answer} from './lib/output/document.ts'
import {filesBackupAnswer} from './lib/output/files-answer.ts'
import {backupFiles} from './lib/procedures/backup-files.ts'
import {backup, type BackupInput} from './lib/procedures/backup.ts'
import {performWithHooks, type Surroundings} from './lib/procedures/perform-with-hooks.ts'

type Seen = Pick<Context, 'ports' | 'config'>

/** Answers `backup` for a dump of the database that the context is about. */
export function answerDump(context: Seen, input: BackupInput, options: PerformOptions): Promise<Answer> {
  return answerBackup(backup, input, context, options, {kind: 'database', answer: dumpAnswer})
}

/** Answers `backup --files`. */
export async function answerFiles(context: Seen, tags: readonly string[], options: PerformOptions): Promise<Answer> {
  const {healthInputOf} = await import('./lib/config/health-input.ts')
  const input = {tags, health: healthInputOf(context.config, null)}
  return answerBackup(backupFiles, input, context, options, {kind: 'files', answer: filesBackupAnswer})
}

/** Makes a backup with the programs of the operator around it, and answers. Throws what the change throws. */
export async function answerBackup<Input, Facts, Plan extends {summary: readonly string[]}, Result>(
  change: Change<Input, Facts, Plan, Result>,
  input: Input,
  {ports, config}: Seen,
  options: PerformOptions,
  {kind, answer}: {kind: Surroundings<Result>['kind']; answer: (result: Result, swept: readonly string[]) => Answer},
): Promise<Answer> {
  const {hookRulesOf} = await import('./lib/config/hook-rules.ts')
  const surroundings = {
    rules: hookRulesOf(config.backup.hooks),
    kind,
    database: kind === 'database' ? (ports.settings.only ?? config.database.name ?? null) : null,
    describe(made: Result) {
      const {exitCode, body} = answer(made, [])
      return {set: String(body.id), location: typeof body.location === 'string' ? body.location : null, exitCode}
    },
  }
  if (!options.dryRun) (await ports.machine()).stepBack(config.backup.nice)
  const {plan, result, swept, remarks} = await performWithHooks(change, input, ports, options, surroundings)
  return result ? withHookRemarks(answer(result, swept), remarks) : planAnswer('backup', plan.summary)
}
