import {readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {startApi, waitUntil} from '../support/api-process.ts'
import {startMonitoringBox, type MonitoringBox} from '../support/monitoring/box.ts'
import {allJobMetrics} from '../support/unattended/metrics.ts'
import {metricsIn} from '../support/monitoring/exposition.ts'
import {list, readMetrics, readYaml} from '../support/monitoring/files.ts'
import {startAlertmanager, startPrometheus} from '../support/monitoring/live.ts'
import {startWebhookSink, type WebhookSink} from '../support/monitoring/webhook-sink.ts'
import {findFreePort, requireTestbed} from '../support/testbed/index.ts'

type Labels = Record<string, string>

const noDatabase = {DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none'}

let box: MonitoringBox
let sink: WebhookSink
let isMissing = true
beforeAll(async () => {
  const testbed = await requireTestbed()
  isMissing = !testbed.image
  if (isMissing) return
  box = await startMonitoringBox(testbed)
  sink = await startWebhookSink()
})
afterAll(async () => {
  await box?.[Symbol.asyncDispose]()
  await sink?.[Symbol.asyncDispose]()
})
beforeEach(({skip}) => skip(isMissing, 'the engine or the image is missing'))

describe('promtool', () => {
  it('accepts what is scraped and every rule', async () => {
    expect(await box.run(['promtool', 'check', 'config', '/etc/prometheus/prometheus.yml'])).toMatchObject({exitCode: 0})
    const outcome = await box.run(['promtool', 'check', 'rules', '--lint-fatal', ...list('ops/prometheus/rules', '.yml').map(mounted)])
    expect(outcome).toMatchObject({exitCode: 0, text: expect.not.stringContaining('FAILED')})
  })

  it.each(list('ops/prometheus/tests', '.test.yml'))('finds that the alerts fire and keep quiet as %s says', async (file) => {
    expect(await box.run(['promtool', 'test', 'rules', mounted(file)])).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining('SUCCESS'),
    })
  })

  it('has nothing to say about the metrics of the backups', async () => {
    expect(await box.run(['promtool', 'check', 'metrics'], allJobMetrics())).toEqual({exitCode: 0, text: ''})
  })

  it('has nothing to say about the metrics of the API', async () => {
    await using api = await startApi(noDatabase)
    const text = await (await fetch(`${api.url}/metrics`)).text()
    expect(await box.run(['promtool', 'check', 'metrics'], text)).toEqual({exitCode: 0, text: ''})
  })
})

describe('amtool', () => {
  it('accepts the configuration and the templates', async () => {
    expect(await box.run(['amtool', 'check-config', '/etc/alertmanager/alertmanager.yml'])).toMatchObject({exitCode: 0})
  })

  it.each(readYaml<{labels: Labels; receiver: string}[]>('ops/alertmanager/tests/routes.yml'))(
    'sends $labels to $receiver',
    async ({labels, receiver}) => {
      const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
      const test = ['amtool', 'config', 'routes', 'test', '--config.file=/etc/alertmanager/alertmanager.yml']
      expect(await box.run([...test, `--verify.receivers=${receiver}`, ...words])).toMatchObject({
        exitCode: 0,
        text: expect.stringMatching(new RegExp(`^${receiver}$`, 'm')),
      })
    },
  )

  it('shows a message that says what is wrong, since when and what to do', async () => {
    const [labels, annotations] = [
      {alertname: 'DiskCritical', priority: 'P0', severity: 'critical', environment: 'production'},
      {summary: 'A disk is nearly full', description: '/ on host is 93% full.', runbook_url: 'https://example.com/DiskCritical.md'},
    ]
    const alert = {status: 'firing', labels, annotations, startsAt: '2030-01-02T03:04:05Z', endsAt: '0001-01-01T00:00:00Z'}
    const data = {
      status: 'firing',
      receiver: 'slack',
      groupLabels: {alertname: 'DiskCritical'},
      commonLabels: labels,
      commonAnnotations: annotations,
      alerts: [alert],
    }
    await writeFile(path.join(box.folder, 'data.json'), JSON.stringify(data))
    const template = '{{ template "sparkone.title" . }} / {{ template "sparkone.color" . }}\n{{ template "sparkone.text" . }}'
    const words = ['--template.glob=/etc/alertmanager/templates/*.tmpl', '--template.data=/lab/data.json', `--template.text=${template}`]
    const {text} = await box.run(['amtool', 'template', 'render', ...words])
    expect(text.trimEnd()).toBe(
      [
        'P0: A disk is nearly full (production) / danger',
        '/ on host is 93% full.',
        'Since 2030-01-02 03:04:05 UTC.',
        'What to do: sparkone runbook for DiskCritical',
        'https://example.com/DiskCritical.md',
      ].join('\n'),
    )
  })
})

