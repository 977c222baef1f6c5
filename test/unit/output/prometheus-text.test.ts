import {expect, test} from 'vitest'
import {prometheusText} from '../../../src/lib/output/prometheus-text.ts'

test('statuses and measurements come out in the text exposition format', () => {
  const text = prometheusText({
    verb: 'health',
    findings: [
      {subject: 'api /health', status: 'ok', message: '', measurements: [{label: 'time', value: 0.004, unit: 's'}]},
      {
        subject: 'container api',
        status: 'unknown',
        message: '',
        measurements: [
          {label: 'memory used', value: 23.4, unit: '%'},
          {label: 'restarts', value: 2, unit: 'c'},
        ],
      },
      {subject: 'database', status: 'critical', message: '', measurements: [{label: 'time', value: 0.002, unit: 's'}]},
    ],
  })
  expect(text).toBe(`# HELP sparkone_health_verdict Verdict of the whole run: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
# TYPE sparkone_health_verdict gauge
sparkone_health_verdict 2
# HELP sparkone_health_status Status of each subject: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
# TYPE sparkone_health_status gauge
sparkone_health_status{subject="api /health"} 0
sparkone_health_status{subject="container api"} 3
sparkone_health_status{subject="database"} 2
# HELP sparkone_health_time_seconds Measured: time.
# TYPE sparkone_health_time_seconds gauge
sparkone_health_time_seconds{subject="api /health"} 0.004
sparkone_health_time_seconds{subject="database"} 0.002
# HELP sparkone_health_memory_used_percent Measured: memory used.
# TYPE sparkone_health_memory_used_percent gauge
sparkone_health_memory_used_percent{subject="container api"} 23.4
# HELP sparkone_health_restarts_total Measured: restarts.
# TYPE sparkone_health_restarts_total counter
sparkone_health_restarts_total{subject="container api"} 2
`)
})

test('quotes, backslashes and line breaks in a subject are escaped', () => {
  const text = prometheusText({verb: 'health', findings: [{subject: 'disk "C:\\"\n', status: 'ok', message: ''}]})
  expect(text).toContain(String.raw`sparkone_health_status{subject="disk \"C:\\\"\n"} 0`)
})

test('values that cannot be measured are NaN and infinities keep their sign', () => {
  const measurements = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => ({label: 'age', value}))
  const text = prometheusText({verb: 'health', findings: [{subject: 'x', status: 'unknown', message: '', measurements}]})
  expect(text.match(/age\{subject="x"\} \S+/g)).toEqual(['age{subject="x"} NaN', 'age{subject="x"} +Inf', 'age{subject="x"} -Inf'])
})
