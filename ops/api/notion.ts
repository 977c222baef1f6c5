import {Client, isFullPage, isNotionClientError, iteratePaginatedAPI, LogLevel, type PageObjectResponse} from '@notionhq/client'
import type {Pool} from 'pg'
import {BreakerOpen, type Breaker} from './breakers.ts'
import {embed, toVectorLiteral} from './embedding.ts'
import {describeFailure} from './failure.ts'
import {log} from './log.ts'
import type {Metrics} from './metrics.ts'
import {Problem} from './problem.ts'

export interface NotionSettings {
  token: string
  dataSourceId: string
  baseUrl: string
  timeoutSeconds: number
}

export interface NotionSync {
  /** Copies the pages that were edited since the last time and returns how many; null while another process does it. Rejects when Notion cannot be used. */
  run(): Promise<{pages: number} | null>
}

// Any number will do, as long as every process that copies takes the same one, and no other work does.
const lockNumber = 7_302_652

/** Returns the copying of one Notion data source into PostgreSQL. */
export function createNotionSync(settings: NotionSettings, pool: Pool, breaker: Breaker): NotionSync {
  const notion = new Client({
    auth: settings.token,
    baseUrl: settings.baseUrl,
    timeoutMs: settings.timeoutSeconds * 1000,
    logLevel: LogLevel.ERROR,
    // Its own log would say what we say with the ids of the request.
    logger: () => undefined,
    retry: {maxRetries: 1, maxRetryDelayMs: 2_000},
  })
  return {
    run: () =>
      withLock(pool, async () => {
        const since = await newestEdit(pool)
        // Only Notion's part is inside: a database that fails says nothing about Notion.
        const pages = await breaker.run(() => pagesEditedSince(notion, settings.dataSourceId, since).catch(toNotionFailure))
        for (const page of pages) await keep(pool, page)
        return {pages: pages.length}
      }),
  }
}

/** Copies once, counts how it went, and throws a problem when it failed. */
export async function synchronize(sync: NotionSync, metrics: Metrics): Promise<{pages: number} | null> {
  try {
    const done = await sync.run()
    metrics.notionSynced(done === null ? 'skipped' : 'success')
    return done
  } catch (error) {
    metrics.notionSynced(error instanceof BreakerOpen ? 'skipped' : 'error')
    if (!(error instanceof NotionFailure)) throw error
    log('error', 'Notion could not be copied', {reason: error.message})
    throw new Problem(502, 'notion', `Notion could not be copied: ${error.message}.`)
  }
}

/** Calls `work` every so often, one call at a time, until the signal; failures are told where they happen. */
export function repeat(work: () => Promise<unknown>, seconds: number, signal: AbortSignal): void {
  if (seconds === 0) return
  const again = () => setTimeout(() => void work().catch(tell).finally(schedule), seconds * 1000).unref()
  const schedule = () => {
    if (!signal.aborted) again()
  }
  schedule()
}

function tell(error: unknown): void {
  if (!(error instanceof Problem)) log('warn', 'a repeated task failed', {reason: describeFailure(error)})
}

/** What Notion, or the way to it, did wrong. */
class NotionFailure extends Error {}

async function withLock<T>(pool: Pool, work: () => Promise<T>): Promise<T | null> {
  const client = await pool.connect()
  try {
    const {rows} = await client.query<{taken: boolean}>('SELECT pg_try_advisory_lock($1) AS taken', [lockNumber])
    if (!rows[0]!.taken) return null
    try {
      return await work()
    } finally {
      // A session that is gone has given up its lock by itself.
      await client.query('SELECT pg_advisory_unlock($1)', [lockNumber]).catch(() => undefined)
    }
  } finally {
    client.release()
  }
}

async function newestEdit(pool: Pool): Promise<string | null> {
  const {rows} = await pool.query<{newest: Date | null}>('SELECT max(edited_at) AS newest FROM notion_pages')
  return rows[0]!.newest?.toISOString() ?? null
}

async function pagesEditedSince(notion: Client, dataSourceId: string, since: string | null): Promise<PageObjectResponse[]> {
  const pages: PageObjectResponse[] = []
  const query = {
    data_source_id: dataSourceId,
    // Notion rounds to minutes, so the newest minute is read again.
    ...(since !== null && {filter: {timestamp: 'last_edited_time' as const, last_edited_time: {on_or_after: since}}}),
  }
  for await (const page of iteratePaginatedAPI(notion.dataSources.query, query)) {
    if ('properties' in page && page.object === 'page' && isFullPage(page)) pages.push(page)
  }
  return pages
}

// Its codes are words such as `unauthorized`; its messages can quote what was asked.
function toNotionFailure(cause: unknown): never {
  throw new NotionFailure(isNotionClientError(cause) ? cause.code.replaceAll('_', ' ') : describeFailure(cause), {cause})
}

async function keep(pool: Pool, page: PageObjectResponse): Promise<void> {
  const title = titleOf(page)
  await pool.query(
    `INSERT INTO notion_pages (id, title, url, embedding, edited_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (id) DO UPDATE SET title = excluded.title, url = excluded.url, embedding = excluded.embedding,
       edited_at = excluded.edited_at, synced_at = now()`,
    [page.id, title, page.url, toVectorLiteral(embed(title)), page.last_edited_time],
  )
}

function titleOf({properties}: PageObjectResponse): string {
  const title = Object.values(properties).find((property) => property.type === 'title')
  return title?.title.map(({plain_text: text}) => text).join('') || 'Untitled'
}
