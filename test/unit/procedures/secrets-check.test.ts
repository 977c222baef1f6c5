import {describe, expect, test} from 'vitest'
import {worst} from '../../../src/lib/domain/finding.ts'
import {describeValue, type EncryptedFile, type SecretMetadata} from '../../../src/lib/domain/secret-file.ts'
import type {SecretDates, SecretField} from '../../../src/lib/domain/secret-registry.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {EnvironmentSecrets, SecretFiles} from '../../../src/lib/ports.ts'
import {secretsCheck} from '../../../src/lib/procedures/secrets-check.ts'
import {FakeClock} from '../../support/fakes/clock.ts'
import {rejection} from '../../support/folder.ts'
import {anotherKey, productionKey, sealed} from '../../support/sops.ts'

const password: SecretField = {name: 'db.password', owner: 'platform lead', rotateEveryDays: 90, minimumLength: 24, optional: false}

const metadata: SecretMetadata = {
  recipients: [productionKey],
  hasKeys: true,
  hasCode: true,
  lastModified: '2026-11-01T09:30:00Z',
  unencryptedSuffix: '_unencrypted',
}

interface Scene {
  field?: Partial<SecretField>
  dates?: SecretDates
  /** What the file holds, as it stands there. */
  values?: Record<string, unknown>
  metadata?: Partial<SecretMetadata> | null
  secrets?: Partial<EnvironmentSecrets>
}

/** The secrets of production, all in order on 22 November 2026 but for what a test changes. */
function look({field = {}, dates = {rotated: '2026-10-30'}, values = {'db.password': sealed()}, metadata: changed = {}, secrets}: Scene) {
  const file = 'secrets/production.sops.yaml'
  const encrypted: EncryptedFile = {
    file,
    values: new Map(Object.entries(values).map(([name, value]) => [name, describeValue(value)])),
    metadata: changed && {...metadata, ...changed},
  }
  const {findings, fields} = secretsCheck.judge({
    registry: {fields: [{...password, ...field}], dates: {production: {'db.password': dates}}},
    environments: [{environment: 'production', file, encrypted, rule: [productionKey], decrypted: [], ...secrets}],
    today: '2026-11-22',
  })
  const of = (subject: string) => findings.find((finding) => finding.subject === `production ${subject}`)
  return {findings, of, field: fields[0], verdict: worst(findings)}
}

test('a secret that is encrypted, fresh and somebody’s is in order, and says when it is due', () => {
  const {findings, field} = look({})
  expect(findings.map(({subject, status}) => [subject, status])).toEqual([
    ['production file', 'ok'],
    ['production recipients', 'ok'],
    ['production db.password', 'ok'],
  ])
  expect(field).toMatchObject({owner: 'platform lead', state: 'encrypted', rotatedOn: '2026-10-30', dueOn: '2027-01-28', expiresOn: null})
})

describe('a value', () => {
  test.each([
    ['in plain text', 'hunter2-hunter2-hunter2-hunter2', 'plain text'],
    ['a number in plain text', 4711, 'plain text'],
    ['cut short', sealed().slice(0, -30), 'damaged'],
    ['with a tag that is too short', sealed().replace(/tag:[^,]+/, 'tag:AAAA'), 'damaged'],
    ['as long as a placeholder', sealed('change-me'.length), 'has 9 characters and should have 24'],
    ['that is empty', '', 'is empty'],
    ['that is nothing', null, 'is empty'],
  ])('%s is critical', (_, value, message) => {
    const {of, verdict} = look({values: {'db.password': value}})
    expect(of('db.password')).toMatchObject({status: 'critical', message: expect.stringContaining(message) as string})
    expect(of('db.password')?.hint).toBeTruthy()
    expect(verdict).toBe('critical')
  })

  test('is never repeated, whatever is wrong with it', () => {
    const {findings} = look({values: {'db.password': 'hunter2', 'stray.token': 'hunter2'}})
    expect(JSON.stringify(findings)).not.toContain('hunter2')
  })

  test('that is missing is critical, and that may be missing is named as turned off', () => {
    expect(look({values: {}}).of('db.password')).toMatchObject({status: 'critical', message: 'is not in secrets/production.sops.yaml'})
    const {of, field} = look({values: {'db.password': ''}, field: {optional: true}, dates: {}})
    expect(of('db.password')).toMatchObject({status: 'ok', message: expect.stringContaining('turns off') as string})
    expect(field).toMatchObject({state: 'empty', dueOn: null})
  })

  test('that may be missing is critical all the same when it stands there in plain text', () => {
    expect(look({values: {'db.password': 'hunter2'}, field: {optional: true}}).of('db.password')?.status).toBe('critical')
  })

  test('that the registry does not know has no owner; in plain text it is critical', () => {
    const values = {'db.password': sealed(), 'new.token': sealed(), 'old.token': 'hunter2', note_unencrypted: 'read me', later: ''}
    const {of} = look({values})
    expect(of('new.token')).toMatchObject({status: 'warning'})
    expect(of('old.token')).toMatchObject({status: 'critical'})
    expect(of('note_unencrypted')).toBeUndefined()
    expect(of('later')).toBeUndefined()
  })
})