describe('Alertmanager', () => {
  const cases = readYaml<{name: string; firing: Labels[]; silent: Labels[]; told: Labels[]}[]>('ops/alertmanager/tests/inhibitions.yml')

  it.each(cases)('sees to it that $name', async ({firing, silent, told}) => {
    const url = await startAlertmanager(box, sink.url)
    const body = JSON.stringify([...firing, ...silent, ...told].map((labels) => ({labels})))
    const {ok} = await fetch(`${url}/api/v2/alerts`, {method: 'POST', headers: {'content-type': 'application/json'}, body})
    expect(ok).toBe(true)
    // Alerts are taken in one after another.
    const states = await waitUntil('the alerts to be held back or told', async () => {
      const inhibited = await heldBack(url)
      return (await alertsAt(url)).length === firing.length + silent.length + told.length && inhibited.length === silent.length && inhibited
    })
    expect(states).toEqual(expect.arrayContaining(silent))
  })
})

describe('the whole way', () => {
  it('a stopped API is told as P0, alone, and what is scraped is what the list says', async () => {
    // Only the waiting of a minute is shortened.
    const rules = await readFile('ops/prometheus/rules/api.yml', 'utf8')
    await writeFile(path.join(box.folder, 'rules-api.yml'), rules.replaceAll(/for: \d+m/g, 'for: 2s'))
    const meta = await readFile('ops/prometheus/rules/meta.yml', 'utf8')
    await writeFile(path.join(box.folder, 'rules-meta.yml'), meta.replaceAll(/for: \d+m/g, 'for: 2s'))
    await using own = await startWebhookSink()
    await using api = await startApi(noDatabase)
    const alertmanager = await startAlertmanager(box, own.url)
    const nodePort = await findFreePort()
    await box.start(['prometheus-node-exporter', `--web.listen-address=127.0.0.1:${nodePort}`])
    const targets = {api: new URL(api.url).host, alertmanager: new URL(alertmanager).host, node: `127.0.0.1:${nodePort}`}
    const prometheus = await startPrometheus(box, targets, '/lab/rules-*.yml')

    await waitUntil('the heartbeat', () => own.received.find(({receiver}) => receiver === 'heartbeat'), 30)
    expect(own.received.flatMap(({alerts}) => alerts).filter(({labels}) => labels.alertname === 'ApiDown')).toEqual([])
    for (const [job, url] of Object.entries({prometheus, alertmanager, node: `http://${targets.node}`})) {
      const exposed = metricsIn(await (await fetch(`${url}/metrics`)).text())
      expect(Object.keys(readMetrics()[job]!).filter((name) => !exposed.has(name))).toEqual([])
    }

    api.child.kill('SIGKILL')
    const page = await waitUntil('the page', () => own.received.find(({receiver}) => receiver === 'pagerduty-and-slack'), 60)
    expect(page).toMatchObject({status: 'firing', alerts: [{labels: {alertname: 'ApiDown', priority: 'P0'}}]})
    await waitUntil('the consequence to be held back', async () => (await heldBack(alertmanager)).find(({job}) => job === 'api'), 30)
    const told = own.received.flatMap(({alerts}) => alerts.map(({labels}) => labels.alertname))
    expect(new Set(told)).toEqual(new Set(['Watchdog', 'ApiDown']))
  })
})

function mounted(file: string): string {
  return path.join('/etc', path.relative('ops', file))
}

async function heldBack(alertmanager: string): Promise<Labels[]> {
  return (await alertsAt(alertmanager)).filter(({status}) => status.inhibitedBy.length > 0).map(({labels}) => labels)
}

async function alertsAt(alertmanager: string): Promise<{labels: Labels; status: {inhibitedBy: string[]}}[]> {
  return (await (await fetch(`${alertmanager}/api/v2/alerts`)).json()) as Awaited<ReturnType<typeof alertsAt>>
}
