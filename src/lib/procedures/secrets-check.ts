import type {Finding} from '../domain/finding.ts'
import {count} from '../domain/quantity.ts'
import {isRecipient, type EncryptedFile, type SecretMetadata} from '../domain/secret-file.ts'
import {dayOf, daysBetween, type SecretRegistry} from '../domain/secret-registry.ts'
import {OperatorError} from '../errors.ts'
import type {Clock, EnvironmentSecrets, SecretFiles} from '../ports.ts'
import {judgeField, type FieldFinding} from './secrets-check/field.ts'

export interface SecretPorts {
  clock: Clock
  secrets: SecretFiles
}

export interface SecretFacts {
  registry: SecretRegistry
  environments: readonly EnvironmentSecrets[]
  today: string
}

export interface SecretFindings {
  findings: readonly Finding[]
  fields: readonly FieldFinding[]
}

/** Checks the encrypted secrets of one environment, or of all that the registry knows, without any key. */
export const secretsCheck = {
  name: 'secrets-check',

  /** Throws `notFound` without a registry, and `usage` for one that is not valid or does not know the environment. */
  async gather({environment}: {environment: string | null}, {clock, secrets}: SecretPorts): Promise<SecretFacts> {
    const registry = await secrets.registry()
    const known = Object.keys(registry.dates)
    if (environment !== null && !known.includes(environment)) {
      throw new OperatorError('usage', `The registry knows no environment ${environment}.`, {hint: `It has: ${known.join(', ')}.`})
    }
    const environments = await Promise.all((environment === null ? known : [environment]).map((name) => secrets.of(name)))
    return {registry, environments, today: dayOf(clock.now())}
  },

  judge(facts: SecretFacts): SecretFindings {
    const fields = facts.environments.flatMap((one) => judgeFields(one, facts))
    const findings = facts.environments.flatMap((one) => [
      ...judgeFile(one, facts.today),
      ...fields.filter(({environment}) => environment === one.environment).map(({finding}) => finding),
      ...judgeStrangers(one, facts.registry),
    ])
    return {findings, fields}
  },
}

function judgeFields({environment, encrypted}: EnvironmentSecrets, {registry, today}: SecretFacts): FieldFinding[] {
  if (encrypted === null) return []
  const lastModified = encrypted.metadata?.lastModified ?? null
  return registry.fields.map((field) => {
    const dates = registry.dates[environment]?.[field.name] ?? {}
    return judgeField({environment, file: encrypted.file, field, dates, value: encrypted.values.get(field.name), lastModified, today})
  })
}

function judgeFile({environment, encrypted, file, rule, decrypted}: EnvironmentSecrets, today: string): Finding[] {
  const subject = `${environment} file`
  return [
    ...(encrypted === null ? [missingFile(environment, file)] : [{subject, ...judgeMetadata(encrypted, today)}]),
    {subject: `${environment} recipients`, ...judgeRecipients(encrypted?.metadata?.recipients ?? null, rule, file)},
    ...decrypted.map((name): Finding => {
      const message = `${name} lies there in plain text`
      return {subject: `${environment} decrypted`, status: 'critical', message, hint: `shred -u ${name}`}
    }),
  ]
}

function missingFile(environment: string, file: string): Finding {
  const hint = 'secrets/README.md says how to make it'
  return {subject: `${environment} file`, status: 'critical', message: `there is no ${file}`, hint}
}

type Verdict = Omit<Finding, 'subject'>

function judgeMetadata({file, metadata}: EncryptedFile, today: string): Verdict {
  if (metadata === null) {
    const hint = `sops encrypt --in-place ${file}; if it was ever committed, rotate every field`
    return {status: 'critical', message: `${file} was never encrypted by SOPS`, hint}
  }
  const flaw = flawOf(metadata, today)
  if (flaw !== null) return {status: 'critical', message: flaw, hint: `git log -p ${file}; restore it from before, or make it anew`}
  return {status: 'ok', message: `written by SOPS on ${metadata.lastModified!.slice(0, 10)}`}
}

function flawOf({recipients, hasKeys, hasCode, lastModified}: SecretMetadata, today: string): string | null {
  if (recipients.length === 0) return 'no age key can decrypt it'
  if (!hasKeys) return 'a recipient has no encrypted copy of the key'
  if (!hasCode) return 'the code (mac) that shows tampering is missing or damaged'
  if (lastModified === null || Number.isNaN(Date.parse(lastModified))) return 'it does not say when it was last written'
  return daysBetween(today, lastModified.slice(0, 10)) > 1 ? `it was written on ${lastModified.slice(0, 10)}, which is to come` : null
}

function judgeRecipients(actual: readonly string[] | null, rule: readonly string[] | null, file: string): Verdict {
  const name = '.sops.yaml'
  if (rule === null) return {status: 'critical', message: `no rule of ${name} names ${file}`, hint: `add one to ${name}`}
  if (rule.length === 0 || !rule.every(isRecipient)) {
    const hint = `age-keygen -o KEYFILE makes a key; its public half belongs into ${name}`
    return {status: 'critical', message: `unset: ${name} still holds a placeholder, or no public key of age`, hint}
  }
  const same = actual === null || (actual.length === rule.length && actual.every((one) => rule.includes(one)))
  if (same) return {status: 'ok', message: `${count(rule.length, 'key')} can decrypt it`}
  return {status: 'warning', message: `the file is not encrypted for the keys of ${name}`, hint: `sops updatekeys ${file}`}
}

/** What nobody has written into the registry has no owner and no date, and what is plain is plain whatever it is called. */
function judgeStrangers({environment, encrypted}: EnvironmentSecrets, {fields}: SecretRegistry): Finding[] {
  const known = new Set(fields.map(({name}) => name))
  const suffix = encrypted?.metadata?.unencryptedSuffix ?? ''
  const strangers = [...(encrypted?.values ?? [])].filter(([name]) => !known.has(name) && !isLeftPlain(name, suffix))
  return strangers.flatMap(([name, {state}]): Finding[] => {
    const subject = `${environment} ${name}`
    if (state === 'empty') return []
    if (state !== 'encrypted') return [{subject, status: 'critical', message: `${state} instead of encrypted`, hint: 'rotate it'}]
    return [{subject, status: 'warning', message: 'not in the registry, so nobody looks after it', hint: 'add it to secrets/registry.yml'}]
  })
}

function isLeftPlain(name: string, suffix: string): boolean {
  return suffix !== '' && name.split('.').some((part) => part.endsWith(suffix))
}
