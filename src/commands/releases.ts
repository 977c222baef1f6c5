import {BaseCommand} from '../base-command.ts'
import {currentRelease} from '../lib/domain/release.ts'
import {lookupAnswer, type Answer} from '../lib/output/document.ts'
import {releasesView} from '../lib/output/views/release.ts'
import {releaseBody} from '../release-answers.ts'

export default class Releases extends BaseCommand {
  static override kind = 'lookup' as const
  static override summary =
    'Show the ledger of releases: what was brought up, when, by whom, with which schema and backup, and what came of it.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  protected async answer(): Promise<Answer> {
    const releases = await (await (await this.ports()).releases()).all()
    const current = currentRelease(releases)
    return lookupAnswer('releases', {
      human: releasesView(releases, current, this.mode),
      message: `${releases.length} releases, ${current?.version ?? current?.id ?? 'none'} runs`,
      body: {current: current?.id ?? null, releases: releases.map(releaseBody)},
    })
  }
}
