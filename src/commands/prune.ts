import {Flags} from '@oclif/core'
import {BaseCommand, changeFlags, duration} from '../base-command.ts'
import {perform} from '../lib/change.ts'
import type {JobName} from '../lib/domain/job.ts'
import {count, formatBytes, parsePercent} from '../lib/domain/quantity.ts'
import {exitCodes, OperatorError} from '../lib/errors.ts'
import {changeAnswer, planAnswer, type Answer} from '../lib/output/document.ts'
import {pruneView, type PruneReport} from '../lib/output/views/prune.ts'
import {bytesOf, prune, type PruneInput, type PrunePlan, type PruneResult} from '../lib/procedures/prune.ts'

export default class Prune extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Remove what Docker and restores have left behind and nothing uses; never a volume.'
  static override description =
    'Images, stopped containers, networks, build cache, files of deployments that died, and databases that restores put aside: each is shown with its size and the reason why it goes or stays, and exactly what was shown is removed. What has come into use since is left. Whatever runs stays, and so do the images of every container, of the last releases (prune.keepReleases), of the Compose files and of prune.keep, and all that is younger than prune.minAge. Volumes are only reported.'
  static override examples = [
    {description: 'See what would go and what would stay, and why.', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'Remove what an earlier dry run showed, and nothing else.',
      command: '<%= config.bin %> <%= command.id %> --yes --plan 20261122T095645Z-0f3c5a7be1d29846',
    },
    {description: 'From cron, only when the disk gets full.', command: '<%= config.bin %> <%= command.id %> --yes --when-below 20% --cron'},
  ]

  static override flags = {
    ...changeFlags,
    'when-below': Flags.string({
      summary: "Do nothing unless less than this part of the disk of Docker, or of sparkone's own folders, is free.",
      helpValue: 'PERCENT',
    }),
    plan: Flags.string({
      summary: 'Only what the dry run of this name showed; refused with 4 when anything of it has changed since.',
      helpValue: 'NAME',
    }),
  }

  protected override async job(): Promise<JobName | null> {
    const {flags} = await this.parse(Prune)
    return flags['dry-run'] ? null : 'prune'
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Prune)
    const below = flags['when-below']
    const whenBelow = below === undefined ? null : percentOf(below)
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    const {plan, result, swept} = await perform(
      prune,
      {...(await this.#input(whenBelow)), ...shownBy(flags.plan)},
      await this.ports(),
      options,
    )
    const report = reportOf(plan, result)
    if (!result) {
      const planned = planAnswer('prune', plan.summary)
      return {...planned, human: `${pruneView(report, this.mode)}\n${howToApply(plan)}`, body: {...planned.body, ...report}}
    }
    return changeAnswer('prune', {
      human: [...swept.map((line) => `Cleaned up: ${line}`), pruneView(report, this.mode)].join('\n'),
      message: messageOf(plan, result),
      exitCode: result.failed.length > 0 ? exitCodes.warning : 0,
      measurements: [
        {label: 'removed', value: result.removed.length},
        {label: 'left', value: result.left.length},
        {label: 'failed', value: result.failed.length},
        {label: 'removed_bytes', value: bytesOf(result.removed), unit: 'B'},
      ],
      body: {...report, removedBytes: bytesOf(result.removed), swept},
    })
  }

  async #input(whenBelow: number | null): Promise<PruneInput> {
    const {config} = await this.context()
    const [{pruneRulesOf}, {ownFolders}] = await Promise.all([import('../lib/config/prune-input.ts'), import('../context.ts')])
    return {...(await pruneRulesOf(config, process.env)), whenBelow, folders: ownFolders(config)}
  }
}

/** An empty name, as of a variable that is not set, is one that is wrong, and not as if none was given. */
function shownBy(plan: string | undefined): {shown?: string} {
  return plan === undefined ? {} : {shown: plan}
}

/** Throws `usage` unless the text is a part of a disk. */
function percentOf(text: string): number {
  const percent = parsePercent(text)
  if (percent !== null && percent <= 100) return percent
  throw new OperatorError('usage', `--when-below ${text} is no part of a disk.`, {hint: 'Write for example 20%.'})
}

/** Returns what a dry run ends with. */
function howToApply({id, items}: PrunePlan): string {
  return `Nothing was changed.${id === null || items.length === 0 ? '' : ` To remove exactly this: sparkone prune --plan ${id}`}`
}

function messageOf({isEnough, notes}: PrunePlan, {removed, left, failed}: PruneResult): string {
  if (isEnough) return 'there is room enough, nothing to do'
  const parts = [
    ...failed.map(({item, reason}) => `${item.kind} ${item.name} could not be removed: ${reason}`),
    removed.length === 0 && left.length === 0 && failed.length === 0
      ? 'nothing to remove'
      : `${count(removed.length, 'item')} removed (${formatBytes(bytesOf(removed))})`,
    ...(left.length > 0 ? [`${left.length} left, having changed since the plan was made`] : []),
    ...notes,
  ]
  return parts.join('; ')
}

function reportOf(plan: PrunePlan, result: PruneResult | null): PruneReport {
  const removed = new Set(result?.removed)
  const left = new Map(result?.left.map(({item, reason}) => [item, reason]))
  const failed = new Map(result?.failed.map(({item, reason}) => [item, reason]))
  const outcomeOf = (item: PrunePlan['items'][number]) =>
    removed.has(item) ? 'removed' : left.has(item) ? 'left' : failed.has(item) ? 'failed' : 'planned'
  return {
    planId: plan.id,
    enoughRoom: plan.isEnough,
    disks: plan.before.map(({path, totalBytes, freeBytes}) => ({
      path,
      totalBytes,
      freeBytes,
      freeBytesAfter: result?.after.find((disk) => disk.path === path)?.freeBytes ?? null,
    })),
    items: plan.items.map((item) => {
      const {state: _state, ...shown} = item
      return {...shown, outcome: outcomeOf(item), explanation: left.get(item) ?? failed.get(item) ?? null}
    }),
    kept: plan.kept,
    volumes: plan.volumes,
    notes: plan.notes,
  }
}
