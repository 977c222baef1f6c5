import type {EncryptedFile} from '../domain/secret-file.ts'
import type {SecretRegistry} from '../domain/secret-registry.ts'

/** The encrypted secrets of a project with what is recorded about them; nothing is ever decrypted. */
export interface SecretFiles {
  readonly folder: string
  /** Throws `notFound`, or `usage` with everything that is wrong with it. */
  registry(): Promise<SecretRegistry>
  /** Throws `usage` for what cannot be read as YAML, without repeating a line of it. */
  of(environment: string): Promise<EnvironmentSecrets>
}

export interface EnvironmentSecrets {
  environment: string
  /** Where the encrypted file is, or would be. */
  file: string
  /** Null when there is none. */
  encrypted: EncryptedFile | null
  /** Whom `.sops.yaml` lets read it; null when no rule of it names the file. */
  rule: readonly string[] | null
  /** Files beside it that look like its decrypted contents. */
  decrypted: readonly string[]
}
