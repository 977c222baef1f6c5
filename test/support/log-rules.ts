import type {LogRule} from '../../src/lib/domain/log-rule.ts'

/** What logrotate does where its configuration says nothing, daily. */
export const plainRule: LogRule = {
  pattern: '*.log',
  frequency: 'daily',
  weekday: 0,
  size: null,
  minSize: null,
  maxSize: null,
  rotate: 0,
  maxAge: null,
  compress: false,
  delayCompress: false,
  dateExtension: false,
  dateFormat: '',
  missingOk: true,
  notIfEmpty: false,
  create: null,
  copyTruncate: false,
  signal: null,
}
