import {quoteIdentifier, quoteLiteral} from './identifier.ts'
import type {Catalogue, IndexState} from './inventory.ts'

/** A schema of sparkone's own, in throw-away databases only, after their catalogue was read. */
const schema = 'sparkone_proof'

/** Makes amcheck's functions available. */
export const amcheckSql = `CREATE SCHEMA IF NOT EXISTS ${schema};\nCREATE EXTENSION amcheck SCHEMA ${schema}`

/** Returns a query that walks through btree indexes and fails at the first whose order or links are broken. */
export function btreeCheckSql(indexes: readonly IndexState[]): string {
  const one = (index: IndexState) => `SELECT ${schema}.bt_index_check(${regclass(index)})::text AS checked`
  return indexes.map(one).join(' UNION ALL ')
}

/** Returns the indexes that hold nothing themselves, by `schema` and `name`. */
export const partitionedIndexesSql = `SELECT n.nspname AS schema, c.relname AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'I'`

/** Returns the valid indexes of a catalogue that a method made. */
export function indexesBy({indexes}: Pick<Catalogue, 'indexes'>, ...methods: readonly string[]): IndexState[] {
  return indexes.filter(({definition, valid}) => valid && methods.some((method) => definition.includes(` USING ${method} (`)))
}

/**
 * Makes a function that asks an index for the nearest neighbour of a vector that is in it, with everything switched off that could answer instead.
 * It returns the plan's index, and how many rows came back where how many could.
 */
export const vectorProbeSql = `CREATE SCHEMA IF NOT EXISTS ${schema};
CREATE FUNCTION ${schema}.probe(index regclass, OUT used text, OUT possible bigint, OUT answered bigint) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $function$
DECLARE
  place text; expression text; operator text; filter text; question text; plan json;
BEGIN
  SELECT format('ONLY %s', x.indrelid::regclass), '(' || pg_get_indexdef(x.indexrelid, 1, false) || ')',
    format('OPERATOR(%I.%s)', n.nspname, o.oprname), coalesce(pg_get_expr(x.indpred, x.indrelid), 'true')
  INTO place, expression, operator, filter
  FROM pg_index x JOIN pg_opclass c ON c.oid = x.indclass[0] JOIN pg_amop a ON a.amopfamily = c.opcfamily AND a.amoplefttype = c.opcintype
    JOIN pg_operator o ON o.oid = a.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace
  WHERE x.indexrelid = index AND a.amoppurpose = 'o';
  -- A vector of zeros has no cosine distance and is in no such index.
  question := format('SELECT %s AS probe FROM %s WHERE (%s) AND (%s %s %s)::text <> ''NaN'' LIMIT 1', expression, place, filter, expression, operator, expression);
  EXECUTE format('SELECT count(*) FROM (%s) AS candidate', question) INTO possible;
  question := format('SELECT 1 FROM %s WHERE %s ORDER BY %s %s (%s) LIMIT 1', place, filter, expression, operator, question);
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || question INTO plan;
  SELECT string_agg(name #>> '{}', ' ') INTO used FROM jsonb_path_query(plan::jsonb, 'strict $.**."Index Name"') AS name;
  EXECUTE format('SELECT count(*) FROM (%s) AS answer', question) INTO answered;
END $function$`

/** Returns the query that probes one vector index. */
export function probeSql(index: IndexState): string {
  return `SELECT used, possible, answered FROM ${schema}.probe(${regclass(index)})`
}

function regclass({schema: of, name}: IndexState): string {
  return `${quoteLiteral(`${quoteIdentifier(of)}.${quoteIdentifier(name)}`)}::regclass`
}
