import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {beforeAll, describe, expect, it} from 'vitest'
import {variables} from '../../ops/api/config.ts'
import {
  composeFileNames,
  exampleVariables,
  opsFolder,
  readProject,
  variablesOfComposeFiles,
  type ComposeFileName,
  type Project,
  type Service,
} from '../support/ops/compose-files.ts'
import {requireTestbed, type Testbed} from '../support/testbed/index.ts'

const profiles = [[], ['production'], ['nginx'], ['monitoring']]
const everything = ['production', 'nginx', 'monitoring']
const combinations = composeFileNames.flatMap((file) => profiles.map((chosen) => ({file, chosen, title: `${file} ${chosen.join()}`})))
const dockerfiles = ['../Dockerfile', 'api/Dockerfile'].map((name) => ({name, text: readFileSync(path.join(opsFolder, name), 'utf8')}))

let testbed: Testbed
const projects = new Map<ComposeFileName, Project>()

beforeAll(async () => {
  testbed = await requireTestbed()
  if (!testbed.composeV2) return
  for (const file of composeFileNames) projects.set(file, await readProject(testbed, file, everything))
}, 900_000)

describe('the Compose files', () => {
  it.for(combinations)('$title is understood by Compose with .env.example', async ({file, chosen}, {skip}) => {
    skip(!testbed.composeV2, 'Compose v2 is missing')
    const {services} = await readProject(testbed, file, chosen)
    expect(Object.keys(services)).toEqual(expect.arrayContaining(['api', 'migrate', 'postgres', 'redis']))
    expect('traefik' in services).toBe(file !== 'compose.yml' && chosen.includes('production'))
    expect('nginx' in services).toBe(file !== 'compose.yml' && chosen.includes('nginx'))
  })

  it('read the variables of .env.example, and no others', () => {
    const known = exampleVariables().map(({name}) => name)
    expect(new Set(known).size).toBe(known.length)
    const ofComposeItself = ['COMPOSE_FILE', 'COMPOSE_PROFILES']
    expect(new Set(known)).toEqual(new Set([...variablesOfComposeFiles(), ...ofComposeItself]))
  })

  it('have the defaults that .env.example says', async ({skip}) => {
    skip(!testbed.composeV2, 'Compose v2 is missing')
    const folder = mkdtempSync(path.join(tmpdir(), 'compose-'))
    try {
      const spelledOut = path.join(folder, 'env')
      writeFileSync(
        spelledOut,
        exampleVariables()
          .map(({name, value}) => `${name}=${value}\n`)
          .join(''),
      )
      const file = 'docker-compose.prod.yml'
      expect(await readProject(testbed, file, everything, spelledOut)).toEqual(projects.get(file))
    } finally {
      rmSync(folder, {recursive: true})
    }
  })

  it('run the same services for staging as for production', ({skip}) => {
    skip(!testbed.composeV2, 'Compose v2 is missing')
    const [production, staging] = [projects.get('docker-compose.prod.yml')!, projects.get('staging-compose.yml')!]
    expect(Object.keys(staging.services)).toEqual(Object.keys(production.services))
    expect(staging.networks).toEqual(production.networks)
    expect(staging.name).not.toBe(production.name)
  })
})

/** What each service has to be, and which may be otherwise for which reason. */
const rules: {rule: string; holds: (service: Service, name: string) => boolean; except?: Record<string, string>}[] = [
  {rule: 'cannot write to its own file system', holds: ({read_only}) => read_only === true},
  {rule: 'can gain no privileges', holds: ({security_opt}) => security_opt.includes('no-new-privileges:true')},
  {
    rule: 'has no capabilities',
    holds: ({cap_drop, cap_add}) => cap_drop.includes('ALL') && cap_add.length === 0,
    except: {cadvisor: 'reads the folders of Docker, which are closed to others'},
  },
  {
    rule: 'does not run as root',
    holds: ({user}) => user !== undefined && !/^(0|root)(:|$)/.test(user),
    except: {cadvisor: 'reads the control groups of every container', 'docker-socket-proxy': 'the socket belongs to root'},
  },
  {rule: 'is not privileged, and has a network of its own', holds: (service) => !service.privileged && service.network_mode === undefined},
  {
    rule: 'does not see the Docker socket',
    holds: ({volumes}) => volumes.every(({source}) => !source.includes('docker.sock')),
    except: {'docker-socket-proxy': 'stands between the socket and Traefik, and lets it read only'},
  },
  {
    rule: 'has a health check with a limit',
    holds: ({healthcheck}) => healthcheck?.test[0] === 'CMD' || healthcheck?.test[0] === 'CMD-SHELL',
    except: {migrate: 'ends when it is done'},
  },
  {rule: 'has limits', holds: ({mem_limit, cpus, pids_limit}) => mem_limit! > 0 && cpus! > 0 && pids_limit! > 0},
  {rule: 'is started again', holds: ({restart}) => restart === 'unless-stopped', except: {migrate: 'a failure is for a person to look at'}},
  {
    rule: 'keeps bounded logs',
    holds: ({logging}) => logging?.driver === 'json-file' && 'max-size' in logging.options && 'max-file' in logging.options,
  },
  {rule: 'comes from an image of one exact version', holds: ({image}) => /:v?\d+\.\d+\.\d+(-[\w.]+)?$/.test(image)},
  {rule: 'can be scaled, having no fixed name', holds: ({container_name}) => container_name === undefined},
  {
    rule: 'has no secret in its environment',
    holds: ({environment}) =>
      Object.entries(environment).every(
        ([name, value]) => !/(PASSWORD|TOKEN|SECRET|DSN|KEY)S?$/.test(name) && !/:\/\/[^/@]*:[^/@]*@/.test(value ?? ''),
      ),
  },
]

