import {describe, expect, test} from 'vitest'
import {SqlLexer} from '../../../src/lib/domain/sql-lexer.ts'

/** What is open after the script: nothing, a statement, or a quote in it. */
function openAfter(script: string): 'nothing' | 'statement' | 'quote' {
  const lexer = new SqlLexer()
  for (const line of script.split('\n')) lexer.line(line)
  if (lexer.insideQuote) return 'quote'
  return lexer.atStatementStart ? 'nothing' : 'statement'
}

describe('between statements', () => {
  test.each([
    ['an empty script', ''],
    ['a statement', 'SELECT 1;'],
    ['a statement over several lines', 'SELECT 1,\n\n2\n;'],
    ['a comment', '-- a statement; it is not'],
    ['a comment with a quote', "-- it's"],
    ['a block comment', "/* it's\n; */"],
    ['nested block comments', '/* a /* b */ ; */'],
    ['a semicolon in a string', "SELECT 'a;b';"],
    ['a doubled quote', "SELECT 'it''s';"],
    ['a backslash at the end of a plain string', String.raw`SELECT 'C:\';`],
    ['an escaped quote in an E string', String.raw`SELECT E'it\'s';`],
    ['an escaped backslash before the closing quote', String.raw`SELECT E'\\';`],
    ['a small e', String.raw`SELECT e'\'';`],
    ['an identifier with a quote and a semicolon', `SELECT 1 AS "it's; so";`],
    ['an identifier with a doubled quote', 'SELECT 1 AS "a"";b";'],
    ['a dollar body', "DO $$ it's; $$;"],
    ['a tagged body with another tag inside', 'DO $a$ $b$ ; $a$;'],
    ['a body over several lines', "CREATE FUNCTION f() AS $body$\nBEGIN it's;\nEND $body$;"],
    ['a tag of other letters', 'DO $größe$ ; $größe$;'],
    ['a comment behind a statement', "SELECT 1; -- it's"],
  ])('%s leaves nothing open', (_, script) => {
    expect(openAfter(script)).toBe('nothing')
  })
})

describe('inside a statement', () => {
  test.each([
    ['a statement without its semicolon', 'SELECT 1'],
    ['a semicolon in a comment', 'SELECT 1 -- ;'],
    ['an operator that begins like a comment', 'SELECT 1 - 1 / 2 * 3'],
    ['a name that ends in e before a string', String.raw`SELECT name'\'`],
    ['a name with a dollar sign', 'SELECT a$b$c'],
    ['a parameter', 'SELECT $1'],
  ])('%s leaves the statement open', (_, script) => {
    expect(openAfter(script)).toBe('statement')
  })
})

describe('inside quotes', () => {
  test.each([
    ['a string', "SELECT 'a;"],
    ['an E string that ends in an escaped quote', String.raw`SELECT E'a\';`],
    ['an identifier', 'SELECT "a;'],
    ['a body with another tag', 'DO $a$ ; $b$;'],
    ['a comment that closes once of twice', '/* /* */ ;'],
    ['a body whose text begins with a backslash', 'DO $$\n\\ ;'],
  ])('%s stays open', (_, script) => {
    expect(openAfter(script)).toBe('quote')
  })
})

describe('commands to psql', () => {
  const holdsCommand = (line: string) => new SqlLexer().line(line)

  test('a backslash outside quotes is one', () => {
    expect(holdsCommand(String.raw`\connect x`)).toBe(true)
    expect(holdsCommand(String.raw`SELECT 'x' \g`)).toBe(true)
  })

  test('a backslash in a string, a body or a comment is none', () => {
    expect(holdsCommand(String.raw`SELECT E'\'', '\', $$\$$ -- \x`)).toBe(false)
  })

  test('what follows it is its own and opens no quote', () => {
    expect(openAfter(String.raw`\echo it's`)).toBe('nothing')
  })
})

test('a line read in parts, cut anywhere, means what it means in one', () => {
  const long = 'x'.repeat(300)
  const line = String.raw`SELECT E'it\'s ${long}', 'a''b ${long}', "q"";${long}", $a$ ' ${long} $a$ /* ${long} /* */ */ || 1 -- it's`
  for (let cut = 0; cut <= line.length; cut += 1) {
    const lexer = new SqlLexer()
    lexer.part(line.slice(0, cut))
    expect(lexer.line(line.slice(cut)), `cut at ${cut}`).toBe(false)
    expect([lexer.insideQuote, lexer.atStatementStart], `cut at ${cut}`).toEqual([false, false])
    lexer.line(';')
    expect(lexer.atStatementStart).toBe(true)
  }
})
