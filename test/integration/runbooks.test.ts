import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {fencesOf, type Fence} from '../../src/lib/domain/runbook.ts'
import {isCommand} from '../../src/lib/domain/runbook-rules.ts'
import {packagedRunbooks} from '../support/runbooks.ts'
import {requireTestbed, startStack, type Stack, type Testbed} from '../support/testbed/index.ts'

const pages = await packagedRunbooks()

/** Each command once, with the pages that use it. */
const commands = Map.groupBy(
  pages.flatMap(({name, ...page}) =>
    fencesOf(page).flatMap(({fence}) => (isCommand(fence) && fence.attributes.kind !== 'destroy' ? [{name, fence}] : [])),
  ),
  ({fence}) => `${fence.language} ${fence.text}`,
)

const unique = [...commands.values()].map((uses) => uses[0]!.fence)

let testbed: Testbed
let stack: Stack | undefined

beforeAll(async () => {
  testbed = await requireTestbed()
  if (testbed.image && testbed.composeV2)
    stack = await startStack(testbed, `runbooks-${process.pid}`, {services: ['postgres', 'redis', 'api', 'prometheus']})
})

afterAll(() => stack?.[Symbol.asyncDispose]())

describe('what the runbooks say, pasted on a real stack', () => {
  it('every query of the database runs, in a transaction that may only read', async ({skip}) => {
    if (!stack) return skip('there is no Docker Engine here')
    const failed = await failures(
      unique.filter(({language}) => language === 'sql'),
      ({text}) => paste(psql, {input: `BEGIN READ ONLY;\n${text}\nROLLBACK;\n`}),
    )
    expect(failed).toEqual([])
  })

  it('every command in the container of the database runs', async ({skip}) => {
    if (!stack) return skip('there is no Docker Engine here')
    const inDatabase = unique.filter(({language, text}) => language === 'sh' && /^docker compose exec \S.* postgres /.test(text))
    expect(inDatabase.length).toBeGreaterThan(5)
    expect(await failures(inDatabase, ({text}) => paste(text))).toEqual([])
  })

  it('every look at containers and their logs runs', async ({skip}) => {
    if (!stack) return skip('there is no Docker Engine here')
    const looks = unique.filter(
      ({language, text, attributes}) =>
        language === 'sh' &&
        ['check', 'measure'].includes(attributes.kind!) &&
        /^docker (compose (ps|logs|kill)|stats|events|info|system df)/.test(text),
    )
    const here = looks.filter(({text}) => !/\b(traefik|alertmanager|backup)\b/.test(text))
    expect(here.length).toBeGreaterThan(5)
    expect(await failures(here, ({text}) => paste(text))).toEqual([])
  })

  it('every question to Prometheus is one that it understands', async ({skip}) => {
    if (!stack) return skip('there is no Docker Engine here')
    const questions = unique.filter(({language}) => language === 'promql')
    const failed = await failures(questions, async ({text}) => {
      const url = `${stack!.prometheusUrl}/api/v1/query?${new URLSearchParams({query: text})}`
      const {status, error} = (await (await fetch(url)).json()) as {status: string; error?: string}
      return status === 'success' ? null : (error ?? status)
    })
    expect(failed).toEqual([])
  })
})

const psql = `docker compose exec -T postgres sh -c 'psql -U "$POSTGRES_USER" "$POSTGRES_DB" -v ON_ERROR_STOP=1'`

/** Runs a line as a person pastes it; what it asks to be set is set to values that do no harm. Returns what went wrong, or null. */
async function paste(script: string, {input = ''} = {}): Promise<string | null> {
  const environment = {...process.env, ...testbed.environment, ...stack!.environment, PID: '0', SERVICE: 'api'}
  const {exitCode, stderr} = await execa('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: stack!.folder,
    env: environment,
    input,
    reject: false,
    timeout: 60_000,
  })
  return exitCode === 0 ? null : `${exitCode}: ${stderr}`
}

async function failures(fences: readonly Fence[], run: (fence: Fence) => Promise<string | null>): Promise<string[]> {
  const failed: string[] = []
  for (const fence of fences) {
    const reason = await run(fence)
    if (reason !== null) failed.push(`${fence.text}\n  ${reason}`)
  }
  return failed
}
