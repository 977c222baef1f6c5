#!/usr/bin/env node
// Runs the sources as they stand, without a build: Node strips the types.
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {isNodeTooOld, runUnderPinnedNode} from './pinned-node.js'

if (isNodeTooOld()) {
  runUnderPinnedNode()
} else {
  process.env.OCLIF_DISABLE_ENGINE_WARNING = '1'
  const {execute, settings} = await import('@oclif/core')
  settings.enableAutoTranspile = false
  const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8').replaceAll('"./dist/', '"./src/'))
  await execute({loadOptions: {root: fileURLToPath(new URL('..', import.meta.url)), pjson, ignoreManifest: true}})
}
