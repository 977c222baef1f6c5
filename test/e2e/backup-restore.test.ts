import {afterAll, beforeAll, describe} from 'vitest'
import {fixtureSql} from '../support/one-of-everything.ts'
import {requireTestbed} from '../support/testbed/index.ts'
import {openDesk, type Desk} from './story/desk.ts'
import {discretionStory} from './story/discretion.ts'
import {nameStory} from './story/names.ts'
import {oldCommandStory} from './story/old-commands.ts'
import {refusalStory} from './story/refusals.ts'
import {stockToolStory} from './story/stock-tools.ts'
import {swapStory, type AskDesk} from './story/swap.ts'

let desk: Desk | undefined

beforeAll(async () => {
  const testbed = await requireTestbed()
  if (!testbed.image || !testbed.composeV2) return
  desk = await openDesk(testbed, `e2e-${process.pid}`, {services: ['postgres', 'redis', 'api']})
  await fill(desk)
})

afterAll(() => desk?.[Symbol.asyncDispose]())

const ask: AskDesk = (skip) => desk ?? skip('the Docker Engine or Compose is missing')

/** The data of the API, one of everything, and a role that owns nothing but may read. */
async function fill({stack}: Desk): Promise<void> {
  await stack.compose('exec', '-T', 'api', 'node', '/app/server.mjs', 'seed', '--scale', '0.1')
  await stack.sql(fixtureSql({hasVectors: true}))
  await stack.sql(`
    CREATE ROLE "Report Reader" LOGIN PASSWORD 'password-of-the-reader';
    CREATE ROLE readers;
    GRANT readers TO "Report Reader";
    GRANT SELECT ON plain TO readers;
    GRANT CONNECT ON DATABASE sparkone TO readers WITH GRANT OPTION;
    ALTER DATABASE sparkone SET search_path = "$user", public, "Odd ""schema""; --";
    ALTER ROLE "Report Reader" IN DATABASE sparkone SET work_mem = '8MB';
    COMMENT ON DATABASE sparkone IS 'It''s the "one"';`)
}

describe('a database', () => {
  swapStory(ask)
  stockToolStory(ask)
  refusalStory(ask)
  discretionStory(ask)
  oldCommandStory(ask)
})
describe('a database named', () => void nameStory(ask))
