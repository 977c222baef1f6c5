import type {LogRule} from '../domain/log-rule.ts'
import {secretsIn} from './attendance-input.ts'
import type {Config} from './schema.ts'

/** Returns what `rotate-logs` goes by. */
export function rotateLogsInputOf(config: Config) {
  const {logs, schedule} = config
  return {
    rules: logs.rotate === undefined ? [standardRule] : logs.rotate.map(toRule),
    timeZone: schedule.timeZone,
    snapshots: {...logs.snapshots, secrets: secretsIn(config)},
  }
}

/** Returns what `logs` goes by. */
export function logsInputOf(config: Config) {
  return {slowMilliseconds: config.logs.slow, secrets: secretsIn(config)}
}

function toRule(rule: NonNullable<Config['logs']['rotate']>[number]): LogRule {
  const {signal} = rule
  return {
    pattern: rule.pattern,
    frequency: rule.frequency,
    weekday: rule.weekday,
    size: rule.size ?? null,
    minSize: rule.minsize ?? null,
    maxSize: rule.maxsize ?? null,
    rotate: rule.rotate,
    maxAge: rule.maxage ?? null,
    compress: rule.compress,
    delayCompress: rule.delaycompress,
    dateExtension: rule.dateext,
    dateFormat: rule.dateformat ?? '',
    missingOk: rule.missingok,
    notIfEmpty: rule.notifempty,
    create: rule.create ?? null,
    copyTruncate: rule.copytruncate,
    signal: signal ? {name: signal.name, service: signal.service ?? null, pidFile: signal.pidFile ?? null} : null,
  }
}

/** Seven days of what the scripts around sparkone write. */
const standardRule: LogRule = {
  pattern: 'sparkone-*.log',
  frequency: 'daily',
  weekday: 0,
  size: null,
  minSize: null,
  maxSize: null,
  rotate: 7,
  maxAge: null,
  compress: true,
  delayCompress: true,
  dateExtension: false,
  dateFormat: '',
  missingOk: true,
  notIfEmpty: true,
  create: null,
  copyTruncate: false,
  signal: null,
}
