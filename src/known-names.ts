import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {folderOfSets, setNamesAmong} from './lib/adapters/directory/set-names.ts'
import {stateFolder} from './lib/adapters/state-folder.ts'
import type {ConfiguredNames} from './lib/config/known-names.ts'
import {completable, nameKinds, type NameKind} from './lib/domain/known-names.ts'

export interface Shell {
  /** Where sparkone is installed. */
  root: string
  cwd: string
  environment: Readonly<Record<string, string | undefined>>
}

/** As many as anybody looks through. */
const mostReleases = 200

/**
 * Returns the names that can be completed where one of a kind belongs, a line each: `words` are the kind, and `--config` and `--env` as they were typed.
 * It reads files alone, changes nothing, and knows no names where anything is wrong: whoever presses Tab has asked for no error.
 * Without oclif and ports, which would take most of the time that somebody waits.
 */
export async function knownNames([kind, ...words]: readonly string[], shell: Shell): Promise<string> {
  const known = nameKinds.find((name) => name === kind)
  if (known === undefined) return ''
  try {
    const names = completable(await finders[known](flagsAmong(words), shell))
    return names.map((name) => `${name}\n`).join('')
  } catch {
    return ''
  }
}

interface Flags {
  config?: string
  env?: string
}

type Finder = (flags: Flags, shell: Shell) => Promise<readonly string[]>

const finders: Readonly<Record<NameKind, Finder>> = {
  backups: async (flags, shell) => {
    const {backupDirectory, project, environment} = await configured(flags, shell)
    const sets = setNamesAmong(await readdir(folderOfSets(backupDirectory, project, environment)))
    return [...(sets.length > 0 ? ['latest'] : []), ...sets.toReversed()]
  },
  releases: async (flags, shell) => {
    const releases = (await releasesOf(flags, shell)).filter(({outcome}) => outcome === 'good')
    return [...releases.flatMap(({version}) => version ?? []), ...releases.map(({id}) => id)]
  },
  references: async (flags, shell) => {
    const deployed = (await releasesOf(flags, shell)).filter(({kind}) => kind === 'deploy')
    return deployed.map(({reference}) => reference)
  },
  runbooks: async (flags, shell) => (await pages(flags, shell)).map(({name}) => name),
  alerts: async (flags, shell) => {
    const {readFrontMatter} = await import('./lib/adapters/runbooks/front-matter.ts')
    const alerts = (await pages(flags, shell)).map(async ({name, file}) => {
      const [, matter = null] = /^---\n(.*?)\n---/s.exec(await readFile(file, 'utf8')) ?? []
      return readFrontMatter(matter, name).facts.alerts
    })
    return (await Promise.all(alerts)).flat().toSorted()
  },
  services: async (flags, shell) => (await configured(flags, shell)).services(),
  databases: async (flags, shell) => (await configured(flags, shell)).databases,
  places: async (flags, shell) => ['local', ...(await configured(flags, shell)).targets],
}

async function configured({config, env}: Flags, {cwd, environment}: Shell): Promise<ConfiguredNames> {
  const {readConfiguredNames} = await import('./lib/config/known-names.ts')
  return readConfiguredNames({flags: {...(config && {config}), ...(env && {env})}, cwd, environment})
}

/** Newest first. */
async function releasesOf(flags: Flags, shell: Shell) {
  const [{FileReleases}, {project, environment}] = await Promise.all([import('./lib/adapters/releases.ts'), configured(flags, shell)])
  return new FileReleases(stateFolder(shell.environment), `${project}-${environment}`).newest(mostReleases)
}

async function pages({config}: Flags, {root, cwd, environment}: Shell) {
  const {pageFiles} = await import('./lib/adapters/runbooks/page-files.ts')
  const {projectFolder} = await import('./lib/config/find.ts')
  const project = await projectFolder(config, cwd, environment)
  return pageFiles({packaged: join(root, 'runbooks'), project: join(project, 'runbooks')})
}

function flagsAmong(words: readonly string[]): Flags {
  const valueOf = (flag: string) => {
    const joined = words.findLast((word) => word.startsWith(`${flag}=`))
    const at = words.lastIndexOf(flag)
    return joined?.slice(flag.length + 1) ?? (at === -1 ? undefined : words[at + 1])
  }
  const [config, env] = [valueOf('--config'), valueOf('--env')]
  return {...(config && {config}), ...(env && {env})}
}
