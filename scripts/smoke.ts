// Asks a stack that was just deployed a handful of questions, as the world would: node scripts/smoke.ts https://api.example.com [SECONDS]
const [address, seconds = '120'] = process.argv.slice(2)
if (address === undefined || !URL.canParse(address)) {
  console.error('Usage: node scripts/smoke.ts URL [SECONDS]')
  process.exit(3)
}

interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/** What is asked, and what is wrong with the answer, if anything is. */
const questions: {what: string; path: string; init?: RequestInit; wrong: (answer: Answer) => string | false}[] = [
  {what: 'the API is ready', path: '/health/ready', wrong: ({status}) => status !== 200 && `status ${status}`},
  {
    what: 'every component is well',
    path: '/health',
    wrong: ({status, body}) => (status !== 200 || body.status !== 'ok') && `status ${status}, health ${JSON.stringify(body.status)}`,
  },
  {what: 'the database answers', path: '/health/database', wrong: ({status}) => status !== 200 && `status ${status}`},
  {
    // 401 where only those who are logged in may write.
    what: 'bad input is refused without internals',
    path: '/v1/messages',
    init: {method: 'POST', headers: {'content-type': 'application/json'}, body: '{'},
    wrong: ({status, headers}) =>
      (![400, 401].includes(status) || !headers.get('content-type')?.startsWith('application/problem+json')) && `status ${status}`,
  },
  {what: 'an unknown route is none', path: '/no/such/route', wrong: ({status}) => status !== 404 && `status ${status}`},
  {what: 'metrics are hidden from the world', path: '/metrics', wrong: ({status}) => status !== 404 && `status ${status}`},
  {
    what: 'security headers are set',
    path: '/health/live',
    wrong: ({headers}) => !headers.has('strict-transport-security') && 'no Strict-Transport-Security',
  },
]

const deadline = performance.now() + Number(seconds) * 1000
let failures = 0
for (const question of questions) {
  const problem = await settle(question)
  if (problem !== null) failures += 1
  console.log(problem === null ? `ok      ${question.what}` : `FAILED  ${question.what}: ${problem}`)
}
process.exitCode = failures === 0 ? 0 : 2

/** Asks until the answer is right, or the time for all of them is up; returns what is wrong in the end. */
async function settle(question: (typeof questions)[number]): Promise<string | null> {
  for (;;) {
    const problem = await ask(question)
    if (problem === null || performance.now() > deadline) return problem
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function ask({path, init, wrong}: (typeof questions)[number]): Promise<string | null> {
  try {
    const reply = await fetch(new URL(path, address), {...init, redirect: 'manual', signal: AbortSignal.timeout(10_000)})
    const body = (await reply.json().catch(() => ({}))) as Record<string, unknown>
    return wrong({status: reply.status, headers: reply.headers, body}) || null
  } catch (error) {
    return error instanceof Error ? String(error.cause ?? error.message) : String(error)
  }
}
