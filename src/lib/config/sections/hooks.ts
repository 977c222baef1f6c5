import {argv, duration, section, setting} from '../kinds.ts'

/** Returns the settings of programs around a piece of work; `words` say when each of them is run. */
export function hooks(words: Readonly<Record<'before' | 'after' | 'failed', string>>) {
  return section({
    before: setting(argv.optional(), words.before),
    after: setting(argv.optional(), words.after),
    failed: setting(argv.optional(), words.failed),
    finally: setting(argv.optional(), 'Program to run at the end, however it ended.'),
    limit: setting(duration.prefault('5m'), 'How long each may take.'),
  })
}
