import {z} from 'zod'
import {duration, oneOf, section, setting, text} from '../kinds.ts'

const words = z.array(text, {error: 'expected a list of words'}).min(1, {error: 'expected a list of words'})

/** What happens to the API around the swap of a restore. */
export const restore = section({
  api: setting(
    oneOf(['leave', 'restart', 'stop']).prefault('leave'),
    'What happens to the service of the API: `restart` it after the swap, `stop` it for the swap, or `leave` it to connect again by itself.',
  ),
  before: setting(
    words.optional(),
    'Program to run before the swap, word by word, where the API is no service of Compose; the restore ends when it fails.',
  ),
  after: setting(words.optional(), 'Program to run after the swap, and after a swap that failed.'),
  startLimit: setting(duration.prefault('2m'), 'How long the API may take to be healthy again.'),
})
