import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {imageName, type Testbed} from '../testbed/index.ts'
import {waitFor} from '../testbed/machine.ts'
import {opsFolder} from './compose-files.ts'

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

export interface Nginx extends AsyncDisposable {
  /** Ports on 127.0.0.1. */
  http: number
  https: number
  local: number
  /** Asks `count` times at once from the given address of 127.0.0.0/8, each of which is a caller of its own. */
  burst(request: {localAddress: string; count: number; method: string; path: string}): Promise<Answer[]>
  /** Lines of the access log. */
  log(): Promise<Record<string, unknown>[]>
  stopReplica(number: 0 | 1): Promise<void>
  /** Name of the network, and of the project that nginx says it is of. */
  project: string
  replicas: readonly string[]
}

const user = '101:101'

/** Starts nginx of the test image with the files that are shipped, hardened as they are, before two replicas of a tiny upstream. */
export async function startNginx(testbed: Testbed): Promise<Nginx> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nginx-'))
  const name = `nginx-${process.pid}`
  const docker = async (...words: string[]) => (await execa('docker', words, {env: testbed.environment})).stdout
  const containers = [`${name}-api-1`, `${name}-api-2`, name]
  const dispose = async () => {
    await docker('rm', '--force', ...containers)
    await docker('network', 'rm', name)
    await rm(folder, {recursive: true, force: true})
  }
  await prepareFiles(folder)
  await docker('network', 'create', name)
  try {
    for (const container of containers.slice(0, 2)) await docker(...upstreamArgv(container, name, folder))
    await docker(...nginxArgv(name, folder))
    const port = async (inside: number) => Number((await docker('port', name, String(inside))).split('\n')[0]!.split(':').at(-1))
    const nginx: Nginx = {
      project: name,
      replicas: containers.slice(0, 2),
      http: await port(8080),
      https: await port(8443),
      local: await port(8088),
      burst: async (request) => JSON.parse(await docker('exec', name, 'node', '/test/burst.mjs', JSON.stringify(request))) as Answer[],
      log: async () =>
        (await docker('logs', name))
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line) as Record<string, unknown>),
      stopReplica: async (number) => void (await docker('stop', '--time', '5', containers[number]!)),
      [Symbol.asyncDispose]: dispose,
    }
    await waitFor('nginx to pass requests on', 20, () =>
      fetch(`http://127.0.0.1:${nginx.local}/health`).then(
        ({ok}) => ok,
        () => false,
      ),
    )
    return nginx
  } catch (error) {
    const said = await execa('docker', ['logs', name], {env: testbed.environment, reject: false})
    await dispose()
    throw new Error(`nginx did not start: ${said.stderr}`, {cause: error})
  }
}

async function prepareFiles(folder: string): Promise<void> {
  await cp(path.join(opsFolder, 'nginx'), path.join(folder, 'nginx'), {recursive: true})
  for (const script of ['upstream.mjs', 'burst.mjs']) await cp(path.join(import.meta.dirname, script), path.join(folder, script))
  // Debian's nginx is older than the one that is shipped and cannot ask for names again, so here they are asked for once.
  await writeFile(
    path.join(folder, 'nginx/conf.d/upstream.conf'),
    'upstream api { zone api 64k; least_conn; server api:8000 max_fails=2 fail_timeout=5s; keepalive 32; }\n',
  )
  await mkdir(path.join(folder, 'challenges/.well-known/acme-challenge'), {recursive: true})
  await writeFile(path.join(folder, 'challenges/.well-known/acme-challenge/token'), 'answer')
  const subject = ['-subj', '/CN=api.example.com', '-addext', 'subjectAltName=DNS:api.example.com']
  const files = ['-keyout', path.join(folder, 'tls_key'), '-out', path.join(folder, 'tls_certificate')]
  await execa('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files])
  await execa('chmod', ['-R', 'a+rX', folder])
}

function upstreamArgv(container: string, network: string, folder: string): string[] {
  const place = ['--network', network, '--network-alias', 'api', '--volume', `${folder}/upstream.mjs:/upstream.mjs:ro`]
  return ['run', '--detach', '--init', '--name', container, ...place, imageName, 'node', '/upstream.mjs']
}

function nginxArgv(name: string, folder: string): string[] {
  const hardening = ['--user', user, '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--tmpfs', '/tmp:mode=1777']
  const mounts = {
    'nginx/nginx.conf': '/etc/nginx/nginx.conf',
    'nginx/conf.d': '/etc/nginx/conf.d',
    'nginx/parts': '/etc/nginx/parts',
    tls_certificate: '/run/secrets/tls_certificate',
    tls_key: '/run/secrets/tls_key',
    challenges: '/var/www/challenges',
    'burst.mjs': '/test/burst.mjs',
  }
  const volumes = Object.entries(mounts).flatMap(([from, to]) => ['--volume', `${folder}/${from}:${to}:ro`])
  const ports = [8080, 8443, 8088].flatMap((port) => ['--publish', `127.0.0.1::${port}`])
  const labels = [`project=${name}`, 'service=nginx'].flatMap((label) => ['--label', `com.docker.compose.${label}`])
  const words = ['run', '--detach', ...labels, '--name', name, '--network', name, ...hardening, ...volumes, ...ports]
  return [...words, '--entrypoint', 'nginx', imageName, '-g', 'daemon off;']
}
