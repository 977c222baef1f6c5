import {OperatorError} from '../errors.ts'
import {quoteIdentifier, quoteLiteral} from './identifier.ts'
import {relationKey, type Catalogue, type Constraint, type DumpContents, type RelationName} from './inventory.ts'
import {parseQualifiedName} from './sql-dump.ts'

/** Returns the tables that names such as `orders` or `sales.orders` mean. Throws `notFound`, naming those that are not there or not clear. */
export function selectTables(names: readonly string[], {tables}: Catalogue): RelationName[] {
  const found = names.map((name) => ({name, matches: matching(name, tables)}))
  const wrong = found.filter(({matches}) => matches.length !== 1)
  if (wrong.length > 0) {
    const details = wrong.map(({name, matches}) =>
      matches.length === 0 ? `${name}: no such table` : `${name}: ${matches.map(relationKey).join(' or ')}`,
    )
    throw new OperatorError('notFound', `The backup has no such tables: ${wrong.map(({name}) => name).join(', ')}.`, {
      details,
      hint: `It has ${tables.map(relationKey).slice(0, 20).join(', ')}${tables.length > 20 ? ', …' : ''}.`,
    })
  }
  return found.flatMap(({matches}) => matches)
}

function matching(text: string, tables: readonly RelationName[]): RelationName[] {
  const {schema, name} = parseQualifiedName(text)
  return tables.filter((table) => table.name === name && (schema === '' || table.schema === schema))
}

/** Returns what the dump holds of the chosen tables; sequences are set whatever was chosen. */
export function contentsOfTables(contents: DumpContents, chosen: readonly RelationName[]): DumpContents {
  const keys = new Set(chosen.map(relationKey))
  const {largeObjectHash: _none, ...rest} = contents
  return {...rest, tables: contents.tables.filter((table) => keys.has(relationKey(table))), largeObjects: 0}
}

/** Returns the script that makes what a complete restore makes after the rows: keys, indexes, and the foreign keys between chosen tables. */
export function finishTablesSql(catalogue: Catalogue, {sequences}: DumpContents, chosen: readonly RelationName[]): string {
  const keys = new Set(chosen.map(relationKey))
  const isChosen = ({schema, table}: {schema: string; table: string}) => keys.has(relationKey({schema, name: table}))
  const constraints = catalogue.constraints.filter(isChosen)
  const named = new Set(constraints.map(relationKey))
  const indexes = catalogue.indexes.filter((index) => isChosen(index) && !named.has(relationKey(index)))
  const unique = constraints.filter(({definition}) => /^(?:PRIMARY KEY|UNIQUE|EXCLUDE)\b/.test(definition))
  const foreign = constraints.filter(({definition}) => keys.has(referenced(definition) ?? ''))
  return [
    ...sequences.map(
      ({schema, name, lastValue, isCalled}) =>
        `SELECT pg_catalog.setval(${quoteLiteral(`${quoteIdentifier(schema)}.${quoteIdentifier(name)}`)}, ${BigInt(lastValue)}, ${isCalled})`,
    ),
    ...unique.map(addConstraint),
    ...indexes.map(({definition}) => definition),
    ...foreign.map(addConstraint),
  ].join(';\n')
}

function addConstraint({schema, table, name, definition}: Constraint): string {
  return `ALTER TABLE ONLY ${quoteIdentifier(schema)}.${quoteIdentifier(table)} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`
}

/** Returns the key of the table that a foreign key points to. */
function referenced(definition: string): string | null {
  const [, name] = /^FOREIGN KEY .* REFERENCES ((?:"(?:[^"]|"")*"|[^\s"(])+)\(/.exec(definition) ?? []
  return name === undefined ? null : relationKey(parseQualifiedName(name))
}
