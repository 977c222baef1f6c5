import {readdirSync, writeFileSync} from 'node:fs'
import {isBuiltin} from 'node:module'
import {basename, dirname, join} from 'node:path'
import {rolldown, type InputOptions, type LogLevel, type OutputChunk, type OutputOptions, type Plugin, type RolldownLog} from 'rolldown'
import {noticesOf} from './notices.ts'

// Packages that pg and debug use when they are there and do without otherwise.
const leftOut = ['pg-native', 'pg-cloudflare', 'supports-color']

const leaveOut: Plugin = {
  name: 'leave-out',
  resolveId: (name) => (leftOut.includes(name) ? `\0${name}` : null),
  load: (name) => (leftOut.includes(name.slice(1)) ? `throw Object.assign(new Error('left out'), {code: 'MODULE_NOT_FOUND'})` : null),
}

// What the sources load only once they need it, without waiting, has to be packed in as well.
const packRequired: Plugin = {
  name: 'pack-required',
  transform: (code, file) => {
    if (file.includes('node_modules')) return null
    const loader = /const (\w+) = createRequire\(import\.meta\.url\)/.exec(code)?.[1]
    return loader === undefined ? null : code.replaceAll(`${loader}('`, "require('")
  },
}

const common: InputOptions = {
  platform: 'node',
  // The language of the oldest Node that is served.
  transform: {target: 'es2023', define: {__dirname: 'import.meta.dirname'}},
  onLog: refuseWarnings,
}

/** Packs the command line with all its packages into `folder`: a file for each command, and what they share in chunks; it needs nothing but Node. */
export async function bundleCommandLine(root: string, folder: string): Promise<void> {
  // The CommonJS forms of packages would bring in every command of a client that nobody calls.
  const resolve = {mainFields: ['module', 'main']}
  const options: InputOptions = {input: entriesOf(join(root, 'src')), cwd: root, plugins: [packRequired], resolve, ...common}
  const chunks = await write(options, {
    dir: folder,
    // Names stay, for the stack of what a bug throws; without the rest a backup needs 2 MiB less.
    minify: {mangle: false, compress: true, codegen: {removeWhitespace: true}},
    entryFileNames: '[name].js',
    // The hash lets a run that began before a build find the chunks that it was made with.
    chunkFileNames: 'chunks/[name]-[hash].js',
    // In files of a few lines each, finding them would take longer than reading what a command could do without.
    codeSplitting: {groups: [{name: 'domain', test: /\/src\/lib\/(?:domain\/|errors|change)/, minShareCount: 2}]},
  })
  assertSelfContained('the command line', chunks)
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), noticesOf(chunks.flatMap(({moduleIds}) => moduleIds)))
}

/** Packs a program with all its packages into one file; it needs nothing but Node. */
export async function bundleProgram(input: string, file: string): Promise<void> {
  const chunks = await write({input, plugins: [leaveOut], ...common}, {file, codeSplitting: false})
  assertSelfContained(basename(file), chunks)
  if (chunks.length !== 1) throw new Error(`${basename(file)} became ${chunks.length} files.`)
  writeFileSync(join(dirname(file), 'THIRD-PARTY-NOTICES.txt'), noticesOf(chunks.flatMap(({moduleIds}) => moduleIds)))
}

/** All that is loaded by its name: by bin/, or by oclif. */
function entriesOf(source: string): Record<string, string> {
  const commands = readdirSync(join(source, 'commands'), {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('.ts'))
  const files = [...commands.map((name) => `commands/${name}`), 'hooks/command-not-found.ts', 'help.ts', 'known-names.ts', 'start.ts']
  return Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ''), join(source, file)]))
}

async function write(options: InputOptions, output: OutputOptions): Promise<OutputChunk[]> {
  const build = await rolldown(options)
  const {output: chunks} = await build.write({format: 'esm', ...output})
  await build.close()
  return chunks.filter((chunk) => chunk.type === 'chunk')
}

function assertSelfContained(name: string, chunks: readonly OutputChunk[]): void {
  const own = new Set(chunks.map(({fileName}) => fileName))
  const needed = chunks.flatMap(({imports, dynamicImports}) => [...imports, ...dynamicImports])
  const missing = needed.filter((file) => !own.has(file) && !isBuiltin(file))
  if (missing.length > 0) throw new Error(`${name} is not self-contained: ${missing.join(', ')}.`)
}

function refuseWarnings(level: LogLevel, log: RolldownLog): void {
  if (level === 'warn') throw new Error(log.message)
}
