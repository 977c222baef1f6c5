import {Args} from '@oclif/core'
import {BaseCommand, fromCommandLine, identityFlag, readingWith} from '../../base-command.ts'
import {changeAnswer, type Answer} from '../../lib/output/document.ts'
import {confirmView} from '../../lib/output/views/encryption.ts'
import {confirmRecipients} from '../../lib/procedures/encryption.ts'

export default class EncryptionConfirm extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Confirm that a key can decrypt, by the code of a challenge.'
  static override description =
    'Takes the code that encryption challenge encrypted. Where the private key may be on this machine, --identity does the round trip at once and keeps nothing of the key.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4f1d0c9a7be2335d6a81',
    {description: 'With the key at hand.', command: '<%= config.bin %> <%= command.id %> --identity key.txt'},
  ]
  static override args = {code: Args.string({...fromCommandLine, description: 'The code that the challenge held.'})}
  static override flags = {identity: identityFlag}

  protected async answer(): Promise<Answer> {
    const {args, flags} = await this.parse(EncryptionConfirm)
    const {ports} = await this.context(readingWith(flags.identity))
    const result = await confirmRecipients({code: args.code ?? null, withIdentity: flags.identity !== undefined}, ports)
    return changeAnswer('encryption-confirm', {
      human: confirmView(result),
      message: `${result.confirmed.length} of ${result.recipients.length} keys confirmed`,
      body: {...result},
    })
  }
}
