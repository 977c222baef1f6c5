import {quoteIdentifier} from './identifier.ts'

/** A relation by schema and name, unquoted, as the catalogue spells them. */
export interface RelationName {
  schema: string
  name: string
}

export interface Sequence extends RelationName {
  lastValue: string
  isCalled: boolean
}

export interface IndexState extends RelationName {
  table: string
  valid: boolean
  definition: string
}

export interface Constraint extends RelationName {
  table: string
  validated: boolean
  definition: string
}

/** What a database holds besides rows, read from its catalogue in one snapshot. Members of extensions are left out. */
export interface Catalogue {
  /** Ordinary tables, partitions included: each has rows of its own. */
  tables: readonly RelationName[]
  partitionedTables: readonly RelationName[]
  indexes: readonly IndexState[]
  constraints: readonly Constraint[]
  sequences: readonly RelationName[]
  extensions: readonly {name: string; version: string}[]
  /** Views and materialized views. */
  views: readonly RelationName[]
  functions: readonly string[]
  triggers: readonly string[]
}

/** Exact rows of a table. */
export interface TableRows extends RelationName {
  rows: number
  /** Of the contents, whatever the order of rows and columns; see `RowReader`. Left out where nobody hashed them. */
  hash?: string
}

/** What the dump itself holds: rows of each table, values of each sequence, large objects. */
export interface DumpContents {
  tables: readonly TableRows[]
  sequences: readonly Sequence[]
  largeObjects: number
  /** How the rows were hashed, one of `rowHashes` or a way of a later version. Left out where nobody hashed them, and by versions that knew but one way. */
  hashedBy?: string
  /** Of all large objects together, as `hash` of a table. */
  largeObjectHash?: string
}

/** One thing that a restored database has otherwise than its backup. A `note` does not spoil the proof. */
export interface Difference {
  subject: string
  expected: string
  actual: string
  severity: 'fatal' | 'note'
}

/** Returns `schema.name`, quoted where a part could be mistaken, so that no two relations share a key. */
export function relationKey({schema, name}: RelationName): string {
  const [first, second] = [schema, name].map((part) => (/^[^\s."]+$/.test(part) ? part : quoteIdentifier(part)))
  return `${first}.${second}`
}
