import type {HookFacts, HookName} from '../../domain/hooks.ts'
import type {Release, ReleaseOutcome, ReleaseStep} from '../../domain/release.ts'
import type {Performance} from '../../domain/release-rules.ts'
import {messageOf} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {ReleaseStack} from '../../ports/release-stack.ts'
import type {Undertaking} from './carry-out.ts'
import {bringData, isDataInPlace, takeProvenBackup} from './data.ts'
import {passProxyGate} from './gate.ts'
import {runHook} from '../hooks.ts'
import {replaceReplicas} from './replace.ts'
import {readSchema} from './schema.ts'
import {measureBefore, soak, type Soaked} from './soak.ts'

/** A release under way: what the ledger says of it, and what is known meanwhile. */
export class Run {
  release: Release
  soaked: Soaked | null = null
  /** What went wrong and did not make it fail. */
  readonly remarks: string[] = []
  readonly undertaking: Undertaking
  readonly ports: Ports
  #before: Performance = {errors: null, p95Seconds: null}

  constructor(undertaking: Undertaking, ports: Ports) {
    this.undertaking = undertaking
    this.ports = ports
    this.release = undertaking.release
  }

  stack(): Promise<ReleaseStack> {
    return this.ports.releaseStack()
  }

  async note(changes: Partial<Release>): Promise<void> {
    this.release = {...this.release, ...changes}
    await (await this.ports.releases()).save(this.release)
  }

  /** Writes how it ended. Returns what went wrong with that, which must not hide how it ended. */
  async end(outcome: ReleaseOutcome, reason: string | null): Promise<string[]> {
    const endedAt = this.ports.clock.now().toISOString()
    try {
      await this.note({outcome, reason, endedAt, ...(outcome === 'good' && {step: 'after'})})
      return []
    } catch (error) {
      const next = outcome === 'good' ? 'sparkone deploy resume' : 'sparkone deploy resume --back'
      return [`That could not be written to the ledger: ${messageOf(error)} Once it can be: ${next}`]
    }
  }

  async perform(steps: readonly ReleaseStep[]): Promise<void> {
    for (const step of steps) {
      this.ports.signal.throwIfAborted()
      await this.note({step})
      await this.#actions[step]()
    }
  }

  /** Returns what went wrong, if anything: what a hook says at the end changes nothing of it. */
  async tryHook(name: HookName): Promise<string[]> {
    try {
      await runHook(name, this.undertaking.rules.hooks, this.#facts(), this.ports)
      return []
    } catch (error) {
      return [messageOf(error)]
    }
  }

  readonly #actions: Record<ReleaseStep, () => Promise<void>> = {
    backup: () => this.#backUp(),
    before: () => runHook('before', this.undertaking.rules.hooks, this.#facts(), this.ports),
    switch: () => this.#switch(),
    migrate: () => this.#migrate(),
    data: () => this.#bringData(),
    replace: () => this.#replace(),
    gate: () => this.#gate(),
    soak: () => this.#soak(),
    // Done when the release is good already.
    after: async () => {},
  }

  async #backUp(): Promise<void> {
    const {backup, rules} = this.undertaking
    if (!backup) return
    const {id, remarks} = await takeProvenBackup(backup, rules.backupHooks, this.ports)
    this.remarks.push(...remarks)
    await this.note({backup: id})
  }

  async #switch(): Promise<void> {
    this.#before = await measureBefore(this.undertaking.rules, this.ports)
    await (await this.stack()).switchTo(this.release)
  }

  async #migrate(): Promise<void> {
    if (!this.undertaking.migrates) return
    const stack = await this.stack()
    await this.ports.progress.step('Bring the schema up to date', () => stack.migrate())
    await this.#noteSchema()
  }

  async #bringData(): Promise<void> {
    if (this.release.data === null) return
    if (!(await isDataInPlace(this.release, this.ports))) await bringData(this.release.data, this.ports)
    await this.#noteSchema()
  }

  async #noteSchema(): Promise<void> {
    const after = await readSchema(this.undertaking.rules.schema.table, this.ports)
    await this.note({schema: {...this.release.schema, after}})
  }

  async #replace(): Promise<void> {
    const {ports, undertaking, release} = this
    const since = release.restart ? new Date(release.startedAt) : null
    const means = {ports, signal: ports.signal, lenient: false}
    const stack = await this.stack()
    for (const image of release.images) this.remarks.push(...(await replaceReplicas({image, since}, undertaking.rules, stack, means)))
  }

  async #gate(): Promise<void> {
    const {ports, undertaking} = this
    await ports.progress.step('Ask the API behind its proxy', () => passProxyGate(undertaking.rules, ports, ports.signal))
  }

  async #soak(): Promise<void> {
    const {ports, undertaking} = this
    const services = this.release.images.filter(({replicas}) => replicas > 0).map(({service}) => service)
    const watched = {stack: await this.stack(), services}
    const title = `Watch the release for ${undertaking.rules.soak.durationMilliseconds / 1000} s`
    this.soaked = await ports.progress.step(title, () => soak(this.#before, undertaking.rules, watched, ports))
  }

  #facts(): HookFacts {
    const {release, undertaking} = this
    return {release: release.id, version: release.version, previous: undertaking.from.version, outcome: release.outcome}
  }
}
