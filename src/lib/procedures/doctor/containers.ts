import {judgeLogBounds, type ContainerLogging} from '../../domain/log-bounds.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports, ServiceState} from '../../ports.ts'
import {doctorCheck, type DoctorCheck, type DoctorInput, type Verdict} from './check.ts'

/** The first Compose that hides nothing that deployments need. */
const oldestCompose = [2, 20] as const

const installCompose = 'apt-get install docker-compose-plugin, or as https://docs.docker.com/compose/install says'

const isCompose = (input: DoctorInput) => input.isCompose

/** Docker, Compose, and how the containers are set up. */
export const containerChecks: readonly DoctorCheck[] = [
  doctorCheck({
    name: 'docker',
    about: 'Does the Docker engine answer?',
    applies: isCompose,
    unseen: 'critical',
    hint: 'docker info',
    gather: (_input, ports) => say(ports, ['docker', 'version', '--format', '{{.Server.Version}}']),
    judge: (version): Verdict => ({status: 'ok', message: `Docker ${version} answers`}),
  }),
  doctorCheck({
    name: 'compose',
    about: 'Is Docker Compose there, and new enough?',
    applies: isCompose,
    // Backups and restores do without it; deployments do not.
    unseen: 'warning',
    hint: installCompose,
    gather: (_input, ports) => say(ports, ['docker', 'compose', 'version', '--short']),
    judge: judgeCompose,
  }),
  doctorCheck({
    name: 'health-checks',
    about: 'Has every container that stays a health check?',
    applies: isCompose,
    gather: (_input, ports, signal) => states(ports, signal),
    judge: judgeHealthChecks,
  }),
  doctorCheck({
    name: 'restart-policy',
    about: 'Do the containers come up again after a reboot?',
    applies: isCompose,
    gather: (_input, ports, signal) => states(ports, signal),
    judge: judgeRestarts,
  }),
  doctorCheck({
    name: 'docker-logs',
    about: 'Are the logs of the containers bounded?',
    applies: isCompose,
    gather: async (_input, ports) => (await ports.serviceLogs()).containers(),
    judge: judgeLogs,
  }),
]

async function say(ports: Ports, argv: readonly string[]): Promise<string> {
  await using program = (await ports.programs()).start(argv, {})
  const {exitCode, output} = await program.ended
  if (exitCode === 0) return output.trim()
  const [said = ''] = output.trim().split('\n')
  throw new OperatorError('unreachable', `${argv.slice(0, 2).join(' ')} ended with ${exitCode ?? 'a signal'}: ${said}`)
}

function judgeCompose(version: string): Verdict {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? []
  const [first, second] = oldestCompose
  if (Number(major) > first || (Number(major) === first && Number(minor) >= second)) return {status: 'ok', message: `Compose ${version}`}
  const message = `Compose ${version} is older than ${oldestCompose.join('.')}`
  return {status: 'warning', message, hint: installCompose}
}

async function states(ports: Ports, signal: AbortSignal): Promise<ServiceState[]> {
  // What they use is not asked for, which would take a second or two.
  return (await ports.runtime()).services(signal, 0)
}

/** The lines to add are shown where there is room for them. */
function judgeLogs(containers: readonly ContainerLogging[]): Verdict | readonly Verdict[] {
  if (containers.length === 0) return {status: 'unknown', message: 'there is no container'}
  return judgeLogBounds(containers).map((finding) =>
    finding.status === 'ok' ? finding : {...finding, hint: 'sparkone rotate-logs --dry-run shows the lines to add to the Compose file.'},
  )
}

function judgeHealthChecks(all: readonly ServiceState[]): Verdict[] {
  const running = all.filter(({state}) => state === 'running')
  if (running.length === 0) return [{status: 'unknown', message: 'no container is running'}]
  const without = servicesOf(running.filter(({health}) => health === 'none'))
  if (without.length === 0) return [{status: 'ok', message: `each of ${running.length} containers has one`}]
  return without.map((service) => ({
    status: 'warning',
    message: `${service} has none, so nobody learns that it hangs`,
    hint: `Add healthcheck to ${service} in the Compose file, then docker compose up --detach ${service}`,
  }))
}

function judgeRestarts(all: readonly ServiceState[]): Verdict[] {
  const running = all.filter(({state}) => state === 'running')
  if (running.length === 0) return [{status: 'unknown', message: 'no container is running'}]
  const lost = servicesOf(running.filter(({restartPolicy}) => restartPolicy === 'no' || restartPolicy === 'on-failure'))
  if (lost.length === 0) return [{status: 'ok', message: `each of ${running.length} containers comes up again`}]
  return lost.map((service) => ({
    status: 'warning',
    message: `${service} stays down after a reboot`,
    hint: `Add "restart: unless-stopped" to ${service} in the Compose file, then docker compose up --detach ${service}`,
  }))
}

function servicesOf(containers: readonly ServiceState[]): string[] {
  return [...new Set(containers.map(({service}) => service))].toSorted()
}
