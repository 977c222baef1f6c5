import {readFile, readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {OperatorError} from '../../errors.ts'
import {accessError} from '../directory/access.ts'

/** Where pgBackRest looks by itself. */
const standardFiles = ['/etc/pgbackrest/pgbackrest.conf', '/etc/pgbackrest.conf']
const standardFolder = '/etc/pgbackrest/conf.d'

export interface StanzaSettings {
  /** The file, to be named to pgBackRest where it was configured; null: it finds it by itself. */
  file: string | null
  stanza: string
  /** Folder of the data of the server; null where the file does not tell. */
  dataFolder: string | null
}

type Sections = Map<string, Map<string, string>>

/** Reads of pgBackRest's own configuration what sparkone must know. Throws `notFound`, `denied`, or `usage` where the stanza is not clear. */
export async function readStanza(file: string | undefined, stanza: string | undefined): Promise<StanzaSettings> {
  const sections = parseSections((await readAll(file)).join('\n'))
  const stanzas = [...sections.keys()].filter((name) => name !== 'global' && !name.includes(':'))
  const name = stanza ?? (stanzas.length === 1 ? stanzas[0] : undefined)
  if (name === undefined) {
    throw new OperatorError('usage', `The configuration of pgBackRest has ${stanzas.length} stanzas, so which is meant is not known.`, {
      details: stanzas,
      hint: 'Set backup.pgbackrest.stanza.',
    })
  }
  return {
    file: file ?? null,
    stanza: name,
    dataFolder: sections.get(name)?.get('pg1-path') ?? sections.get('global')?.get('pg1-path') ?? null,
  }
}

/** Returns the keys of each section. */
export function parseSections(text: string): Sections {
  const sections: Sections = new Map()
  let current = new Map<string, string>()
  for (const line of text.split('\n').map((each) => each.trim())) {
    const [, name] = /^\[(.+)\]$/.exec(line) ?? []
    const [, key, value] = /^([^#=\s][^=]*?)\s*=\s*(.*)$/.exec(line) ?? []
    if (name !== undefined) sections.set(name, (current = sections.get(name) ?? new Map<string, string>()))
    else if (key !== undefined && value !== undefined) current.set(key, value)
  }
  return sections
}

async function readAll(file: string | undefined): Promise<string[]> {
  if (file !== undefined) return [(await read(file)) ?? missing(file)]
  const [first, second] = await Promise.all(standardFiles.map(read))
  const names = (await readdir(standardFolder).catch(() => [])).filter((name) => name.endsWith('.conf')).toSorted()
  const further = await Promise.all(names.map((name) => read(join(standardFolder, name))))
  const texts = [first ?? second, ...further].filter((text) => text !== null && text !== undefined)
  return texts.length > 0 ? texts : [missing(standardFiles.join(' or '))]
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as {code?: string}).code === 'ENOENT') return null
    throw accessError(path, error)
  }
}

function missing(path: string): never {
  throw new OperatorError('notFound', `There is no configuration of pgBackRest at ${path}.`, {
    hint: 'Install and configure pgBackRest first (docs/pitr.md), or set backup.pgbackrest.config.',
  })
}
