import type {Config} from '../../config/schema.ts'
import type {PhysicalBackup, PhysicalExpiry, PhysicalInventory, PhysicalType} from '../../domain/physical-backup.ts'
import type {Proof} from '../../domain/backup-set.ts'
import {OperatorError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'
import type {DataFolder, PhysicalEngine, Recovery, RecoveryRequest} from '../../ports/physical.ts'
import {readStanza} from './configuration.ts'
import {LocalDataFolder} from './data-folder.ts'
import {readExpiry, readInfo, readSegments} from './info.ts'
import {PgbackrestProgram} from './program.ts'
import {PhysicalProofs} from './proofs.ts'
import {recover} from './recovery.ts'

export interface EngineOptions {
  config: Config
  state: string
  signal: AbortSignal
  clock: Clock
}

/** pgBackRest, driven by its own configuration, which is never written. */
export class PgbackrestEngine implements PhysicalEngine {
  readonly #options: EngineOptions
  readonly #program: PgbackrestProgram
  readonly #proofs: PhysicalProofs

  private constructor(options: EngineOptions, program: PgbackrestProgram) {
    this.#options = options
    this.#program = program
    this.#proofs = new PhysicalProofs(options.state, ownerOf(options.config), program.settings.stanza)
  }

  static async open(options: EngineOptions): Promise<PgbackrestEngine> {
    assertUsable(options.config)
    const {stanza, config, command, repository} = options.config.backup.pgbackrest
    const settings = await readStanza(config, stanza)
    return new PgbackrestEngine(options, await PgbackrestProgram.open({command, settings, repository, signal: options.signal}))
  }

  async describe(): Promise<string> {
    const version = await this.#program.run(['version'], 'Asking pgBackRest for its version')
    return `${version.trim()}, stanza ${this.#program.settings.stanza}`
  }

  async inventory(): Promise<PhysicalInventory> {
    const {repository} = this.#options.config.backup.pgbackrest
    const {stanza} = this.#program.settings
    const info = readInfo(await this.#program.run(['info', '--output=json'], 'Listing the backups'), stanza, repository)
    const proofs = await this.#proofs.all()
    const backups = info.backups.map((backup) => ({...backup, proof: proofs.get(backup.label) ?? null}))
    return {
      backups: backups.toSorted((one, other) => one.finishedAt.getTime() - other.finishedAt.getTime()),
      segments: info.archiveId === null ? [] : await this.#segments(`archive/${stanza}/${info.archiveId}`),
    }
  }

  async check(): Promise<void> {
    await this.#program.run(['check'], 'Trying to archive')
  }

  async backup(type: PhysicalType, report: (detail: string) => void): Promise<void> {
    await this.#program.follow(['backup', `--type=${type}`], `The ${type} backup`, (line) => {
      const [, share] = /, (\d+(?:\.\d+)?%)/.exec(line) ?? []
      if (share !== undefined) report(share)
    })
  }

  async expiry(): Promise<PhysicalExpiry> {
    const words = ['expire', '--dry-run', '--log-level-console=info', '--log-level-stderr=off', '--log-level-file=off']
    return readExpiry(
      await this.#program.run(words, 'Asking what would be removed'),
      this.#options.config.backup.pgbackrest.repository ?? 1,
    )
  }

  async expire(): Promise<void> {
    await this.#program.run(['expire'], 'Removing backups')
  }

  saveProof(_backup: PhysicalBackup, proof: Proof): Promise<void> {
    return this.#proofs.save(proof)
  }

  recover(request: RecoveryRequest, report: (detail: string) => void): Promise<Recovery> {
    const {config, state, signal, clock} = this.#options
    return recover(
      {program: this.#program, owner: ownerOf(config), state, programs: config.database.programs, signal, clock},
      request,
      report,
    )
  }

  async dataFolder(): Promise<DataFolder> {
    const {dataFolder: path} = this.#program.settings
    if (path === null) {
      throw new OperatorError('notFound', 'The configuration of pgBackRest does not say where the data of the server lies.', {
        hint: 'Set pg1-path in its stanza.',
      })
    }
    const {config, clock} = this.#options
    const {stop, start} = config.backup.pgbackrest
    return new LocalDataFolder({path, commands: stop && start ? {stop, start} : null, programs: config.database.programs, clock})
  }

  async #segments(folder: string) {
    return readSegments(await this.#program.run(['repo-ls', '--recurse', '--output=json', folder], 'Listing the archive'))
  }
}

function assertUsable({runtime, backup}: Config): void {
  if (backup.engine !== 'pgbackrest') {
    throw new OperatorError('incompatible', 'Times can be recovered to only where pgBackRest backs up the server.', {
      hint: 'Set backup.engine to pgbackrest; docs/pitr.md says what that takes.',
    })
  }
  if (runtime === 'host') return
  throw new OperatorError(
    'incompatible',
    `pgBackRest needs the data folder of the server, which the ${runtime} runtime does not lead to.`,
    {
      hint: 'Set runtime to host where pgBackRest and the server are (docs/pitr.md), or backup.engine to pg_dump.',
    },
  )
}

function ownerOf({project, environment}: Config): string {
  return `${project}-${environment}`
}
