import {access, readdir, readFile} from 'node:fs/promises'
import path from 'node:path'
import {OperatorError} from '../../errors.ts'

/** Where this machine gets Debian packages from, and the keys that vouch for them. */
export interface DebianArchive {
  uri: string
  keyrings: readonly string[]
}

interface SourceEntry {
  uri: string
  suites: readonly string[]
  components: readonly string[]
  keyrings: readonly string[]
}

const debianSuites = ['bullseye', 'bookworm', 'trixie', 'forky', 'oldoldstable', 'oldstable', 'stable', 'testing', 'sid', 'unstable']
const debianKeyrings = ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp']

/** Returns the Debian archive that the apt sources under `aptFolder` name. Throws `usage` when they name none. */
export async function findDebianArchive(aptFolder = '/etc/apt'): Promise<DebianArchive> {
  const entry = chooseArchive((await readSourceFiles(aptFolder)).flatMap(({name, text}) => parseSources(name, text)))
  if (!entry) {
    throw new OperatorError('usage', `The apt sources in ${aptFolder} name no Debian archive.`, {
      hint: 'Install PostgreSQL with the package manager of this machine, then run the command again.',
    })
  }
  return {uri: entry.uri, keyrings: [...new Set([...entry.keyrings, ...(await existing(debianKeyrings))])]}
}

async function readSourceFiles(aptFolder: string): Promise<{name: string; text: string}[]> {
  const parts = path.join(aptFolder, 'sources.list.d')
  const names = await namesIn(parts)
  const candidates = [path.join(aptFolder, 'sources.list'), ...names.map((name) => path.join(parts, name))]
  const files = await existing(candidates.filter((name) => /\.(list|sources)$/.test(name)))
  return Promise.all(files.map(async (name) => ({name, text: await readFile(name, 'utf8')})))
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted()
  } catch {
    // A machine without the folder keeps all its sources in the one file.
    return []
  }
}

async function existing(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    files.map((file) =>
      access(file).then(
        () => file,
        () => null,
      ),
    ),
  )
  return found.filter((file) => file !== null)
}

/** Returns the enabled binary sources of one apt file, in either of its two formats. */
export function parseSources(name: string, text: string): SourceEntry[] {
  return name.endsWith('.sources') ? text.split(/\n\s*\n/).flatMap(parseStanza) : text.split('\n').flatMap(parseLine)
}

function parseStanza(stanza: string): SourceEntry[] {
  const lines = stanza.split('\n').filter((line) => !line.startsWith('#'))
  const fields = new Map<string, string[]>()
  let field: string[] = []
  for (const line of lines) {
    const match = /^([A-Za-z-]+):(.*)$/.exec(line)
    if (match) fields.set(match[1]!.toLowerCase(), (field = words(match[2]!)))
    else field.push(...words(line))
  }
  const get = (key: string) => fields.get(key) ?? []
  if (!get('types').includes('deb') || get('enabled')[0] === 'no') return []
  const keyrings = get('signed-by').filter((word) => word.startsWith('/'))
  return get('uris').map((uri) => ({uri, suites: get('suites'), components: get('components'), keyrings}))
}

function parseLine(line: string): SourceEntry[] {
  const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line.trim())
  if (!match) return []
  const [, options = '', uri, suite, components] = match
  const signedBy = words(options).find((option) => option.startsWith('signed-by=')) ?? ''
  const keyrings = signedBy
    .slice('signed-by='.length)
    .split(',')
    .filter((word) => word.startsWith('/'))
  return [{uri: uri!, suites: [suite!], components: words(components!), keyrings}]
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** Returns the entry that is Debian's own archive or a mirror of it; other vendors use Debian's suite names too, so the path decides. */
export function chooseArchive(entries: readonly SourceEntry[]): SourceEntry | undefined {
  const usable = entries.filter(
    ({uri, suites, components}) =>
      components.includes('main') && suites.some((suite) => debianSuites.includes(suite)) && !uri.startsWith('cdrom:'),
  )
  return (
    usable.find(({uri}) => /\/debian\/?$/.test(uri)) ??
    usable.find(({keyrings}) => keyrings.some((keyring) => keyring.includes('debian-archive'))) ??
    usable.find(({uri}) => uri.includes('debian'))
  )
}
