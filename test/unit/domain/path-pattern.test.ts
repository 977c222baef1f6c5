import {expect, test} from 'vitest'
import {pathPattern} from '../../../src/lib/domain/path-pattern.ts'

test.each([
  ['ops', 'ops', true],
  ['ops', 'ops/nginx/parts/proxy.conf', true],
  ['ops', 'opsx', false],
  ['ops', 'lib/ops', false],
  ['ops/*.yml', 'ops/a.yml', true],
  ['ops/*.yml', 'ops/deep/a.yml', false],
  ['ops/**/*.yml', 'ops/a.yml', true],
  ['ops/**/*.yml', 'ops/deep/deeper/a.yml', true],
  ['**/node_modules', 'node_modules/x/index.js', true],
  ['**/node_modules', 'a/b/node_modules/x', true],
  ['**/node_modules', 'a/node_modules.txt', false],
  ['**', 'anything/at/all', true],
  ['.env.*', '.env.production', true],
  ['.env.*', '.envx', false],
  ['{docker-,}compose*.{yml,yaml}', 'docker-compose.prod.yaml', true],
  ['{docker-,}compose*.{yml,yaml}', 'compose.yml', true],
  ['{docker-,}compose*.{yml,yaml}', 'compose.json', false],
  ['a?c', 'a\nc', true],
  ['a?c', 'a/c', false],
  ['[x](y)+$.txt', '[x](y)+$.txt', true],
  ['./ops/', 'ops/a', true],
  ['💾?', '💾é', true],
])('%s and %j: %s', (pattern, path, expected) => {
  expect(pathPattern(pattern).covers(path)).toBe(expected)
})

test.each([
  ['ops/**/*.yml', 'ops', true],
  ['ops/**/*.yml', 'ops/deep', true],
  ['ops/**/*.yml', 'outputs', false],
  ['ops/nginx/a.conf', 'ops/nginx', true],
  ['ops/nginx/a.conf', 'ops/traefik', false],
  ['**/x', 'any/where', true],
])('%s may mean something below %s: %s', (pattern, folder, expected) => {
  expect(pathPattern(pattern).reaches(folder)).toBe(expected)
})
