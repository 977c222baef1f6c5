import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {FolderSecrets} from '../../src/lib/adapters/secrets/files.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {folderWith, rejection} from '../support/folder.ts'
import {anotherKey, productionKey, sealed, sopsFile} from '../support/sops.ts'

const rules = `creation_rules:
  - path_regex: ^secrets/production\\.sops\\.yaml$
    age: >-
      ${productionKey},
      ${anotherKey}
  - path_regex: staging
    key_groups: [{age: [${anotherKey}]}]
`
const registry = `version: 1
fields:
  db.password: {owner: platform lead, rotate: 90d, length: 24}
  mail.password: {owner: platform lead, rotate: 365d, optional: true}
environments:
  production:
    db.password: {rotated: 2026-10-30}
    mail.password: {rotated: , expires: 2027-01-31}
  staging:
`
const files = {
  '.sops.yaml': rules,
  'secrets/registry.yml': registry,
  'secrets/production.sops.yaml': sopsFile(
    `#ENC[AES256_GCM,data:c29tZSB3b3Jkcw==,iv:${'A'.repeat(43)}=,tag:${'A'.repeat(22)}==,type:comment]
db:
    password: ${sealed(31)}
    ports:
        - ${sealed(4, 'int')}
mail:
    password: ""
    host: mail.example.com
`,
    {recipients: [productionKey, anotherKey]},
  ),
}

const open = (folder: string, named?: string) => FolderSecrets.open(named, folder)

describe('the folder of secrets', () => {
  test('is the nearest one with a registry, seen from any folder below', async () => {
    const root = folderWith({...files, 'ops/secrets/db_password.txt': '', 'ops/sparkone.yml': ''})
    expect((await open(path.join(root, 'ops'))).folder).toBe(path.join(root, 'secrets'))
  })

  test('can be named, and one that is nowhere is said to be missing', async () => {
    const root = folderWith(files)
    expect((await open('/', path.join(root, 'secrets'))).folder).toBe(path.join(root, 'secrets'))
    expect(await rejection(open(folderWith()), OperatorError)).toMatchObject({kind: 'notFound'})
  })

  test('shows what was left in it decrypted, and takes neither examples nor encrypted files for that', async () => {
    const left = {'secrets/production.yaml': 'db:', 'secrets/production.dec.json': '{}', 'secrets/production.example.yaml': 'db:'}
    const secrets = await open(folderWith({...files, ...left}))
    expect((await secrets.of('production')).decrypted).toEqual(['secrets/production.dec.json', 'secrets/production.yaml'])
    expect((await secrets.of('staging')).decrypted).toEqual([])
  })
})

