import {chmod, mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {execa, ExecaError} from 'execa'
import {abortError, OperatorError} from '../../errors.ts'
import {findDebianArchive, type DebianArchive} from './debian-archive.ts'

export interface DebianPackages {
  /** The folder that holds the unpacked packages, made by this call. */
  root: string
  packages: readonly string[]
  /** Packages to leave out although others depend on them: whole names, or a beginning followed by `*`. */
  exclude?: readonly string[]
  /** `false` takes the named packages alone. */
  dependencies?: boolean
  /** Works on the unpacked `folder` before it becomes `root`. */
  prepare?: (folder: string, root: string) => Promise<void>
  signal?: AbortSignal
  report?: (detail: string) => void
}

interface Workplace {
  apt: string
  downloads: string
  tree: string
  environment: NodeJS.ProcessEnv
}

/** Every tree is taken from this release, whatever the machine runs, so that all machines get the same versions. */
const suite = 'trixie'
const stampName = '.sparkone-packages.json'
const stampFormat = 1

/**
 * Unpacks packages of Debian 13 and what they depend on under `root`, with no root rights and nothing installed on the machine.
 * Returns at once when that is already done. Throws `usage` without a Debian archive, `unreachable` when it does not answer, `noSpace`.
 */
export async function installDebianPackages(wanted: DebianPackages): Promise<void> {
  if (await isInstalled(wanted)) return
  const parent = path.dirname(wanted.root)
  // A server may run as another user than the one that unpacks it, whatever that one's umask is.
  if (await mkdir(parent, {recursive: true})) await chmod(parent, 0o755)
  await removeDebris(wanted.root)
  const folder = `${wanted.root}.partial-${process.pid}`
  try {
    await build(wanted, folder)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

function description({root, packages, exclude, dependencies}: DebianPackages) {
  return {format: stampFormat, root, suite, packages, exclude: exclude ?? [], dependencies: dependencies ?? true}
}

async function isInstalled(wanted: DebianPackages): Promise<boolean> {
  try {
    const {files: _files, ...stamp} = JSON.parse(await readFile(path.join(wanted.root, stampName), 'utf8'))
    return JSON.stringify(stamp) === JSON.stringify(description(wanted))
  } catch {
    // No stamp, or one that cannot be read, means that the folder was not finished.
    return false
  }
}

async function removeDebris(root: string): Promise<void> {
  const folder = path.dirname(root)
  for (const name of await readdir(folder)) {
    const processId = /\.(?:partial|replaced)-(\d+)$/.exec(name)?.[1]
    const isOurs = name.startsWith(`${path.basename(root)}.`) && processId !== undefined
    if (isOurs && !isAlive(Number(processId))) await rm(path.join(folder, name), {recursive: true, force: true})
  }
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function build(wanted: DebianPackages, folder: string): Promise<void> {
  const workplace = await prepareWorkplace(folder, await findDebianArchive())
  const report = wanted.report ?? (() => {})
  report('reading the package lists')
  await runApt(workplace, ['update'], wanted.signal)
  const names = wanted.dependencies === false ? wanted.packages : await closure(wanted, workplace)
  report(`downloading ${names.length} packages`)
  await runApt(workplace, ['download', ...names], wanted.signal)
  report(`unpacking ${names.length} packages`)
  const files = (await readdir(workplace.downloads)).toSorted()
  for (const file of files) await run(['dpkg-deb', '-x', path.join(workplace.downloads, file), workplace.tree], workplace, wanted.signal)
  await wanted.prepare?.(workplace.tree, wanted.root)
  await writeFile(path.join(workplace.tree, stampName), JSON.stringify({...description(wanted), files}, null, 2))
  await chmod(workplace.tree, 0o755)
  await publish(wanted, workplace.tree)
}

async function prepareWorkplace(folder: string, archive: DebianArchive): Promise<Workplace> {
  const place = {apt: path.join(folder, 'apt'), downloads: path.join(folder, 'downloads'), tree: path.join(folder, 'tree')}
  for (const each of [path.join(place.apt, 'lists', 'partial'), path.join(place.apt, 'archives', 'partial'), place.downloads, place.tree]) {
    await mkdir(each, {recursive: true, mode: 0o755})
  }
  // With an empty status file apt believes that nothing is installed, and so names every dependency.
  await writeFile(path.join(place.apt, 'status'), '')
  const options = ['target=Packages', ...(archive.keyrings.length > 0 ? [`signed-by=${archive.keyrings.join(',')}`] : [])]
  await writeFile(path.join(place.apt, 'sources.list'), `deb [${options.join(' ')}] ${archive.uri} ${suite} main\n`)
  return {...place, environment: {LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive'}}
}

async function closure({packages, exclude = [], signal}: DebianPackages, workplace: Workplace): Promise<string[]> {
  const listing = await runApt(workplace, ['install', '--no-install-recommends', '--print-uris', '--yes', ...packages], signal)
  const names = [...listing.matchAll(/^'\S+' ([^_\s]+)_\S+\.deb /gm)].map((match) => match[1]!)
  const isExcluded = (name: string) =>
    exclude.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern))
  return names.filter((name) => !isExcluded(name))
}

async function runApt(workplace: Workplace, words: readonly string[], signal?: AbortSignal): Promise<string> {
  const {apt} = workplace
  const settings = [
    `Dir::State=${apt}`,
    `Dir::State::lists=${apt}/lists`,
    `Dir::State::status=${apt}/status`,
    `Dir::Cache=${apt}`,
    `Dir::Cache::archives=${apt}/archives`,
    `Dir::Etc::sourcelist=${apt}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferences=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    'Debug::NoLocking=1',
    'APT::Sandbox::User=root',
    'APT::Update::Error-Mode=any',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
  ]
  return run(['apt-get', ...settings.flatMap((setting) => ['-o', setting]), ...words], workplace, signal)
}

async function run(argv: readonly string[], {downloads, environment}: Workplace, signal?: AbortSignal): Promise<string> {
  const [program, ...words] = argv
  try {
    const options = {cwd: downloads, env: environment, stdin: 'ignore', ...(signal ? {cancelSignal: signal} : {})} as const
    return (await execa(program!, words, options)).stdout
  } catch (error) {
    if (signal?.aborted) throw abortError(signal)
    throw error instanceof ExecaError ? failure(program!, error) : error
  }
}

function failure(program: string, error: ExecaError): OperatorError {
  const lines = String(error.stderr ?? '').split('\n')
  const details = lines.filter((line) => /^(E|dpkg-deb): /.test(line)).slice(0, 5)
  if (lines.some((line) => line.includes('No space left on device'))) {
    return new OperatorError('noSpace', 'There is no space left for the Debian packages.', {details, cause: error})
  }
  return new OperatorError('unreachable', `Debian packages could not be fetched: ${program} failed.`, {
    hint: 'Check that this machine reaches the Debian archive that its apt sources name (apt-get update).',
    details,
    cause: error,
  })
}

async function publish(wanted: DebianPackages, tree: string): Promise<void> {
  const replaced = `${wanted.root}.replaced-${process.pid}`
  try {
    await rename(tree, wanted.root)
    return
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  // Another run may have finished the same work meanwhile; otherwise what stands there is of another make.
  if (await isInstalled(wanted)) return
  await rename(wanted.root, replaced)
  await rename(tree, wanted.root)
  await rm(replaced, {recursive: true, force: true})
}
