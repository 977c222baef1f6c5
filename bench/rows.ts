/**
 * How many megabytes of rows a second of the processor counts and hashes, in each of the ways that manifests name, beside SHA-256 over the same bytes. Run: node bench/rows.ts
 */
import {createHash} from 'node:crypto'
import {RowSum, rowHashes, rowReader, type RowHashName} from '../src/lib/domain/row-hash.ts'

const chunkBytes = 65_536
const megabytes = 128
const rounds = 3

const numbers = (row: number) => Array.from({length: 384}, (_, index) => (((row * 31 + index * 17) % 2000) / 1000 - 1).toFixed(7))
const kinds: Record<string, (row: number) => string> = {
  'short values': (row) =>
    `${row}\t${1 + ((row * 7919) % 300_000)}\t${((row * 104_729) % 1_000_000) / 100}\tshipped\t2024-01-01 00:00:${row % 60}+00\t\\N`,
  'long text': (row) => `${row}\t${'lorem ipsum dolor sit amet consectetur '.repeat(15)}\t{"id": ${row}, "lang": "en", "sections": 4}`,
  vectors: (row) => `${row}\tsmall\t[${numbers(row).join(',')}]`,
}

console.table(Object.fromEntries(Object.entries(kinds).map(([kind, row]) => [kind, measureKind(row)])))

function measureKind(row: (index: number) => string): Record<string, number> {
  const text = Array.from({length: Math.ceil(16e6 / row(1).length)}, (_, index) => `${row(index)}\n`).join('')
  const bytes = Buffer.from(text)
  const chunks = Array.from({length: Math.ceil(bytes.length / chunkBytes)}, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  )
  const sha256 = fastest(chunks, () => {
    const hash = createHash('sha256')
    return (chunk) => hash.update(chunk)
  })
  const ways = rowHashes.map((name) => [`${name}, MB/s`, fastest(chunks, () => readerOf(name))])
  return {...Object.fromEntries(ways), 'SHA-256, MB/s': sha256}
}

function readerOf(name: RowHashName): (chunk: Uint8Array) => void {
  const reader = rowReader(name)
  reader.begin(new RowSum(), ['id', 'customer_id', 'amount', 'state', 'placed_at', 'note'])
  return (chunk) => void reader.read(chunk, 0)
}

/** Seconds are those of the processor, which others on the machine change least. */
function fastest(chunks: readonly Uint8Array[], begin: () => (chunk: Uint8Array) => void): number {
  const size = chunks.reduce((sum, {length}) => sum + length, 0)
  const passes = Math.ceil((megabytes * 1e6) / size)
  const rates = Array.from({length: rounds}, () => {
    const read = begin()
    const before = process.cpuUsage()
    for (let pass = 0; pass < passes; pass += 1) for (const chunk of chunks) read(chunk)
    const {user, system} = process.cpuUsage(before)
    return (size * passes) / (user + system)
  })
  return Math.round(Math.max(...rates))
}
