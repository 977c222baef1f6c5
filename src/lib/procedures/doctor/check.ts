import type {Finding, Status} from '../../domain/finding.ts'
import type {JobName} from '../../domain/job.ts'
import type {Ports} from '../../ports.ts'
import {observe} from '../health/observe.ts'

export interface DoctorInput {
  timeoutMilliseconds: number
  /** Backups are those of an engine for whole servers, and not dumps. */
  isPhysical: boolean
  /** The services are containers of Compose. */
  isCompose: boolean
  /** Where sparkone keeps what it remembers, and its backups. */
  folders: {state: string; backups: string}
  /** The configuration, if there is a file of it, and files with secrets beside it. */
  files: {configuration: string | null; secrets: readonly string[]}
  /** What Traefik keeps its certificates in. */
  acme: string | null
  /** Jobs that have a schedule. */
  jobs: readonly JobName[]
  /** Age beyond which the newest proven backup is too old. */
  backupMaxAgeMilliseconds: number
  /** Names of the hosts that copies go to, by target; null: that of AWS. */
  targets: readonly {name: string; host: string | null}[]
  /** Programs that the configuration names, by setting. */
  programs: readonly {setting: string; program: string}[]
  /** Somebody is told of jobs that fail: Slack, a webhook, a heartbeat. */
  isAlarmed: boolean
}

/** One thing that sparkone can be kept from its work by. */
export interface DoctorCheck {
  name: string
  /** What it asks, as a question. */
  about: string
  applies(input: DoctorInput): boolean
  look(input: DoctorInput, ports: Ports): Promise<Finding[]>
}

/** A finding whose subject is the name of the check, unless it says otherwise. */
export type Verdict = Omit<Finding, 'subject'> & {subject?: string}

interface Parts<Facts> {
  name: string
  about: string
  applies?: (input: DoctorInput) => boolean
  /** Where it takes longer than the limit of each probe. */
  leastMilliseconds?: number
  /** What it means that nothing could be seen. */
  unseen?: Status
  /** What to do then, where the failure says nothing. */
  hint?: string
  gather(input: DoctorInput, ports: Ports, signal: AbortSignal): Promise<Facts>
  /** Pure. */
  judge(facts: Facts, input: DoctorInput): Verdict | readonly Verdict[]
}

/** Returns a check of what is gathered within a limit and then judged. */
export function doctorCheck<Facts>(parts: Parts<Facts>): DoctorCheck {
  const {name, about, applies = () => true, leastMilliseconds = 0, unseen = 'unknown', hint: usualHint, gather, judge} = parts
  return {
    name,
    about,
    applies,
    async look(input, ports) {
      const limit = Math.max(input.timeoutMilliseconds, leastMilliseconds)
      const observed = await observe(ports, limit, (signal) => gather(input, ports, signal))
      if (observed.seen) return [judge(observed.value, input)].flat().map((verdict) => ({...verdict, subject: verdict.subject ?? name}))
      const {message, hint = usualHint} = observed
      return [{subject: name, status: unseen, message: `not known: ${message}`, ...(hint === undefined ? {} : {hint})}]
    },
  }
}
