import type {OperatorError} from '../../../src/lib/errors.ts'
import type {OffsiteTarget, Ports, Progress, Runtime, ServiceState, Settings} from '../../../src/lib/ports.ts'
import {FakeCertificates} from './certificates.ts'
import {FakeClock} from './clock.ts'
import {FakeConfirmation} from './confirmation.ts'
import {FakeDrillReports, FakePrograms} from './drill.ts'
import {FakeDockerDisk} from './docker.ts'
import {FakeDumpFiles} from './dump-files.ts'
import {FakeEncryption} from './encryption.ts'
import {FakeHttp} from './http.ts'
import {FakeJobMemory} from './job-memory.ts'
import {FakeJournal} from './journal.ts'
import {FakeLocks} from './locks.ts'
import {FakeLogFiles, FakeServiceLogs} from './logs.ts'
import {FakeMachine} from './machine.ts'
import {FakeProjectFiles} from './project-files.ts'
import {FakePhysicalEngine} from './physical.ts'
import {MemoryPostgres} from './postgres.ts'
import {FakeReleaseStack} from './release-stack.ts'
import {FakeReleaseFiles} from './release-files.ts'
import {FakeReleases} from './releases.ts'
import {MemoryStore} from './store.ts'
import {FakeWorkplace} from './workplace.ts'
import {FakePublicFiles, FakeSystemd} from './timers.ts'

/** A project `shop` in production, all in memory: two tables, no backup yet. Its parts are there to be looked at and damaged. */
export class FakePorts implements Ports {
  /** What happened, in order. */
  readonly events: string[] = []
  readonly steps: string[] = []
  settings: Settings = {project: 'shop', environment: 'production', actor: 'operator@server', version: '0.1.0', only: 'shop'}
  readonly abort = new AbortController()
  readonly uninterrupted = async (): Promise<Ports> => ({...this, signal: new AbortController().signal})
  readonly signal = this.abort.signal
  readonly clock = new FakeClock(new Date('2026-11-22T10:00:00Z'), {sleeping: 'skip'})
  readonly confirmation = new FakeConfirmation((event) => this.events.push(event))
  readonly postgres = new MemoryPostgres()
  readonly sets = new MemoryStore()
  /** Stores away from the machine; none unless a test adds some. */
  targets: OffsiteTarget[] = []
  readonly keys = new FakeEncryption()
  readonly files = new FakeDumpFiles()
  readonly project = new FakeProjectFiles()
  readonly network = new FakeHttp()
  readonly tls = new FakeCertificates()
  readonly host = new FakeMachine()
  readonly lockBook = new FakeLocks((event) => this.events.push(event))
  readonly log = new FakeJournal((event) => this.events.push(event))
  databaseName = 'shop'
  containers: ServiceState[] = []
  /** What starting and stopping services fails with. */
  controlFailing: Partial<Record<'start' | 'stop' | 'restart', OperatorError>> = {}
  /** Why the services cannot be reached. */
  unreachable: OperatorError | null = null
  #ids = 0
  #uuids = 0
  readonly jobBook = new FakeJobMemory()
  readonly shared = new FakePublicFiles()
  readonly init = new FakeSystemd()
  /** Exit codes of the jobs that the scheduler starts, by what is typed; 0 for others. */
  readonly jobExits = new Map<string, number>()
  readonly typed: string[] = []
  readonly engine = new FakePhysicalEngine((event) => this.events.push(event))

  constructor() {
    this.postgres.databases.set('shop', {comment: 'the shop', tables: {customers: 3, orders: 5}})
  }

  /** As where several databases are backed up, and one of them is named or none. */
  lookAt(database: string | undefined): void {
    const {only: _only, ...settings} = this.settings
    this.settings = database === undefined ? settings : {...settings, only: database}
    this.databaseName = database ?? 'shop'
  }

  readonly random = {
    shortId: () => (++this.#ids).toString(16).padStart(6, '0'),
    uuid: () => `00000000-0000-4000-8000-${(++this.#uuids).toString(16).padStart(12, '0')}`,
  }

  readonly progress: Progress = {
    step: (title, work) => {
      this.steps.push(title)
      return work(() => {})
    },
  }

  // Bound, as the real ones are: procedures take them apart.
  readonly runtime = async (): Promise<Runtime> => {
    if (this.unreachable) throw this.unreachable
    const {postgres: database, databaseName, events} = this
    return {
      kind: 'host',
      description: 'memory',
      database,
      databaseName,
      services: async (): Promise<ServiceState[]> => this.containers,
      logs: async () => [],
      control: async (service, action) => {
        events.push(`${action} ${service}`)
        const failure = this.controlFailing[action]
        if (failure) throw failure
      },
      redis: async () => 'PONG',
      sweep: async () => {
        events.push('sweep')
        return []
      },
    }
  }

  readonly store = async () => this.sets
  readonly offsite = async () => this.targets
  readonly encryption = async () => this.keys
  readonly locks = async () => this.lockBook
  readonly journal = async () => this.log
  readonly dumpFiles = async () => this.files
  readonly projectFiles = async () => this.project
  readonly http = async () => this.network
  readonly certificates = async () => this.tls
  readonly drillBook = new FakeDrillReports()
  readonly drills = async () => this.drillBook
  readonly ledger = new FakeReleases()
  readonly releases = async () => this.ledger
  readonly fleet = new FakeReleaseStack(
    (event) => this.events.push(event),
    () => this.clock.now(),
  )
  readonly releaseStack = async () => this.fleet
  readonly toolbox = new FakePrograms()
  readonly programs = async () => this.toolbox

  readonly dockerDisk = new FakeDockerDisk((event) => this.events.push(event))
  readonly docker = async () => this.dockerDisk
  readonly checkouts = new FakeReleaseFiles()
  readonly releaseFiles = async () => this.checkouts
  readonly logFolder = new FakeLogFiles((event) => this.events.push(event))
  readonly logFiles = async () => this.logFolder
  readonly serviceLog = new FakeServiceLogs((event) => this.events.push(event))
  readonly serviceLogs = async () => this.serviceLog

  readonly physical = async () => this.engine
  readonly machine = async () => this.host
  readonly place = new FakeWorkplace()
  readonly workplace = async () => this.place
  readonly jobs = async () => this.jobBook
  readonly publicFiles = async () => this.shared
  readonly systemd = async () => this.init
  readonly sparkone = async (words: readonly string[]) => {
    this.typed.push(words.join(' '))
    return this.jobExits.get(words.join(' ')) ?? 0
  }
}
