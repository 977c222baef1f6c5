/** Objects that belong to an extension come back with CREATE EXTENSION and are no part of the comparison. */
export const notOfExtension = (classid: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${classid}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`
export const userSchema = (name: string) => `${name} !~ '^pg_' AND ${name} <> 'information_schema'`

const relations = (kinds: string) => `
  SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.relname) ORDER BY n.nspname, c.relname), '[]')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN (${kinds}) AND c.relpersistence <> 't' AND ${userSchema('n.nspname')} AND ${notOfExtension('pg_class', 'c.oid')}`

const indexes = `
  SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', i.relname, 'table', t.relname,
    'valid', x.indisvalid, 'definition', pg_get_indexdef(i.oid)) ORDER BY n.nspname, i.relname), '[]')
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = i.relnamespace
  WHERE t.relpersistence <> 't' AND ${userSchema('n.nspname')} AND ${notOfExtension('pg_class', 't.oid')}`

// NOT NULL constraints are rows of pg_constraint only since PostgreSQL 18, so they are left to the column definitions.
const constraints = `
  SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', k.conname, 'table', t.relname,
    'validated', k.convalidated, 'definition', pg_get_constraintdef(k.oid)) ORDER BY n.nspname, t.relname, k.conname), '[]')
  FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
  WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND t.relpersistence <> 't' AND ${userSchema('n.nspname')} AND ${notOfExtension('pg_class', 't.oid')}`

const functions = `
  SELECT coalesce(jsonb_agg(p.oid::regprocedure::text ORDER BY p.oid::regprocedure::text), '[]')
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${userSchema('n.nspname')} AND ${notOfExtension('pg_proc', 'p.oid')}`

const triggers = `
  SELECT coalesce(jsonb_agg(t.tgrelid::regclass::text || ' ' || t.tgname ORDER BY t.tgrelid::regclass::text, t.tgname), '[]')
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND ${notOfExtension('pg_class', 'c.oid')}`

const extensions = `SELECT coalesce(jsonb_agg(jsonb_build_object('name', extname, 'version', extversion) ORDER BY extname), '[]') FROM pg_extension`

/** One row, one column: the `Catalogue` of the connected database as JSON. */
export const catalogueSql = `SELECT jsonb_build_object(
  'tables', (${relations(`'r'`)}), 'partitionedTables', (${relations(`'p'`)}), 'views', (${relations(`'v', 'm'`)}),
  'sequences', (${relations(`'S'`)}), 'indexes', (${indexes}), 'constraints', (${constraints}),
  'functions', (${functions}), 'triggers', (${triggers}), 'extensions', (${extensions}))`

/** One row, one column: the `DatabaseProperties`. Column names of pg_database changed in 15 and 17, hence the detour over JSON. */
export const propertiesSql = `SELECT jsonb_build_object(
  'owner', pg_get_userbyid(d.datdba), 'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
  'localeProvider', coalesce(to_jsonb(d)->>'datlocprovider', 'c'), 'locale', coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'),
  'connectionLimit', d.datconnlimit, 'comment', shobj_description(d.oid, 'pg_database'),
  'settings', (SELECT coalesce(jsonb_agg(jsonb_build_object('role', r.rolname, 'setting', s) ORDER BY r.rolname NULLS FIRST, n), '[]')
     FROM pg_db_role_setting g LEFT JOIN pg_roles r ON r.oid = g.setrole, unnest(g.setconfig) WITH ORDINALITY AS u (s, n) WHERE g.setdatabase = d.oid),
  'privileges', CASE WHEN d.datacl IS NULL THEN NULL ELSE (SELECT coalesce(jsonb_agg(jsonb_build_object(
       'grantee', CASE WHEN a.grantee = 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END, 'privilege', a.privilege_type, 'grantable', a.is_grantable)), '[]')
     FROM aclexplode(d.datacl) a) END)
  FROM pg_database d WHERE d.datname = current_database()`

/** One row, one column: the roles that own something in the connected database or are granted something. */
export const rolesSql = `SELECT coalesce(jsonb_agg(DISTINCT name), '[]') FROM (
  SELECT pg_get_userbyid(s.refobjid) FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
    WHERE d.datname = current_database() AND s.refclassid = 'pg_authid'::regclass
  UNION SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()
  UNION SELECT pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${userSchema('n.nspname')}
) AS roles (name) WHERE name NOT LIKE 'pg\\_%' AND name NOT LIKE 'unknown (OID=%'`
