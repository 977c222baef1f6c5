import {notOfExtension, userSchema} from './catalogue-sql.ts'

// Sorted, because the order of grants means nothing and differs after a restore.
const sorted = (privileges: string) => `(SELECT string_agg(a::text, ', ' ORDER BY a::text COLLATE "C") FROM unnest(${privileges}) a)`

/** Lines of objects that have another owner than the database or other privileges than a new object would have. */
const objects = (from: string, {subject, owner, privileges, kind}: {subject: string; owner: string; privileges: string; kind: string}) => `
  SELECT ${subject}, concat_ws('; ', 'owner ' || pg_get_userbyid(${owner}), ${sorted(privileges)})
  FROM ${from} AND (${owner} <> d.datdba OR coalesce(${sorted(privileges)}, '') <> coalesce(${sorted(`acldefault(${kind}, ${owner})`)}, '')
    AND ${privileges} IS NOT NULL)`

const schemas = objects(`pg_namespace n WHERE ${userSchema('n.nspname')} AND ${notOfExtension('pg_namespace', 'n.oid')}`, {
  subject: `format('schema %I', n.nspname)`,
  owner: 'n.nspowner',
  privileges: 'n.nspacl',
  kind: `'n'`,
})

const relations = objects(
  `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
    AND ${userSchema('n.nspname')} AND ${notOfExtension('pg_class', 'c.oid')}`,
  {
    subject: `format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END, n.nspname, c.relname)`,
    owner: 'c.relowner',
    privileges: 'c.relacl',
    kind: `CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END`,
  },
)

const columns = `
  SELECT format('column %I.%I.%I', n.nspname, c.relname, t.attname), ${sorted('t.attacl')}
  FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE array_length(t.attacl, 1) > 0 AND NOT t.attisdropped AND ${userSchema('n.nspname')} AND ${notOfExtension('pg_class', 'c.oid')}`

const functions = objects(
  `pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${userSchema('n.nspname')} AND ${notOfExtension('pg_proc', 'p.oid')}`,
  {subject: `'function ' || p.oid::regprocedure::text`, owner: 'p.proowner', privileges: 'p.proacl', kind: `'f'`},
)

const types = objects(
  `pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('d', 'e', 'r') OR c.relkind = 'c') AND ${userSchema('n.nspname')} AND ${notOfExtension('pg_type', 't.oid')}`,
  {subject: `format('type %I.%I', n.nspname, t.typname)`, owner: 't.typowner', privileges: 't.typacl', kind: `'T'`},
)

const defaults = `
  SELECT concat_ws(' ', 'defaults of', pg_get_userbyid(a.defaclrole), 'for', CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences'
      WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE a.defaclobjtype::text END, 'in ' || n.nspname),
    coalesce(${sorted('a.defaclacl')}, 'none')
  FROM pg_default_acl a LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace`

const privileges = `
  SELECT coalesce(jsonb_agg(jsonb_build_object('subject', o.subject, 'state', o.state) ORDER BY o.subject COLLATE "C"), '[]')
  FROM pg_database d, LATERAL (${[schemas, relations, columns, functions, types, defaults].join(' UNION ALL ')}) AS o (subject, state)
  WHERE d.datname = current_database()`

const attributes = `concat_ws(' ', CASE WHEN r.rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END, CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
  CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN NOT r.rolinherit THEN 'NOINHERIT' END,
  CASE WHEN r.rolreplication THEN 'REPLICATION' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
  CASE WHEN r.rolconnlimit <> -1 THEN 'CONNECTION LIMIT ' || r.rolconnlimit END, 'VALID UNTIL ' || r.rolvaliduntil::text)`

// Settings of roles may hold what nobody should read, and the manifest is not encrypted.
const settings = `'settings ' || md5(array_to_string(r.rolconfig, E'\\n'))`

// The options of a membership became columns one after the other (16 and later), hence the detour over JSON.
const memberships = `'member of ' || (SELECT string_agg(concat_ws(' ', pg_get_userbyid(m.roleid),
    CASE WHEN m.admin_option THEN 'with admin option' END, CASE WHEN to_jsonb(m)->>'inherit_option' <> r.rolinherit::text THEN 'with other inheritance' END,
    CASE WHEN to_jsonb(m)->>'set_option' = 'false' THEN 'without set option' END), ', ' ORDER BY pg_get_userbyid(m.roleid)::text COLLATE "C", m.admin_option)
  FROM pg_auth_members m WHERE m.member = r.oid)`

const roles = `
  SELECT coalesce(jsonb_agg(jsonb_build_object('subject', 'role ' || r.rolname, 'state', concat_ws('; ', ${attributes}, ${memberships}, ${settings}))
    ORDER BY r.rolname), '[]') FROM pg_roles r WHERE r.rolname !~ '^pg_'`

/** One row, one column: the `Access` of the connected database as JSON. */
export const accessSql = `SELECT jsonb_build_object('roles', (${roles}), 'privileges', (${privileges}))`
