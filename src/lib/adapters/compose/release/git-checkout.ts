import {mkdtemp, realpath, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, relative} from 'node:path'
import {messageOf, OperatorError} from '../../../errors.ts'
import {ProgramFailure} from '../../process/executor.ts'
import {LocalExecutor} from '../../process/local.ts'

const shownCommits = 20

/** Setting of the repository: the branch that was checked out before releases were. */
const followed = 'sparkone.follow'

/** What a run that died leaves can be told by it. */
export const checkoutPrefix = 'sparkone-commit-'

/** The git repository that the Compose files lie in. */
export class GitCheckout {
  readonly #folder: string
  readonly #limitMilliseconds: number
  readonly #signal: AbortSignal
  readonly #executor: LocalExecutor

  constructor(folder: string, limitMilliseconds: number, signal: AbortSignal) {
    this.#folder = folder
    this.#limitMilliseconds = limitMilliseconds
    this.#signal = signal
    this.#executor = new LocalExecutor({workingFolder: folder})
  }

  /** Returns the commit that is checked out. Throws `usage` outside a repository. */
  head(): Promise<string> {
    return this.#git(['rev-parse', '--verify', 'HEAD'])
  }

  /** Fetches, and returns the commit that `reference` names there, or the newest of the branch. Throws `notFound`, `refused` with changes that a checkout would meet, `unreachable`, `timeout`. */
  async fetch(reference: string | undefined): Promise<{commit: string; name: string}> {
    await this.#assertClean()
    await this.#fetch('--force')
    // What is there counts, and not a branch of that name that was left behind here.
    const names = reference === undefined ? await this.#followed() : [`origin/${reference}`, reference]
    for (const name of names) {
      const commit = await this.#resolve(name)
      if (commit !== null) return {commit, name: reference ?? name}
    }
    throw new OperatorError(
      'notFound',
      reference === undefined ? 'No branch is followed, so nothing is the newest.' : `There is no commit, tag or branch ${reference}.`,
      {
        hint: 'Name a commit, tag or branch: sparkone deploy REF. git tag --list shows tags.',
      },
    )
  }

  /** Returns a line for each commit that is in `commit` and not in what is checked out, newest first, at most 20. */
  async commitsSince(commit: string): Promise<string[]> {
    const text = await this.#git(['log', '--oneline', '--no-decorate', `--max-count=${shownCommits}`, `HEAD..${commit}`])
    return text.split('\n').filter(Boolean)
  }

  /** Checks out a commit. Throws `refused` with changes that would be met. */
  async checkOut(commit: string): Promise<void> {
    if ((await this.head()) === commit) return
    await this.#assertClean()
    if ((await this.#resolve(commit)) === null) await this.#fetch()
    const branch = await this.#upstream()
    if (branch !== null) await this.#git(['config', '--local', followed, branch])
    await this.#git(['checkout', '--quiet', '--detach', commit])
  }

  /** Lends a folder that has the files of a commit where ours has its own, and removes it again. */
  async workIn(commit: string, work: (folder: string) => Promise<unknown>): Promise<void> {
    const root = await this.#git(['rev-parse', '--show-toplevel'])
    const scratch = await mkdtemp(join(tmpdir(), checkoutPrefix))
    const tree = join(scratch, 'tree')
    try {
      await this.#git(['worktree', 'add', '--quiet', '--detach', tree, commit])
      await work(join(tree, relative(root, await realpath(this.#folder))))
    } finally {
      await rm(scratch, {recursive: true, force: true})
      await this.#executor.run(['git', 'worktree', 'prune'])
    }
  }

  /** A remote that took the connection and says nothing more would hold the release, and its lock, for ever. */
  async #fetch(...words: readonly string[]): Promise<void> {
    const late = AbortSignal.timeout(this.#limitMilliseconds)
    try {
      await this.#git(['fetch', '--quiet', '--tags', ...words, 'origin'], AbortSignal.any([this.#signal, late]))
    } catch (error) {
      if (this.#signal.aborted) throw error
      const hint = 'git fetch origin'
      if (late.aborted) {
        const message = `Fetching from the repository takes longer than ${this.#limitMilliseconds / 1000} s.`
        throw new OperatorError('timeout', message, {hint: `${hint}; deploy.fetchLimit allows it longer.`, cause: error})
      }
      // The address of the origin may have a password in it.
      const details = [messageOf(error).replaceAll(/:\/\/[^/\s@]+@/g, '://')]
      throw new OperatorError('unreachable', 'The repository cannot be fetched from.', {details, hint})
    }
  }

  /** With the first release no branch is checked out any more, and the default branch need not be the one that was. */
  async #followed(): Promise<string[]> {
    const branch = (await this.#upstream()) ?? (await this.#ask(['config', '--local', '--get', followed]))
    return [...(branch === null ? [] : [branch]), 'origin/HEAD']
  }

  #upstream(): Promise<string | null> {
    return this.#ask(['rev-parse', '--abbrev-ref', '--symbolic-full-name', '@{upstream}'])
  }

  async #assertClean(): Promise<void> {
    const changed = await this.#git(['status', '--porcelain', '--untracked-files=no'])
    if (changed === '') return
    throw new OperatorError('refused', 'Files of the repository were changed here, and a checkout would lose or keep that by chance.', {
      details: changed.split('\n').slice(0, 10),
      hint: 'Commit the changes where they belong, or put them away: git stash.',
    })
  }

  #resolve(name: string): Promise<string | null> {
    return this.#ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`])
  }

  /** Returns what git says; null where it says that there is no such thing. */
  async #ask(words: readonly string[]): Promise<string | null> {
    try {
      return await this.#git(words)
    } catch (error) {
      if (this.#signal.aborted) throw error
      return null
    }
  }

  async #git(words: readonly string[], signal = this.#signal): Promise<string> {
    try {
      // Asked for a password, git would wait for ever.
      return (await this.#executor.run(['git', ...words], {signal, environment: {GIT_TERMINAL_PROMPT: '0'}})).trim()
    } catch (error) {
      if (!(error instanceof ProgramFailure)) throw error
      if (error.missing) throw new OperatorError('usage', 'git is not installed.', {hint: 'apt-get install git', cause: error})
      if (/not a git repository/.test(error.stderr)) {
        throw new OperatorError('usage', `${this.#folder} is in no git repository.`, {hint: 'Set deploy.source: images.', cause: error})
      }
      throw new OperatorError('failed', `git ${words[0]} failed: ${error.stderr.trim().split('\n').at(-1) || error.message}`, {
        cause: error,
      })
    }
  }
}
