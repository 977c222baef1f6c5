import {readConfig} from './config.ts'
import {log} from './log.ts'
import {migrateOnce} from './migrations/at-start.ts'
import {serve} from './serve.ts'

const commands: Record<string, () => Promise<number>> = {
  serve: () => serve(readConfig(process.env)),
  async migrate() {
    const applied = await migrateOnce(readConfig(process.env).DATABASE_URL)
    log('info', 'schema is up to date', {applied: applied.length})
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
