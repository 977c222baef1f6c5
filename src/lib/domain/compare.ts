import type {Access, Stated} from './access.ts'
import type {DatabaseProperties} from './backup-set.ts'
import type {Catalogue, Difference, DumpContents, RelationName, Sequence, TableRows} from './inventory.ts'
import {relationKey} from './inventory.ts'
import {isRowHash, unnamedRowHash, type RowHashName} from './row-hash.ts'

/** Returns every way in which a restored database differs from what the backup holds. */
export function compareContents(expected: DumpContents, actual: DumpContents): Difference[] {
  const hash = hashOf(expected)
  const count = ({rows}: TableRows) => `${rows} rows`
  const state = ({lastValue, isCalled}: Sequence) => `${lastValue}${isCalled ? '' : ' (not yet called)'}`
  return [
    ...compare('table', byName(expected.tables, count), byName(actual.tables, count)),
    ...compare('sequence', byName(expected.sequences, state), byName(actual.sequences, state)),
    ...compareCounts('large objects', expected.largeObjects, actual.largeObjects),
    ...(hash !== null && hash === hashOf(actual) ? compareHashes(expected, actual) : []),
    ...noteUnknownHash(expected),
  ]
}

/** Returns how every table of the contents was hashed; null where one was not, or in a way that this version does not know. */
export function hashOf({tables, hashedBy = unnamedRowHash}: DumpContents): RowHashName | null {
  return tables.every(({hash}) => hash !== undefined) && isRowHash(hashedBy) ? hashedBy : null
}

/** Contents that nobody could compare are never passed over. */
function noteUnknownHash({hashedBy = unnamedRowHash}: DumpContents): Difference[] {
  if (isRowHash(hashedBy)) return []
  const actual = 'counted, and not compared: this version of sparkone does not know that hash'
  return [{subject: 'contents of tables', expected: `hashed by ${hashedBy}`, actual, severity: 'note'}]
}

/** A table with other rows has other contents too, which need not be said twice. */
function compareHashes(expected: DumpContents, actual: DumpContents): Difference[] {
  const found = new Map(actual.tables.map((table) => [relationKey(table), table]))
  const tables = expected.tables.flatMap((table) => {
    const other = found.get(relationKey(table))
    if (!other || other.rows !== table.rows || other.hash === table.hash) return []
    return [fatal(`contents of table ${relationKey(table)}`, `hash ${table.hash}`, `hash ${other.hash}`)]
  })
  const {largeObjectHash: before} = expected
  const {largeObjectHash: after} = actual
  const objects = expected.largeObjects === actual.largeObjects && before !== undefined && before !== after
  return objects ? [...tables, fatal('contents of large objects', `hash ${before}`, `hash ${after}`)] : tables
}

function fatal(subject: string, expected: string, actual: string): Difference {
  return {subject, expected, actual, severity: 'fatal'}
}

/** Returns every owner, privilege and role that is not what was backed up. Roles that came later than the backup are notes. */
export function compareAccess(expected: Access, actual: Access): Difference[] {
  const stated = (list: readonly Stated[]) => new Map(list.map(({subject, state}) => [subject, state]))
  const roles = compare('', stated(expected.roles), stated(actual.roles)).map((difference) =>
    difference.expected === absent ? {...difference, severity: 'note' as const} : difference,
  )
  return [...roles, ...compare('', stated(expected.privileges), stated(actual.privileges))]
}

/** Returns the properties of a database that are not what was backed up. Its comment and its name are its own. */
export function compareProperties(expected: DatabaseProperties, actual: DatabaseProperties): Difference[] {
  const simple = ['owner', 'encoding', 'localeProvider', 'collate', 'ctype', 'locale', 'connectionLimit'] as const
  const text = (value: unknown) => (value === null || value === '' ? absent : String(value))
  const values = (properties: DatabaseProperties) =>
    new Map([
      ...simple.map((name) => [name, text(properties[name])] as const),
      ['settings', text(properties.settings.map(describeSetting).toSorted().join(', '))] as const,
      [
        'privileges',
        properties.privileges === null ? 'default' : text(properties.privileges.map(describePrivilege).toSorted().join(', ')),
      ] as const,
    ])
  return compare('database', values(expected), values(actual))
}

