import type {Catalogue, Difference, DumpContents, RelationName, Sequence, TableRows} from './inventory.ts'
import {relationKey} from './inventory.ts'

/** Returns every way in which a restored database differs from what the backup holds. */
export function compareContents(expected: DumpContents, actual: DumpContents): Difference[] {
  const count = ({rows}: TableRows) => `${rows} rows`
  const state = ({lastValue, isCalled}: Sequence) => `${lastValue}${isCalled ? '' : ' (not yet called)'}`
  return [
    ...compare('table', byName(expected.tables, count), byName(actual.tables, count)),
    ...compare('sequence', byName(expected.sequences, state), byName(actual.sequences, state)),
    ...compareCounts('large objects', expected.largeObjects, actual.largeObjects),
  ]
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
    ...compare('index', byName(expected.indexes, definition), byName(actual.indexes, definition)),
    ...compare('constraint', byTable(expected.constraints, definition), byTable(actual.constraints, definition)),
    ...lists.flatMap((list) => compare(singular[list], byText(expected[list]), byText(actual[list]))),
    ...compareExtensions(expected, actual),
  ]
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
    return before === after ? [] : [{subject: `${kind} ${name}`, expected: before, actual: after, severity: 'fatal' as const}]
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
