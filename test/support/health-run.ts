import type {BackupSet} from '../../src/lib/domain/backup-set.ts'
import type {Finding} from '../../src/lib/domain/finding.ts'
import {defaultThresholds, type HealthInput} from '../../src/lib/domain/health.ts'
import type {OperatorError} from '../../src/lib/errors.ts'
import type {OffsiteTarget, Ports, Runtime} from '../../src/lib/ports.ts'
import {health} from '../../src/lib/procedures/health.ts'
import {backupSet} from './backup-sets.ts'
import {FakeClock} from './fakes/clock.ts'
import {FakeDrillReports} from './fakes/drill.ts'
import {FakeHttp} from './fakes/http.ts'
import {FakeMachine} from './fakes/machine.ts'
import {FakeJobMemory} from './fakes/job-memory.ts'
import {FakePublicFiles} from './fakes/timers.ts'
import {WatchedStack} from './fakes/watched-stack.ts'

const hour = 3_600_000

/** A stack that is well in every respect, to be damaged by a test, and the run of `health` over it. */
export class HealthRun {
  readonly clock = new FakeClock()
  readonly http = new FakeHttp()
  readonly machine = new FakeMachine()
  readonly stack = new WatchedStack()
  readonly jobs = new FakeJobMemory()
  readonly files = new FakePublicFiles()
  readonly drills = new FakeDrillReports()
  readonly abort = new AbortController()
  /** Stores away from the machine; none unless a test adds some. */
  targets: OffsiteTarget[] = []
  runtimeFailure: OperatorError | null = null
  backups: BackupSet[] | OperatorError = [backupSet({startedAt: this.hoursAgo(8)})]
  input: HealthInput = {
    api: {url: 'http://localhost:8000', endpoints: ['/health']},
    services: {api: 'api', database: 'postgres', redis: 'redis'},
    prometheusUrl: null,
    redisExpected: true,
    folders: ['/'],
    timeoutMilliseconds: 5000,
    backupMaxAgeMilliseconds: 26 * hour,
    thresholds: defaultThresholds,
    drill: {maxAgeMilliseconds: 35 * 86_400_000, expected: false},
    schedules: [],
  }

  constructor() {
    this.http.answer('http://localhost:8000/health', {body: '{"status":"ok"}'})
  }

  hoursAgo(hours: number): Date {
    return new Date(this.clock.now().getTime() - hours * hour)
  }

  async findings(): Promise<Finding[]> {
    return health.judge(await health.gather(this.input, this.ports()), this.input)
  }

  /** The findings whose subject is given, or begins with it. */
  async about(subject: string): Promise<Finding[]> {
    return (await this.findings()).filter((finding) => finding.subject === subject || finding.subject.startsWith(`${subject} `))
  }

  ports(): Ports {
    return {
      clock: this.clock,
      signal: this.abort.signal,
      settings: {project: 'shop', environment: 'production', actor: 'tester@host', version: '0.1.0'},
      runtime: async () => this.#runtime(),
      store: async () => ({list: async () => given(this.backups)}),
      offsite: async () => this.targets,
      http: async () => this.http,
      machine: async () => this.machine,
      jobs: async () => this.jobs,
      drills: async () => this.drills,
      publicFiles: async () => this.files,
    } as unknown as Ports
  }

  #runtime(): Runtime {
    if (this.runtimeFailure) throw this.runtimeFailure
    return this.stack
  }
}

function given<Value>(value: Value | OperatorError): Value {
  if (value instanceof Error) throw value
  return value
}
