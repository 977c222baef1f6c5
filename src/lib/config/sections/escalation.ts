import {z} from 'zod'
import {duration, holdsPassword, section, setting, text} from '../kinds.ts'

const contactError = {error: 'expected an e-mail address, a phone number, a channel such as #ops, or a URL'}

/** Shown as it stands, so it must be something that a person can call, write to or open, and no secret. */
const contact = z
  .string(contactError)
  .regex(/^(?:[^\s@]+@[^\s@]+\.[^\s@]+|\+?[\d(][\d\s()/-]{2,}|[#@][\w.-]+|(?:https?|mailto|tel|sip):\S+)$/, contactError)
  .refine((value) => !holdsPassword(value), {error: 'expected a URL without a password'})

function level(role: string, after: string | null) {
  const wait = after === null ? duration.optional() : duration.prefault(after)
  return setting(
    section({
      role: setting(text.prefault(role), 'Role that is called, as the pages name it; never a person.'),
      contacts: setting(
        z.array(contact, {error: 'expected a list of contacts'}).prefault([]),
        'E-mail addresses, phone numbers, channels or URLs, in the order in which they are tried.',
      ),
      after: setting(wait, 'How long after the beginning of an incident it is called.', after === null ? {fallback: 'at once'} : {}),
    }).prefault({}),
    'One level of escalation.',
  )
}

/** Who is called, and when; runbooks show it. */
export const escalation = section({
  level1: level('on-call operator', null),
  level2: level('service owner', '15m'),
  level3: level('platform lead', '30m'),
  level4: level('head of engineering', '1h'),
})
