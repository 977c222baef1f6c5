import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {exitCodes} from '../../src/lib/errors.ts'
import {shellProblems} from '../support/runbook-checks.ts'
import {lint, readWorkflows, root, stepsOf, type Workflow} from '../support/workflows.ts'

const workflows = readWorkflows()
const read = (name: string) => readFileSync(path.join(root, name), 'utf8')
const {scripts} = JSON.parse(read('package.json')) as {scripts: Record<string, string>}
const the = (file: string) => workflows.find((workflow) => workflow.file === file)!

describe.each(workflows.map((workflow) => [workflow.file, workflow] as const))('%s', (_, workflow: Workflow) => {
  const jobs = Object.entries(workflow.jobs)
  const steps = stepsOf(workflow)

  it('passes actionlint', async () => {
    expect(await lint(workflow)).toEqual([])
  })

  it('pins each action to a commit and says which version that is', () => {
    const uses = [...workflow.text.matchAll(/uses: (\S+)(.*)/g)].map(([, action, comment]) => ({action: action!, comment: comment!}))
    for (const {action, comment} of uses.filter((each) => !each.action.startsWith('./'))) {
      expect(action).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/)
      expect(comment).toMatch(/^ # v\d+\.\d+\.\d+$/)
    }
  })

  it('may do nothing by default, and each job only what it needs', () => {
    expect(workflow.permissions).toEqual({})
    for (const [name, {permissions}] of jobs) {
      const writes = Object.entries(permissions).flatMap(([scope, right]) => (right === 'read' ? [] : [`${scope}: ${right}`]))
      const builds = name === 'build' || name === 'image'
      expect(writes, name).toEqual(builds ? ['packages: write', 'security-events: write'] : [])
    }
  })

  it('ends each job within an hour', () => {
    for (const [name, job] of jobs.filter(([, each]) => !each.uses)) expect(job['timeout-minutes'], name).toBeLessThanOrEqual(60)
  })

  it('leaves no token behind in the checkout', () => {
    for (const step of steps.filter(({uses}) => uses?.startsWith('actions/checkout@')))
      expect(step.with).toEqual({'persist-credentials': false})
  })

  it('holds no secret, and gives one to the steps only that use it', () => {
    expect(workflow.text).not.toMatch(/ghp_|github_pat_|AKIA|-----BEGIN|password: (?!\$\{\{ secrets\.)/)
    const named = [...workflow.text.matchAll(/secrets\.(\w+)/g)].map(([, name]) => name)
    expect(['GITHUB_TOKEN', 'DEPLOY_KEY']).toEqual(expect.arrayContaining([...new Set(named)]))
    for (const [name, {env = {}}] of jobs) expect(JSON.stringify(env), name).not.toContain('secrets.')
    for (const {run = ''} of steps) expect(run).not.toContain('${{ secrets')
  })

  it('runs npm scripts and files that exist, in a shell that can read them', () => {
    const runs = steps.map(({run = ''}) => run.replaceAll(/\$\{\{[^}]*\}\}/g, 'value'))
    expect(shellProblems(runs.join('\n'))).toBe('')
    for (const run of runs) {
      for (const [, script] of run.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(script)
      for (const [file] of run.matchAll(/(?<![\w/$])(?:bin|ops|scripts|\.ci|\.github)\/[\w./-]*\w/g))
        expect(existsSync(path.join(root, file)), file).toBe(true)
    }
    for (const {uses} of Object.values(workflow.jobs)) expect(existsSync(path.join(root, uses ?? '.'))).toBe(true)
    for (const folder of steps.flatMap((step) => step['working-directory'] ?? [])) expect(existsSync(path.join(root, folder))).toBe(true)
  })
})

describe('the workflows together', () => {
  it('try every Node that is promised', () => {
    const {engines} = JSON.parse(read('package.json')) as {engines: {node: string}}
    expect(the('ci.yml').jobs.runtimes!.strategy!.matrix.node).toEqual([22, 24, 26])
    expect(engines.node).toMatch(/^>=22\./)
  })

  it('validate the rules by the very versions that the stack runs', () => {
    const images = [...the('ci.yml').text.matchAll(/prom\/\w+:v[\d.]+/g)].map(([image]) => image)
    expect(new Set(images).size).toBe(2)
    for (const image of images) expect(read('ops/docker-compose.prod.yml')).toContain(`image: ${image}\n`)
  })

  it('run every suite where nothing may be skipped', () => {
    const {steps, container} = the('ci.yml').jobs.suite!
    expect(steps!.map(({run}) => run)).toContain('bash .ci/run')
    expect(read('.ci/run')).toContain('npm test')
    // The suites take their Node from the repository; the image brings the same.
    expect(read('package.json')).toContain(`"node": "^${/:([\d.]+)-/.exec(container!.image)![1]}"`)
  })

  it('look for vulnerabilities before they publish an image, and publish that very image', () => {
    const names = the('image.yml').jobs.build!.steps!.map(({name, uses}) => name ?? uses!.split('@')[0])
    const order = ['Build', 'Look for known vulnerabilities', 'Show them under Security', 'Log in to the registry', 'Publish']
    expect(names.filter((name) => order.includes(name!))).toEqual(order)
    expect(the('image.yml').jobs.build!.env!.TRIVY).toMatch(/^aquasec\/trivy:[\d.]+@sha256:[0-9a-f]{64}$/)
    expect(stepsOf(the('image.yml')).filter(({uses}) => uses?.startsWith('docker/build-push-action'))).toHaveLength(1)
    const published = the('image.yml').text.matchAll(/name: (sparkone[\w-]*), file: (\S+),/g)
    for (const [, name, file] of published) {
      expect(read('ops/docker-compose.prod.yml')).toContain(`:-ghcr.io/sparkone/${name}}:`)
      expect(existsSync(path.join(root, file!))).toBe(true)
    }
  })

  it.each([
    ['deploy-staging.yml', 'develop', 'staging'],
    ['deploy-production.yml', 'main', 'production'],
  ])('%s deploys %s only when checks and images are done, one at a time', (file, branch, environment) => {
    const {on, jobs, concurrency} = the(file)
    expect(on).toEqual({push: {branches: [branch]}})
    expect(jobs.deploy).toMatchObject({needs: ['check', 'image'], environment: {name: environment}})
    expect([jobs.check!.uses, jobs.image!.uses]).toEqual(['./.github/workflows/ci.yml', './.github/workflows/image.yml'])
    // Cut off half-way, a server would be left between two versions.
    expect(concurrency['cancel-in-progress'] ?? false).toBe(false)
  })

  it('roll production back when the world does not find it healthy', () => {
    const steps = the('deploy-production.yml').jobs.deploy!.steps!
    const [deploy, health, back] = ['Deploy', 'Health', 'Roll back'].map((start) =>
      steps.findIndex(({name = ''}) => name.startsWith(start)),
    )
    expect(deploy! >= 0 && deploy! < health! && health! < back!).toBe(true)
    expect(steps[back!]).toMatchObject({if: "${{ failure() && steps.deploy.conclusion == 'success' }}"})
    expect(steps[back!]!.run).toMatch(/remote\.sh rollback\nnode scripts\/smoke\.ts/)
  })

  it('take a deployment for what sparkone says it was, and know the commands that they run on the server', () => {
    const typed = [...read('.github/remote.sh').matchAll(/sparkone \w+[^;'"]*/g)].map(([command]) => command)
    expect(typed.filter((command) => command.includes('--'))).toEqual(['sparkone deploy $2 --yes --json', 'sparkone rollback --yes --json'])
    for (const verb of ['deploy', 'rollback', 'releases']) expect(existsSync(path.join(root, `src/commands/${verb}.ts`))).toBe(true)
    expect(read('.github/remote.sh')).toContain(`${exitCodes.rolledBack} is failed and put back, ${exitCodes.failed} is failed`)
  })
})
