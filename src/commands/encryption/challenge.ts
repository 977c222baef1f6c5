import {BaseCommand} from '../../base-command.ts'
import {changeAnswer, type Answer} from '../../lib/output/document.ts'
import {challengeView} from '../../lib/output/views/encryption.ts'
import {challengeRecipients} from '../../lib/procedures/encryption.ts'

export default class EncryptionChallenge extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Ask the owner of each key to show that it can decrypt.'
  static override description =
    'Prints a code encrypted to each recipient of backup.encryption.recipients. Decrypted where the private key is kept, and given to encryption confirm, it shows that the key is there and fits. Until one was, encrypted backups are refused; the private key never comes to this machine.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Where the key is kept.', command: 'age --decrypt --identity key.txt challenge.age'},
  ]

  protected async answer(): Promise<Answer> {
    const challenges = await challengeRecipients(await this.ports())
    return changeAnswer('encryption-challenge', {
      human: challengeView(challenges),
      message: `${challenges.length} challenges`,
      body: {challenges},
    })
  }
}
