import {copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {execa} from 'execa'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {FolderSecrets} from '../../src/lib/adapters/secrets/files.ts'
import {folderWith} from '../support/folder.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(path.join(root, name), 'utf8')
const secrets = await FolderSecrets.open(undefined, root)
const {fields, dates} = await secrets.registry()
const names = fields.map(({name}) => name)

/** Every dotted path of a mapping. */
function pathsOf(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null) return [prefix]
  return Object.entries(value).flatMap(([name, child]) => pathsOf(child, prefix === '' ? name : `${prefix}.${name}`))
}

describe('what git keeps of the secrets', () => {
  const ignored = async (name: string) => {
    const folder = folderWith()
    copyFileSync(path.join(root, '.gitignore'), path.join(folder, '.gitignore'))
    await execa('git', ['init', '--quiet', folder])
    const {exitCode} = await execa('git', ['-C', folder, 'check-ignore', '--quiet', name], {reject: false})
    return exitCode === 0
  }

  test.each([
    'production.yaml',
    'staging.yaml',
    'production.dec.yaml',
    'production.json',
    'production.env',
    'keys.txt',
    'production.yaml~',
  ])('secrets/%s is ignored', async (name) => expect(await ignored(`secrets/${name}`)).toBe(true))

  test.each(['ops/secrets/postgres_password.txt', 'ops/.env'])('%s is ignored', async (name) => expect(await ignored(name)).toBe(true))

  test.each(['production.sops.yaml', 'staging.sops.yaml', 'production.example.yaml', 'registry.yml', 'README.md'])(
    'secrets/%s is kept',
    async (name) => expect(await ignored(`secrets/${name}`)).toBe(false),
  )
})

describe('the secrets as they are shipped', () => {
  test('have an owner, an interval and an example for each field, in production and in staging', () => {
    expect(Object.keys(dates)).toEqual(['production', 'staging'])
    for (const environment of Object.keys(dates)) {
      expect(pathsOf(parse(read(`secrets/${environment}.example.yaml`)))).toEqual(expect.arrayContaining(names))
    }
    const minimal = ['postgres.', 'redis.', 'evolution.', 'notion.', 'smtp.', 'slack.']
    expect(minimal.filter((start) => !names.some((name) => name.startsWith(start)))).toEqual([])
  })

  test('hold placeholders in the examples that are too short for any required field', () => {
    const tooShort = fields.filter(({optional}) => !optional).filter(({minimumLength}) => minimumLength > 'change-me'.length)
    expect(tooShort.length).toBe(fields.filter(({optional}) => !optional).length)
    const values = ['production', 'staging'].flatMap((environment) => read(`secrets/${environment}.example.yaml`).match(/: .*$/gm) ?? [])
    expect(values.filter((value) => !/^: (change-me|'')$/.test(value) && !value.includes('README'))).toEqual([])
  })

  test('have nobody who could decrypt them until somebody says who', async () => {
    for (const environment of Object.keys(dates)) {
      const {rule, encrypted} = await secrets.of(environment)
      expect(encrypted).toBeNull()
      expect(rule).toEqual([expect.stringMatching(/^PUBLIC_AGE_KEY_OF_/)])
    }
  })
})

describe('ops/decrypt-secrets.sh', () => {
  const script = read('ops/decrypt-secrets.sh')
  const written = [...script.matchAll(/^([a-z_]+\.[a-z_]+):([a-z_]+)$/gm)].map(([, field, file]) => ({field: field!, file: `${file!}.txt`}))

  test('writes every field that the registry has but the one that nothing here reads', () => {
    expect(written.map(({field}) => field).toSorted()).toEqual(names.filter((name) => name !== 'evolution.api_key').toSorted())
  })

  test('writes the files that Compose mounts', () => {
    const mounted = (parse(read('ops/docker-compose.prod.yml')) as {secrets: Record<string, {file: string}>}).secrets
    const files = Object.values(mounted).map(({file}) => path.basename(file))
    // The certificate is renewed and not rotated; the keys of the off-site store are for sparkone on the machine.
    const forCompose = written.map(({file}) => file).filter((file) => !file.startsWith('offsite_'))
    expect([...forCompose, 'tls_certificate.txt', 'tls_key.txt'].toSorted()).toEqual(files.toSorted())
  })

  /** A checkout with a stand-in for SOPS that prints the field it is asked for, and fails for one of them. */
  const checkout = (failing = 'none') => {
    const folder = folderWith({'secrets/production.sops.yaml': ''})
    mkdirSync(path.join(folder, 'ops'))
    cpSync(path.join(root, 'ops/decrypt-secrets.sh'), path.join(folder, 'ops/decrypt-secrets.sh'))
    mkdirSync(path.join(folder, 'bin'))
    const sops = `#!/bin/sh\ncase $3 in *${failing}*) echo denied >&2; exit 1;; esac\n[ "$1 $2" = '--decrypt --extract' ] && printf %s "$3"\n`
    writeFileSync(path.join(folder, 'bin/sops'), sops, {mode: 0o755})
    const run = (...words: string[]) =>
      execa('sh', [path.join(folder, 'ops/decrypt-secrets.sh'), ...words], {
        env: {PATH: `${folder}/bin:${process.env.PATH}`},
        reject: false,
      })
    return {folder, run, target: path.join(folder, 'ops/secrets')}
  }

  test('puts each field into its file, in a folder that is closed', async () => {
    const {run, target} = checkout()
    const {exitCode, stdout} = await run('production')
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('wrote the secrets of production')])
    expect(readdirSync(target).toSorted()).toEqual(written.map(({file}) => file).toSorted())
    expect(readFileSync(path.join(target, 'slack_alert_webhook.txt'), 'utf8')).toBe('["slack"]["alert_webhook"]')
    expect(statSync(target).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(target, 'smtp_password.txt')).mode & 0o777).toBe(0o444)
  })

  test('replaces nothing when one field cannot be decrypted, and leaves no draft', async () => {
    const {run, target} = checkout('heartbeat')
    mkdirSync(target)
    writeFileSync(path.join(target, 'redis_password.txt'), 'before')
    const {exitCode, stderr} = await run('production')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('heartbeat.url could not be decrypted; nothing was replaced')])
    expect(readdirSync(target)).toEqual(['redis_password.txt'])
    expect(readFileSync(path.join(target, 'redis_password.txt'), 'utf8')).toBe('before')
  })

  test('refuses without an environment, and one that has no file', async () => {
    const {run, target} = checkout()
    expect((await run()).exitCode).toBe(3)
    expect((await run('development')).exitCode).toBe(9)
    expect(existsSync(target)).toBe(false)
  })
})