describe.each(['docker-compose.prod.yml', 'staging-compose.yml', 'compose.yml'] as const)('in %s', (file) => {
  it.for(rules)('every service $rule', ({holds, except = {}}, {skip}) => {
    skip(!testbed.composeV2, 'Compose v2 is missing')
    const services = Object.entries(projects.get(file)!.services)
    const breaking = services.filter(([name, service]) => !holds(service, name)).map(([name]) => name)
    expect(breaking).toEqual(services.map(([name]) => name).filter((name) => name in except))
  })
})

describe('what can be reached', () => {
  it('from everywhere is the proxy alone, and from the machine what operators need', ({skip}) => {
    skip(!testbed.composeV2, 'Compose v2 is missing')
    const {services} = projects.get('docker-compose.prod.yml')!
    const ports = Object.entries(services).flatMap(([name, {ports: published}]) => published.map((port) => ({name, ...port})))
    const everywhere = ports.filter(({host_ip}) => host_ip !== '127.0.0.1').map(({name, published}) => `${name} ${published}`)
    expect(everywhere.toSorted()).toEqual(['nginx 443', 'nginx 80', 'traefik 443', 'traefik 80'])
    const here = ports.filter(({host_ip}) => host_ip === '127.0.0.1').map(({name}) => name)
    expect(new Set(here)).toEqual(new Set(['traefik', 'nginx', 'prometheus', 'alertmanager', 'grafana']))
  })

  it('database, Redis and the Docker socket have no way out', ({skip}) => {
    skip(!testbed.composeV2, 'Compose v2 is missing')
    const {services, networks} = projects.get('docker-compose.prod.yml')!
    for (const name of ['postgres', 'redis', 'docker-socket-proxy', 'cadvisor', 'node-exporter']) {
      expect(Object.keys(services[name]!.networks).filter((each) => !networks[each]!.internal)).toEqual([])
    }
  })

  it('the proxy does not reach the database, nor does anything that only watches', ({skip}) => {
    skip(!testbed.composeV2, 'Compose v2 is missing')
    const {services} = projects.get('docker-compose.prod.yml')!
    const inData = Object.entries(services).filter(([, {networks}]) => 'data' in networks)
    expect(inData.map(([name]) => name).toSorted()).toEqual(['api', 'backup', 'migrate', 'postgres', 'redis'])
  })
})

describe('secrets', () => {
  it('are files that prepare.sh makes, each used by a service', ({skip}) => {
    skip(!testbed.composeV2, 'Compose v2 is missing')
    const {services, secrets} = projects.get('docker-compose.prod.yml')!
    const used = new Set(Object.values(services).flatMap((service) => service.secrets.map(({source}) => source)))
    expect(used).toEqual(new Set(Object.keys(secrets)))
    const script = readFileSync(path.join(opsFolder, 'prepare.sh'), 'utf8')
    for (const [name, {file}] of Object.entries(secrets)) {
      expect(file).toBe(path.join(opsFolder, 'secrets', `${name}.txt`))
      expect(script).toMatch(new RegExp(`\\b${name}\\b`))
    }
  })

  it('are kept out of the repository and out of the images', () => {
    const ignored = readFileSync(path.join(opsFolder, '../.gitignore'), 'utf8').split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['/ops/secrets/', '/ops/.env', '/ops/traefik/acme/']))
    const [first, ...exceptions] = readFileSync(path.join(opsFolder, '../.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(first).toBe('*')
    expect(exceptions).toEqual(expect.arrayContaining(['ops/*', '!ops/api']))
  })
})

describe.each(dockerfiles)('the image of $name', ({text}) => {
  it('is made in stages from exact versions, with the Node that is tested', () => {
    const images = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!)
    expect(images.length).toBeGreaterThan(1)
    for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+-\w+/)
    const {version} = JSON.parse(readFileSync(path.join(opsFolder, '../node_modules/node/package.json'), 'utf8')) as {version: string}
    const nodes = images.filter((image) => image.startsWith('node:'))
    for (const image of nodes) expect(image).toContain(`node:${version}-`)
  })

  it('does not run as root and ends on SIGTERM', () => {
    expect(text).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
    expect(text).toMatch(/^STOPSIGNAL SIGTERM$/m)
  })
})

it('the API is told nothing that it does not know', ({skip}) => {
  skip(!testbed.composeV2, 'Compose v2 is missing')
  for (const {services} of projects.values()) {
    const names = Object.keys({...services.api!.environment, ...services.migrate!.environment})
    expect(variables).toEqual(expect.arrayContaining(names.map((name) => name.replace(/_FILE$/, ''))))
  }
})

it('backups are made and proven by the PostgreSQL that the stack runs', ({skip}) => {
  skip(!testbed.composeV2, 'Compose v2 is missing')
  const {image} = projects.get('docker-compose.prod.yml')!.services.postgres!
  expect(dockerfiles[0]!.text).toMatch(new RegExp(`^FROM ${image.replaceAll('.', '\\.')}$`, 'm'))
})
