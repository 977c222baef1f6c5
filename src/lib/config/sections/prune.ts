import {z} from 'zod'
import {parseBytes} from '../../domain/quantity.ts'
import {duration, section, setting, text} from '../kinds.ts'

const sizeError = 'expected an amount of bytes such as 2GiB'

const size = z.string({error: sizeError}).transform((value, context) => {
  const bytes = parseBytes(value)
  if (bytes !== null) return bytes
  context.addIssue(sizeError)
  return z.NEVER
})

const countError = {error: 'expected a number of at least 1'}

const amountError = {error: 'expected a number, 0 or more'}

/** What `sparkone prune` leaves alone. */
export const prune = section({
  minAge: setting(duration.prefault('7d'), 'What came, ended or was last used more recently than this stays.'),
  keepReleases: setting(
    z.int(countError).min(1, countError).prefault(5),
    'Images of how many of the last good releases stay, so that they can be gone back to.',
  ),
  keep: setting(
    z.array(text, {error: 'expected a list of image names'}).prefault([]),
    'Images that stay, by name with or without tag, by digest or by ID; `*` stands for any characters, `?` for one.',
  ),
  cacheFloor: setting(size.prefault('2GiB'), 'How much of the build cache stays, what was used last first.'),
  keepDatabases: setting(
    z.int(amountError).min(0, amountError).prefault(1),
    'How many of the databases stay that restores put aside, the newest first.',
  ),
})
