import {isRowsMember, type MemberName} from './backup-set.ts'
import type {Finding} from './finding.ts'

/** A public key that backups are written for, and when its owner last showed that the private one is there. */
export interface RecipientConfirmation {
  recipient: string
  confirmedAt: string | null
}

/** Members that hold data or password verifiers; the others say how to get these back and stay readable. */
export function isSecretMember(name: MemberName): boolean {
  const plain = ['database.dump', 'database.dump.zst', 'globals.sql', 'files.tar.zst', 'files.sha256']
  return plain.includes(name) || (isRowsMember(name) && !name.endsWith('.age'))
}

/** Returns the name that a member is stored under when it is encrypted. */
export function encryptedName(name: MemberName): MemberName {
  return isSecretMember(name) ? (`${name}.age` as MemberName) : name
}

/** Returns what is to be said of the keys: a backup that nobody can decrypt is none. */
export function judgeEncryption(confirmations: readonly RecipientConfirmation[], {identitiesHere}: {identitiesHere: boolean}): Finding[] {
  const subject = 'encryption'
  if (confirmations.length === 0) return [{subject, status: 'ok', message: 'backups are not encrypted'}]
  const confirmed = confirmations.filter(({confirmedAt}) => confirmedAt !== null)
  const findings: Finding[] = confirmations.filter(({confirmedAt}) => confirmedAt === null).map(unconfirmed)
  if (confirmed.length === 1 && confirmations.length === 1) {
    findings.push({
      subject,
      status: 'warning',
      message: 'backups are encrypted to one key alone: who loses it loses every backup',
      hint: 'Make a second with age-keygen, keep it elsewhere, and add its recipient to backup.encryption.recipients.',
    })
  }
  if (identitiesHere) {
    findings.push({
      subject,
      status: 'warning',
      message: 'the private key lies on the machine that writes the backups, so whoever takes the machine can read them all',
      hint: 'Verify elsewhere, and remove backup.encryption.identities here.',
    })
  }
  return findings.length > 0 ? findings : [{subject, status: 'ok', message: `each of ${confirmed.length} keys was shown to decrypt`}]
}

function unconfirmed({recipient}: RecipientConfirmation): Finding {
  return {
    subject: 'encryption',
    status: 'critical',
    message: `nobody has shown that what is encrypted to ${recipient} can be decrypted`,
    hint: 'sparkone encryption challenge',
  }
}
