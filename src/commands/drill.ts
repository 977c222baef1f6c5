import {BaseCommand, changeFlags, duration, fromFlag, identityFlag, readingWith} from '../base-command.ts'
import {perform} from '../lib/change.ts'
import type {DrillReport} from '../lib/domain/drill.ts'
import type {JobName} from '../lib/domain/job.ts'
import {formatDuration} from '../lib/domain/quantity.ts'
import {exitCodes} from '../lib/errors.ts'
import {changeAnswer, planAnswer, type Answer} from '../lib/output/document.ts'
import {provenMeasurements} from '../lib/output/proof-answer.ts'
import {drillView} from '../lib/output/views/drill.ts'
import {drill, type DrillResult} from '../lib/procedures/drill.ts'

export default class Drill extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Show that recovery works: restore the newest backup elsewhere, work on it, and measure the time.'
  static override description =
    'Takes the newest backup off-site, or the newest on this machine where there is none, restores it into a throw-away server, compares everything, asks the queries and runs the program of drill in the configuration, and holds both times against objectives. The report is kept, and health tells of it; the proof is kept with the backup, as verify does. A backup that is not what was backed up ends with 13, a question that is not answered as expected with 2, a missed objective with 1.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'With the copies on this machine.', command: '<%= config.bin %> <%= command.id %> --from local'},
  ]
  static override flags = {...changeFlags, from: fromFlag, identity: identityFlag}

  /** One with a certain place is a try, and says nothing of how things stand. */
  protected override async job(): Promise<JobName | null> {
    const {flags} = await this.parse(Drill)
    return flags.from === undefined && !flags['dry-run'] ? 'drill' : null
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Drill)
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    const {ports, config} = await this.context(readingWith(flags.identity))
    const {drillInputOf} = await import('../lib/config/drill-input.ts')
    const input = drillInputOf(config)
    const from = flags.from ?? input.from
    const {isPhysical, performPhysicalDrill} = await import('../physical-answers.ts')
    const {plan, result} = isPhysical(config)
      ? await performPhysicalDrill(ports, {...input, from}, options)
      : await perform(drill, {...input, from}, ports, options)
    return result ? this.#answerTo(result) : planAnswer('drill', plan.summary)
  }

  #answerTo(result: DrillResult): Answer {
    const {report, proof, location, remarks} = result
    const {recoveryTimeSeconds, recoveryPointSeconds, objectives} = report
    const time = {label: 'recovery time', value: recoveryTimeSeconds ?? 0, unit: 's' as const, warning: objectives.recoveryTimeSeconds}
    return changeAnswer('drill', {
      human: drillView({report, proof, location, remarks}),
      message: sentence(report),
      exitCode: exitCodeOf(result),
      measurements: [
        ...(recoveryTimeSeconds === null ? [] : [time]),
        {label: 'recovery point', value: recoveryPointSeconds, unit: 's', warning: objectives.recoveryPointSeconds},
        ...(proof.passed ? provenMeasurements(proof) : []),
      ],
      body: {report, proof, location, remarks},
    })
  }
}

function exitCodeOf({report, proof}: DrillResult): number {
  if (!proof.passed) return exitCodes.corrupt
  if (!report.passed) return exitCodes.failed
  return report.met ? 0 : exitCodes.warning
}

function sentence({id, passed, met, failures, recoveryTimeSeconds, recoveryPointSeconds}: DrillReport): string {
  if (!passed) return `the drill with backup ${id} failed: ${failures[0]}`
  const times = `back in ${formatDuration((recoveryTimeSeconds ?? 0) * 1000)}, ${formatDuration(recoveryPointSeconds * 1000)} old`
  return `backup ${id} is ${times}${met ? '' : ', which misses the objectives'}`
}
