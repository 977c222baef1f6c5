import path from 'node:path'
import {expect, test} from 'vitest'
import {readDocument} from '../support/documents.ts'
import {folderWith} from '../support/folder.ts'
import {productionKey, sealed, sopsFile} from '../support/sops.ts'
import {sparkone} from '../support/sparkone.ts'

const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)

const files = {
  '.sops.yaml': `creation_rules: [{age: ${productionKey}}]\n`,
  'secrets/registry.yml': `version: 1
fields:
  db.password: {owner: platform lead, rotate: 90d, length: 24}
environments:
  production: {db.password: {rotated: ${day(-10)}}}
  staging: {db.password: {rotated: ${day(-100)}}}
`,
  'secrets/production.sops.yaml': sopsFile(`db:\n    password: ${sealed()}\n`, {lastModified: `${day(-9)}T09:30:00Z`}),
  'secrets/staging.sops.yaml': sopsFile(`db:\n    password: ${sealed()}\n`, {lastModified: `${day(-99)}T09:30:00Z`}),
}

const check = (cwd: string, ...words: string[]) => sparkone(['secrets', 'check', ...words], {cwd})

test('secrets in order end with 0, a rotation that is due with 1, plain text with 2, and --env chooses', async () => {
  const plain = {...files, 'secrets/production.sops.yaml': sopsFile('db:\n    password: hunter2-hunter2-hunter2\n')}
  const [folder, broken] = [folderWith(files), folderWith(plain)]
  const [production, all, critical] = await Promise.all([check(folder, '--env', 'production'), check(folder), check(broken, '--json')])
  expect([production.code, production.stderr]).toEqual([0, ''])
  expect(production.stdout).toContain('everything is in order')
  expect(all.code).toBe(1)
  expect(all.stdout).toMatch(/^WARNING +staging db\.password +due to be rotated since/)
  const document = readDocument(critical.stdout, 'secrets-check')
  expect(document).toMatchObject({exitCode: 2, status: 'critical', folder: path.join(broken, 'secrets')})
  expect(document.fields).toContainEqual(expect.objectContaining({environment: 'production', name: 'db.password', state: 'plain'}))
  expect(critical.stdout + critical.stderr).not.toContain('hunter2')
})

test('it needs no configuration, and the other forms of output carry the same verdict', async () => {
  const folder = folderWith(files)
  const [nagios, prometheus] = await Promise.all([check(folder, '--output', 'nagios'), check(folder, '--output', 'prometheus')])
  expect([nagios.code, nagios.stdout]).toEqual([1, expect.stringMatching(/WARNING/)])
  expect(prometheus.stdout).toContain('sparkone_secrets_check_status{subject="staging db.password"} 1')
})

test('no secrets to look at, or an environment that is not known, is no verdict', async () => {
  const [nowhere, unknown] = await Promise.all([check(folderWith()), check(folderWith(files), '--env', 'development', '--json')])
  expect([nowhere.code, nowhere.stdout]).toEqual([3, ''])
  expect(nowhere.stderr).toContain('There is no secrets/registry.yml')
  expect(readDocument(unknown.stdout, 'secrets-check')).toMatchObject({exitCode: 3, error: {kind: 'usage'}})
})