describe('the day', () => {
  test.each<[string, SecretDates, string, RegExp]>([
    ['rotated 89 days ago is in order', {rotated: '2026-08-25'}, 'ok', /next by 2026-11-23/],
    ['rotated 90 days ago is due', {rotated: '2026-08-24'}, 'warning', /due to be rotated since 2026-11-22/],
    ['of rotation not recorded is not known', {}, 'unknown', /not recorded/],
    ['of rotation to come is not known', {rotated: '2026-12-24'}, 'unknown', /to come/],
    ['of rotation after the file was written last is doubted', {rotated: '2026-11-10'}, 'warning', /last written on 2026-11-01/],
    ['of expiry 31 days ahead is in order', {rotated: '2026-10-30', expires: '2026-12-23'}, 'ok', /expires on 2026-12-23/],
    ['of expiry 30 days ahead is told of', {rotated: '2026-10-30', expires: '2026-12-22'}, 'warning', /expires on/],
    ['of expiry today is told of', {rotated: '2026-10-30', expires: '2026-11-22'}, 'warning', /expires on/],
    ['of expiry yesterday is critical', {rotated: '2026-10-30', expires: '2026-11-21'}, 'critical', /expired on 2026-11-21/],
    ['of expiry decides, even where the rotation is not recorded', {expires: '2026-11-21'}, 'critical', /expired/],
  ])('%s', (_, dates, status, message) => {
    expect(look({dates}).of('db.password')).toMatchObject({status, message: expect.stringMatching(message) as string})
  })

  test('recorded in a zone that is a day ahead of SOPS is believed', () => {
    expect(look({dates: {rotated: '2026-11-02'}}).of('db.password')?.status).toBe('ok')
  })
})

describe('the file', () => {
  test.each<[string, Partial<SecretMetadata> | null, RegExp]>([
    ['that SOPS never wrote', null, /never encrypted by SOPS/],
    ['without a recipient', {recipients: []}, /no age key/],
    ['whose recipient has no copy of the key', {hasKeys: false}, /no encrypted copy/],
    ['without a code', {hasCode: false}, /tampering/],
    ['without the time of its writing', {lastModified: null}, /when it was last written/],
    ['with a time that is none', {lastModified: 'yesterday'}, /when it was last written/],
    ['written in the future', {lastModified: '2027-01-01T00:00:00Z'}, /to come/],
  ])('%s is critical', (_, changed, message) => {
    expect(look({metadata: changed}).of('file')).toMatchObject({status: 'critical', message: expect.stringMatching(message) as string})
  })

  test('that is not there is one finding, and not one for each field', () => {
    const {findings, fields} = {...look({secrets: {encrypted: null}}), fields: look({secrets: {encrypted: null}}).field}
    expect(findings.filter(({status}) => status === 'critical')).toEqual([expect.objectContaining({subject: 'production file'})])
    expect(fields).toBeUndefined()
  })

  test('decrypted and left beside is critical', () => {
    expect(look({secrets: {decrypted: ['secrets/production.yaml']}}).of('decrypted')).toMatchObject({
      status: 'critical',
      hint: 'shred -u secrets/production.yaml',
    })
  })
})

describe('the recipients', () => {
  test.each<[string, readonly string[] | null, string, RegExp]>([
    ['without a rule', null, 'critical', /no rule/],
    ['that are the placeholder', ['PUBLIC_AGE_KEY_OF_PRODUCTION'], 'critical', /unset/],
    ['of which one is a placeholder', [productionKey, 'age1…'], 'critical', /unset/],
    ['that are nobody', [], 'critical', /unset/],
    ['that are others than those of the file', [anotherKey], 'warning', /not encrypted for the keys/],
    ['of which one was added since', [productionKey, anotherKey], 'warning', /not encrypted for the keys/],
    ['that are those of the file', [productionKey], 'ok', /1 key/],
  ])('%s: %s', (_, rule, status, message) => {
    expect(look({secrets: {rule}}).of('recipients')).toMatchObject({status, message: expect.stringMatching(message) as string})
  })
})

describe('the environments', () => {
  const secrets: SecretFiles = {
    folder: 'secrets',
    registry: async () => ({fields: [password], dates: {production: {}, staging: {}}}),
    of: async (environment) => ({environment, file: `secrets/${environment}.sops.yaml`, encrypted: null, rule: null, decrypted: []}),
  }
  const ports = {clock: new FakeClock(new Date('2026-11-22T23:59:00Z')), secrets}

  test('are all looked at unless one is named', async () => {
    const names = async (environment: string | null) =>
      (await secretsCheck.gather({environment}, ports)).environments.map((each) => each.environment)
    expect(await names(null)).toEqual(['production', 'staging'])
    expect(await names('staging')).toEqual(['staging'])
  })

  test('that the registry does not know are refused, with those that it does', async () => {
    const error = await rejection(secretsCheck.gather({environment: 'stagin'}, ports), OperatorError)
    expect(error).toMatchObject({kind: 'usage', hint: 'It has: production, staging.'})
  })
})