describe('an encrypted file', () => {
  test('tells which fields it has, how long they are and who may read it, without a key', async () => {
    const {encrypted} = await (await open(folderWith(files))).of('production')
    expect(Object.fromEntries(encrypted!.values)).toEqual({
      'db.password': {state: 'encrypted', length: 31},
      'db.ports.0': {state: 'encrypted', length: 4},
      'mail.password': {state: 'empty', length: 0},
      'mail.host': {state: 'plain', length: 0},
    })
    expect(encrypted!.metadata).toEqual({
      recipients: [productionKey, anotherKey],
      hasKeys: true,
      hasCode: true,
      lastModified: '2026-11-01T09:30:00Z',
      unencryptedSuffix: '_unencrypted',
    })
  })

  test.each([
    ['without metadata is one that SOPS never wrote', 'db: {password: hunter2}\n', {metadata: null}],
    ['with metadata of no shape is one that SOPS never wrote', 'db: {password: hunter2}\nsops: yes\n', {metadata: null}],
    ['without recipients says so', sopsFile('db:\n', {recipients: []}), {metadata: {recipients: []}}],
    ['with an empty code says so', sopsFile('db:\n', {mac: '""'}), {metadata: {hasCode: false}}],
    ['with a plain code says so', sopsFile('db:\n', {mac: 'abcdef'}), {metadata: {hasCode: false}}],
  ])('%s', async (_, text, expected) => {
    const secrets = await open(folderWith({...files, 'secrets/production.sops.yaml': text}))
    expect((await secrets.of('production')).encrypted).toMatchObject(expected)
  })

  test('whose keys stand in groups has them all', async () => {
    const group = (recipient: string) => `        - age:
            - recipient: ${recipient}
              enc: |
                -----BEGIN AGE ENCRYPTED FILE-----
                YWdl
                -----END AGE ENCRYPTED FILE-----
`
    const text = sopsFile('db:\n', {recipients: []}).replace(
      '    age: []\n',
      `    key_groups:\n${group(productionKey)}${group(anotherKey)}`,
    )
    const secrets = await open(folderWith({...files, 'secrets/production.sops.yaml': text}))
    const {encrypted} = await secrets.of('production')
    expect(encrypted!.metadata).toMatchObject({recipients: [productionKey, anotherKey], hasKeys: true})
  })

  test('with an alias that leads nowhere is refused, and not called a bug', async () => {
    const secrets = await open(folderWith({...files, 'secrets/production.sops.yaml': 'db: *hunter2\n'}))
    const error = await rejection(secrets.of('production'), OperatorError)
    expect([error.kind, error.message]).toEqual(['usage', 'secrets/production.sops.yaml holds no fields.'])
  })

  test('that is not there is told apart from one that is empty', async () => {
    const secrets = await open(folderWith({...files, 'secrets/production.sops.yaml': ''}))
    expect((await secrets.of('staging')).encrypted).toBeNull()
    expect(await rejection(secrets.of('production'), OperatorError)).toMatchObject({kind: 'usage'})
  })

  test('that is no YAML is refused by its line, of which nothing is repeated', async () => {
    const secrets = await open(folderWith({...files, 'secrets/production.sops.yaml': 'db:\n  password: "hunter2\n  user: [hunter2\n'}))
    const error = await rejection(secrets.of('production'), OperatorError)
    expect(error.message).toMatch(/^secrets\/production\.sops\.yaml is no valid YAML at line \d\.$/)
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain('hunter2')
  })
})

describe('the rules of SOPS', () => {
  test('are those of the first rule that the file falls under, in any of the forms that SOPS reads', async () => {
    const secrets = await open(folderWith(files))
    expect((await secrets.of('production')).rule).toEqual([productionKey, anotherKey])
    expect((await secrets.of('staging')).rule).toEqual([anotherKey])
    expect((await secrets.of('development')).rule).toBeNull()
  })

  test.each([
    ['of no shape', 'creation_rules: {}\n'],
    ['with an expression that is none', 'creation_rules: [{path_regex: "(", age: x}]\n'],
  ])('%s are refused', async (_, text) => {
    const secrets = await open(folderWith({...files, '.sops.yaml': text}))
    expect(await rejection(secrets.of('production'), OperatorError)).toMatchObject({kind: 'usage'})
  })
})

describe('the registry', () => {
  test('tells owners, intervals and days', async () => {
    expect(await (await open(folderWith(files))).registry()).toEqual({
      fields: [
        {name: 'db.password', owner: 'platform lead', rotateEveryDays: 90, minimumLength: 24, optional: false},
        {name: 'mail.password', owner: 'platform lead', rotateEveryDays: 365, minimumLength: 1, optional: true},
      ],
      dates: {production: {'db.password': {rotated: '2026-10-30'}, 'mail.password': {expires: '2027-01-31'}}, staging: {}},
    })
  })

  test('is refused with all that is wrong with it', async () => {
    const broken = registry.replace('90d', 'often').replace('2026-10-30', '2026-13-30')
    const secrets = await open(folderWith({...files, 'secrets/registry.yml': broken}))
    const {kind, details} = await rejection(secrets.registry(), OperatorError)
    expect(kind).toBe('usage')
    expect(details).toEqual([
      'fields › db.password › rotate: expected days such as 90d',
      'environments › production › db.password › rotated: expected a day such as 2026-01-31',
    ])
  })

  test('is refused where it has days of a field that it does not have', async () => {
    const secrets = await open(folderWith({...files, 'secrets/registry.yml': registry.replace('    db.password:', '    db.passwrd:')}))
    const {details} = await rejection(secrets.registry(), OperatorError)
    expect(details).toEqual(['environments › production › db.passwrd: there is no such field'])
  })
})