function describeSetting({role, setting}: DatabaseProperties['settings'][number]): string {
  return role === null ? setting : `${role}: ${setting}`
}

function describePrivilege({grantee, privilege, grantable}: NonNullable<DatabaseProperties['privileges']>[number]): string {
  return `${privilege} to ${grantee ?? 'PUBLIC'}${grantable ? ' with grant option' : ''}`
}

/** Returns every object that is missing, added or defined otherwise. Versions of extensions are notes: the image decides them. */
export function compareCatalogues(expected: Catalogue, actual: Catalogue): Difference[] {
  const kinds = ['partitionedTables', 'views'] as const
  const lists = ['functions', 'triggers'] as const
  const definition = ({definition: text, valid, validated}: {definition: string; valid?: boolean; validated?: boolean}) =>
    `${text}${valid === false ? ' INVALID' : ''}${validated === false ? ' NOT VALID' : ''}`
  return [
    ...kinds.flatMap((kind) => compare(singular[kind], byName(expected[kind]), byName(actual[kind]))),
    ...compare('table', byName(expected.tables), byName(actual.tables)),
    ...compare('sequence', byName(expected.sequences), byName(actual.sequences)),
    ...compareIndexes(byName(expected.indexes, definition), byName(actual.indexes, definition)),
    ...compare('constraint', byTable(expected.constraints, definition), byTable(actual.constraints, definition)),
    ...lists.flatMap((list) => compare(singular[list], byText(expected[list]), byText(actual[list]))),
    ...compareExtensions(expected, actual),
  ]
}

/** pg_dump leaves out what is invalid already, as an index whose making failed: that is no fault of the backup. */
function compareIndexes(expected: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): Difference[] {
  return compare('index', expected, actual).map((difference) =>
    difference.expected.endsWith(' INVALID') && difference.actual === absent ? {...difference, severity: 'note' as const} : difference,
  )
}

const singular = {partitionedTables: 'partitioned table', views: 'view', functions: 'function', triggers: 'trigger'}

function compareExtensions(expected: Catalogue, actual: Catalogue): Difference[] {
  const versions = (catalogue: Catalogue) => new Map(catalogue.extensions.map(({name, version}) => [name, version]))
  return compare('extension', versions(expected), versions(actual)).map((difference) =>
    difference.expected === absent || difference.actual === absent ? difference : {...difference, severity: 'note' as const},
  )
}

const absent = 'none'

function compare(kind: string, expected: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): Difference[] {
  const names = [...new Set([...expected.keys(), ...actual.keys()])]
  return names.flatMap((name) => {
    const [before, after] = [expected.get(name) ?? absent, actual.get(name) ?? absent]
    return before === after ? [] : [{subject: `${kind} ${name}`.trim(), expected: before, actual: after, severity: 'fatal' as const}]
  })
}

function compareCounts(subject: string, expected: number, actual: number): Difference[] {
  return expected === actual ? [] : [{subject, expected: String(expected), actual: String(actual), severity: 'fatal'}]
}

function byName<T extends RelationName>(items: readonly T[], value: (item: T) => string = () => 'present'): Map<string, string> {
  return new Map(items.map((item) => [relationKey(item), value(item)]))
}

// The name of a constraint is unique only within its table.
function byTable<T extends RelationName & {table: string}>(items: readonly T[], value: (item: T) => string): Map<string, string> {
  return new Map(items.map((item) => [`${relationKey({schema: item.schema, name: item.table})} ${item.name}`, value(item)]))
}

function byText(items: readonly string[]): Map<string, string> {
  return new Map(items.map((item) => [item, 'present']))
}
