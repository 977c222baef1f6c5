import {parseArgs} from 'node:util'
import {readConfig} from './config.ts'
import {log} from './log.ts'
import {connectOnce, migrateOnce} from './migrations/at-start.ts'
import {seed} from './seed.ts'
import {serve} from './serve.ts'

const commands: Record<string, () => Promise<number>> = {
  serve: () => serve(readConfig(process.env)),
  async migrate() {
    const applied = await migrateOnce(readConfig(process.env).DATABASE_URL)
    log('info', 'schema is up to date', {applied: applied.length})
    return 0
  },
  async seed() {
    const {values} = parseArgs({args: process.argv.slice(3), options: {scale: {type: 'string'}, 'random-seed': {type: 'string'}}})
    const url = readConfig(process.env).DATABASE_URL
    await migrateOnce(url)
    const options = {scale: Number(values.scale ?? 1), randomSeed: Number(values['random-seed'] ?? 1)}
    log('info', 'seeded', {...(await connectOnce(url, (client) => seed(client, options)))})
    return 0
  },
}

const name = process.argv[2] ?? 'serve'

try {
  const command = commands[name]
  if (!command) throw new Error(`there is no "${name}"; there is ${Object.keys(commands).join(', ')}`)
  process.exit(await command())
} catch (error) {
  log('error', `${name} failed`, {reason: error instanceof Error ? error.message : String(error)})
  process.exit(1)
}
