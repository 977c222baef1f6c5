import {z} from 'zod'
import {logDateFormat} from '../../domain/log-date.ts'
import {logFrequencies} from '../../domain/log-rule.ts'
import {parseBytes} from '../../domain/quantity.ts'
import {duration, identifier, oneOf, path, section, setting, text} from '../kinds.ts'

const sizeError = 'expected an amount of bytes such as 100M'

const size = z.union([z.string(), z.number()], {error: sizeError}).transform((value, context) => {
  const bytes = parseBytes(String(value))
  if (bytes !== null) return bytes
  context.addIssue(sizeError)
  return z.NEVER
})

const flag = z.boolean({error: 'expected true or false'})

const weekdayError = {error: 'expected 0 (Sunday) to 7 (every seven days)'}
const linesError = {error: 'expected a number of lines'}
const daysError = {error: 'expected a number of days'}

const countError = {error: 'expected a number, 0 to keep none or -1 to keep all'}

const modeError = {error: "expected a mode such as '0640', or same"}

const mode = z
  .union([z.literal('same'), z.string().regex(/^0?[0-7]{3}$/, modeError)], modeError)
  .transform((value) => (value === 'same' ? value : Number.parseInt(value, 8)))

const signalName = z
  .string({error: 'expected the name of a signal such as USR1'})
  .regex(/^[A-Z][A-Z0-9]{1,9}$/, {error: 'expected the name of a signal such as USR1'})

const signal = section({
  name: setting(signalName, 'Signal, such as `USR1` or `HUP`.'),
  service: setting(text.optional(), 'Compose service whose containers get it.'),
  pidFile: setting(path.optional(), 'File with the number of the process that gets it, as an absolute path.'),
}).refine((value) => (value.service === undefined) !== (value.pidFile === undefined), {error: 'expected either service or pidFile'})

const rule = section({
  pattern: setting(text, 'Logs that are meant: `*` stands for any characters of one name, `**` for any folders, `{a,b}` for either.'),
  frequency: setting(oneOf(logFrequencies).prefault('daily'), 'How often a log is rotated.'),
  weekday: setting(
    z.int(weekdayError).min(0, weekdayError).max(7, weekdayError).prefault(0),
    'Day of a weekly rotation: 0 is Sunday, 7 stands for every seven days.',
  ),
  size: setting(size.optional(), 'Size from which a log is rotated; then the frequency says nothing.', {fallback: 'none'}),
  minsize: setting(size.optional(), 'Size below which a log is not rotated, even when it is time.', {fallback: 'none'}),
  maxsize: setting(size.optional(), 'Size above which a log is rotated before it is time.', {fallback: 'none'}),
  rotate: setting(z.int(countError).min(-1, countError).prefault(7), 'How many rotated logs stay; 0 keeps none, -1 all.'),
  maxage: setting(z.int(daysError).min(1, daysError).optional(), 'Days after which a rotated log is removed.', {fallback: 'none'}),
  compress: setting(flag.prefault(false), 'Whether rotated logs are compressed by gzip.'),
  delaycompress: setting(flag.prefault(false), 'Whether the newest rotated log is left as it is until the next rotation.'),
  dateext: setting(flag.prefault(false), 'Whether rotated logs have a date in their name instead of a number.'),
  dateformat: setting(
    text
      .refine((value) => logDateFormat(value) !== null, {error: "expected a date such as '-%Y%m%d', of %Y %m %d %H %M %S %V %s"})
      .optional(),
    'That date: `%Y %m %d %H %M %S %V %s`.',
    {fallback: '`-%Y%m%d`, with `%H` where the frequency is hourly'},
  ),
  missingok: setting(flag.prefault(false), 'Whether it is fine that there is no such log.'),
  notifempty: setting(flag.prefault(false), 'Whether empty logs are left alone.'),
  create: setting(mode.optional(), "Mode of the log that is made anew, such as `'0640'`, or `same` as the old one's.", {
    fallback: 'none is made',
  }),
  copytruncate: setting(
    flag.prefault(false),
    'Whether the log is copied and emptied instead of renamed; done only where every writer appends (O_APPEND).',
  ),
  signal: setting(signal.optional(), 'Signal that makes the writer open its log anew after a rename.', {fallback: 'none'}),
})

const logFile = section({
  service: setting(identifier, 'What the service is called in `sparkone logs`.'),
  path: setting(path, 'Its log, as an absolute path or relative to `logs.folder`.'),
})

const snapshots = section({
  enabled: setting(flag.prefault(true), 'Whether `rotate-logs` writes the last lines of each service into a dated file.'),
  lines: setting(z.int(linesError).min(1, linesError).max(1_000_000, linesError).prefault(1000), 'Lines of each service.'),
  days: setting(z.int(daysError).min(1, daysError).prefault(7), 'Days after which a snapshot is removed.'),
})

/** What is done to logs, and where they are. */
export const logs = section({
  folder: setting(path.optional(), 'Folder that patterns and paths below are relative to; snapshots go there, too.', {
    path: true,
    fallback: '`logs` in the folder of sparkone.yml',
  }),
  rotate: setting(
    z.array(rule, {error: 'expected a list of rules, each with a pattern'}).optional(),
    'Rules by which `sparkone rotate-logs` rotates; every word means what it means to logrotate.',
    {fallback: '`sparkone-*.log`, daily, 7 kept, compressed with delay'},
  ),
  snapshots: setting(snapshots.prefault({}), 'Snapshots of what services logged.'),
  files: setting(z.array(logFile, {error: 'expected a list of services with a path each'}).prefault([]), 'Services that log into files.'),
  slow: setting(duration.prefault('1s'), 'Duration from which `sparkone logs --only slow` shows a line that tells one.'),
})
