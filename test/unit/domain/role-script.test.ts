import {describe, expect, test} from 'vitest'
import {dropRolesSql, roleScript} from '../../../src/lib/domain/role-script.ts'

const globals = `--
-- Roles
--

CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$1:postgres';
CREATE ROLE app;
ALTER ROLE app WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$2:it''s';
ALTER ROLE app SET work_mem TO '8MB';
CREATE ROLE "odd ""role""";
ALTER ROLE "odd ""role""" WITH NOSUPERUSER NOLOGIN;
CREATE ROLE reader;
ALTER ROLE reader WITH NOLOGIN;

--
-- Role memberships
--

GRANT reader TO app WITH ADMIN OPTION GRANTED BY postgres;
GRANT reader TO "odd ""role""" WITH INHERIT TRUE GRANTED BY gone;
GRANT pg_read_all_data TO app GRANTED BY postgres;
`

describe('roles of a backup on a server that lacks them', () => {
  test('are made with password, settings and memberships, whoever granted these', () => {
    const {created, changed, script} = roleScript(globals, ['postgres', 'pg_read_all_data'])
    expect({created, changed}).toEqual({created: ['app', 'odd "role"', 'reader'], changed: []})
    expect(script.split('\n')).toEqual([
      'CREATE ROLE app;',
      `ALTER ROLE app WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$2:it''s';`,
      `ALTER ROLE app SET work_mem TO '8MB';`,
      'CREATE ROLE "odd ""role""";',
      'ALTER ROLE "odd ""role""" WITH NOSUPERUSER NOLOGIN;',
      'CREATE ROLE reader;',
      'ALTER ROLE reader WITH NOLOGIN;',
      'GRANT reader TO app WITH ADMIN OPTION GRANTED BY postgres;',
      'GRANT reader TO "odd ""role""" WITH INHERIT TRUE;',
      'GRANT pg_read_all_data TO app GRANTED BY postgres;',
    ])
  })

  test('get from whoever restores what the first role of the original server had granted', () => {
    const {script} = roleScript(globals, ['postgres', 'pg_read_all_data'], {firstRole: 'postgres'})
    expect(script).toContain('GRANT reader TO app WITH ADMIN OPTION;')
    expect(script).not.toContain('GRANTED BY')
  })

  test('leave those alone that are there, with their passwords and what they are members of', () => {
    const {created, script} = roleScript(globals, ['postgres', 'app', 'odd "role"', 'pg_read_all_data'])
    expect(created).toEqual(['reader'])
    expect(script).not.toMatch(/PASSWORD|ALTER ROLE app|pg_read_all_data/)
    expect(script).toContain('GRANT reader TO app')
  })

  test('need nothing where all are there', () => {
    expect(roleScript(globals, ['postgres', 'app', 'odd "role"', 'reader', 'pg_read_all_data']).script).toBe('')
  })

  test('give those that are there their passwords only when that is asked for, and nothing else', () => {
    const present = ['postgres', 'app', 'odd "role"', 'reader']
    const {changed, script} = roleScript(globals, present, {passwordsOf: (role) => role !== 'postgres'})
    expect(changed).toEqual(['app'])
    expect(script).toBe(`ALTER ROLE "app" PASSWORD 'SCRAM-SHA-256$2:it''s';`)
  })

  test('can be taken away again', () => {
    expect(dropRolesSql(['app', 'odd "role"'])).toBe('DROP ROLE IF EXISTS "app";\nDROP ROLE IF EXISTS "odd ""role"""')
  })
})
