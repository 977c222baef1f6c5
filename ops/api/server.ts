import {text} from 'node:stream/consumers'
import {parseArgs} from 'node:util'
import {setPassword} from './accounts.ts'
import {readConfig, type Config} from './config.ts'
import {configureLog, log} from './log.ts'
import {connectOnce, migrateOnce} from './migrations/at-start.ts'
import {pendingMigrations} from './migrations/migrate.ts'
import {seed} from './seed.ts'
import {serve} from './serve.ts'
import {startReporting} from './telemetry.ts'

const commands: Record<string, (config: Config) => Promise<number>> = {
  serve,
  async migrate({DATABASE_URL}) {
    const {values} = parseArgs({args: process.argv.slice(3), options: {pending: {type: 'boolean'}}})
    if (values.pending) {
      // Not the log: a program reads this, a line for each.
      for (const {name, breaking} of await connectOnce(DATABASE_URL, pendingMigrations)) {
        process.stdout.write(`${name} ${breaking ? 'breaking' : 'compatible'}\n`)
      }
      return 0
    }
    const applied = await migrateOnce(DATABASE_URL)
    log('info', 'schema is up to date', {applied: applied.length})
    return 0
  },
  async seed({DATABASE_URL}) {
    const {values} = parseArgs({args: process.argv.slice(3), options: {scale: {type: 'string'}, 'random-seed': {type: 'string'}}})
    await migrateOnce(DATABASE_URL)
    const options = {scale: Number(values.scale ?? 1), randomSeed: Number(values['random-seed'] ?? 1)}
    log('info', 'seeded', {...(await connectOnce(DATABASE_URL, (client) => seed(client, options)))})
    return 0
  },
  // The password comes by standard input, since everybody on the machine can read what stands behind a command.
  async password({DATABASE_URL}) {
    const email = process.argv[3]
    if (email === undefined) throw new Error('name the address of the user, and give the password on standard input')
    const password = (await text(process.stdin)).replace(/\r?\n$/, '')
    await connectOnce(DATABASE_URL, (client) => setPassword(client, email, password))
    log('info', 'the password is set')
    return 0
  },
  async 'test-sentry'(config) {
    const reporter = await startReporting(config)
    if (!reporter) throw new Error('SENTRY_DSN is not set')
    if (!(await reporter.test())) throw new Error('Sentry did not take the test event')
    log('info', 'Sentry took the test event')
    return 0
  },
}

const name = process.argv[2] ?? 'serve'

try {
  const command = commands[name]
  if (!command) throw new Error(`there is no "${name}"; there is ${Object.keys(commands).join(', ')}`)
  const config = readConfig(process.env)
  configureLog({level: config.LOG_LEVEL, format: config.LOG_FORMAT})
  process.exit(await command(config))
} catch (error) {
  log('error', `${name} failed`, {reason: error instanceof Error ? error.message : String(error)})
  process.exit(1)
}
