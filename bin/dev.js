#!/usr/bin/env node
// Runs the sources as they stand, without a build: Node strips the types.
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {end} from './end.js'
import {asksForNames, printNames} from './names.js'
import {isNodeTooOld, runUnderPinnedNode} from './pinned-node.js'
import {surviveClosedPipes} from './pipes.js'

if (isNodeTooOld()) {
  runUnderPinnedNode()
} else if (asksForNames()) {
  await printNames(() => import('../src/known-names.ts'))
} else {
  surviveClosedPipes()
  const [{Plugin}, {start}] = await Promise.all([import('@oclif/core'), import('../src/start.ts')])
  const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8').replaceAll('"./dist/', '"./src/'))
  const root = fileURLToPath(new URL('..', import.meta.url))
  // oclif reads the manifest of a build even when told not to, and would then run the build.
  const plugin = new Plugin({isRoot: true, root, pjson, ignoreManifest: true})
  await plugin.load()
  await start({loadOptions: {root, pjson, plugins: new Map([[plugin.name, plugin]])}})
  await end()
}
