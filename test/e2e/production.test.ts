import {appendFile} from 'node:fs/promises'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {startProduction, type Production} from '../support/ops/production.ts'
import {sparkone} from '../support/sparkone.ts'
import {requireTestbed} from '../support/testbed/index.ts'
import {waitFor} from '../support/testbed/machine.ts'

interface Finding {
  subject: string
  status: string
  message: string
}

let production: Production | null = null

beforeAll(async () => {
  const testbed = await requireTestbed()
  // prepare.sh gives folders to the users of the services, which root alone can.
  if (testbed.image && testbed.composeV2 && process.getuid?.() === 0)
    production = await startProduction(testbed, `production-${process.pid}`)
}, 900_000)
afterAll(async () => production?.[Symbol.asyncDispose]())

describe('the production stack, as it is shipped', () => {
  it('backs up at its hour, proves the backup and tells Prometheus', async ({skip}) => {
    const {folder, compose} = stackOr(skip)
    const soon = new Date(Date.now() + 20_000).toISOString().slice(11, 19)
    await appendFile(path.join(folder, '.env'), `BACKUP_TIME=${soon}\n`)
    await compose('up', '--detach', '--wait', 'backup')
    const proofs = () =>
      queryPrometheus('sparkone_backup_last_proof_passed == 1 and on () time() - sparkone_backup_last_success_timestamp_seconds < 300')
    const [proof] = await waitFor('a proven backup to reach Prometheus', 150, async () => ((await proofs()).length > 0 ? proofs() : null))
    expect(proof!.metric).toMatchObject({job: 'node', project: production!.project, environment: 'production'})
  })

  it('is healthy in the eyes of sparkone on its machine', async ({skip}) => {
    stackOr(skip)
    const problems = await waitFor('every target to be scraped', 60, async () => {
      const findings = await health()
      return findings.some(({subject, status}) => subject.startsWith('target ') && status !== 'ok') ? null : findings
    })
    // How busy the machine of the test is, is not what is tested.
    expect(problems.filter(({subject, status}) => status !== 'ok' && !/^(host|disk) /.test(subject))).toEqual([])
    const subjects = problems.map(({subject}) => subject)
    for (const service of ['postgres', 'redis', 'nginx', 'prometheus', 'node-exporter', 'backup', 'migrate']) {
      expect(subjects).toContain(`container ${service}`)
    }
    expect(subjects).toEqual(expect.arrayContaining(['database', 'redis', 'backup', 'prometheus', 'api /health']))
  })

  it.for(['api', 'postgres', 'redis', 'nginx', 'prometheus', 'node-exporter', 'backup'])(
    '%s runs as an ordinary user without capabilities and cannot write to its own files',
    async (service, {skip}) => {
      const {compose} = stackOr(skip)
      const status = await compose('exec', '-T', service, 'cat', '/proc/self/status')
      expect(/^Uid:\s+(\d+)/m.exec(status)![1]).not.toBe('0')
      expect(/^CapBnd:\s+(\S+)/m.exec(status)![1]).toBe('0000000000000000')
      expect(/^NoNewPrivs:\s+(\d)/m.exec(status)![1]).toBe('1')
      await expect(compose('exec', '-T', service, 'sh', '-c', 'echo x > /usr/written')).rejects.toThrow(/Read-only file system/)
    },
  )

  it('keeps what is internal away from the way out', async ({skip}) => {
    const {compose} = stackOr(skip)
    const reach = (service: string, address: string) =>
      compose('exec', '-T', service, 'bash', '-c', `timeout 3 bash -c 'echo > /dev/tcp/${address}' && echo reached`).catch(() => 'cut off')
    expect(await reach('api', 'postgres/5432')).toBe('reached')
    expect(await reach('nginx', 'api/8000')).toBe('reached')
    expect(await reach('nginx', 'postgres/5432')).toBe('cut off')
    expect(await reach('prometheus', 'redis/6379')).toBe('cut off')
    const networks = JSON.parse((await docker('network', 'inspect', `${production!.project}_data`)).stdout) as {Internal: boolean}[]
    expect(networks[0]!.Internal).toBe(true)
  })

  it('loses no request while the API is restarted replica by replica', async ({skip}) => {
    const {compose, ports} = stackOr(skip)
    const replicas = (await compose('ps', '--quiet', 'api')).split('\n')
    expect(replicas).toHaveLength(2)
    const load = startLoad(`http://127.0.0.1:${ports.local}/stats`, 20)
    for (const id of replicas) {
      await docker('restart', '--time', '20', id)
      await waitFor('the replica to be ready', 60, async () => {
        const {stdout} = await docker('inspect', '--format', '{{.State.Health.Status}}', id)
        return stdout === 'healthy'
      })
    }
    const statuses = await load.stop()
    expect(statuses.length).toBeGreaterThan(50)
    expect(statuses.filter((status) => status !== 200)).toEqual([])
  })

  it('grows to four replicas behind the proxy', async ({skip}) => {
    const {compose, ports} = stackOr(skip)
    await compose('up', '--detach', '--wait', '--scale', 'api=4', '--no-recreate')
    // The nginx that is shipped asks for names again by itself; the older one of the test bed must be told.
    await compose('exec', '-T', 'nginx', 'nginx', '-s', 'reload')
    const asked = await waitFor('four replicas to be sent to', 30, async () => {
      await Promise.all(Array.from({length: 20}, () => fetch(`http://127.0.0.1:${ports.local}/health/live`)))
      const {stdout} = await docker('logs', await compose('ps', '--quiet', 'nginx'))
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
      const upstreams = lines.slice(-20).map((line) => (JSON.parse(line) as {upstream: string}).upstream)
      return new Set(upstreams).size === 4 ? upstreams : null
    })
    expect(asked).toHaveLength(20)
    await waitFor('Prometheus to scrape all four', 60, async () => (await queryPrometheus('up{job="api"} == 1')).length === 4)
  })
})

function stackOr(skip: (condition: boolean, note: string) => void): Production {
  skip(!production, 'root, the engine, its image or Compose v2 is missing')
  return production!
}

function docker(...words: string[]) {
  return execa('docker', words, {env: production!.environment})
}

async function health(): Promise<Finding[]> {
  const {stdout} = await sparkone(['health', '--json'], {cwd: production!.folder, environment: production!.environment})
  return (JSON.parse(stdout) as {findings: Finding[]}).findings
}

async function queryPrometheus(query: string): Promise<{metric: Record<string, string>}[]> {
  const answer = await fetch(`http://127.0.0.1:${production!.ports.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`)
  return ((await answer.json()) as {data: {result: {metric: Record<string, string>}[]}}).data.result
}

/** Asks `perSecond` times a second until it is stopped, and then returns the status of every answer; 0 is no answer. */
function startLoad(url: string, perSecond: number) {
  const answers: Promise<number>[] = []
  const ask = async () => {
    try {
      const answer = await fetch(url)
      await answer.arrayBuffer()
      return answer.status
    } catch {
      return 0
    }
  }
  const timer = setInterval(() => answers.push(ask()), 1000 / perSecond)
  return {
    stop: () => {
      clearInterval(timer)
      return Promise.all(answers)
    },
  }
}
