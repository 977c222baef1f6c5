#!/usr/bin/env node
import {setFlagsFromString} from 'node:v8'
import {keepCompiled} from './compile-cache.js'
import {end} from './end.js'
import {asksForNames, printNames} from './names.js'
import {isNodeTooOld, runUnderPinnedNode} from './pinned-node.js'
import {surviveClosedPipes} from './pipes.js'

if (isNodeTooOld()) {
  runUnderPinnedNode()
} else if (asksForNames()) {
  await printNames(() => import('../dist/known-names.js'))
} else {
  // What streams by dies young: letting the space for it grow makes nothing faster and costs 70 MiB while a database is dumped.
  setFlagsFromString('--semi-space-growth-factor=1')
  keepCompiled()
  surviveClosedPipes()
  const {start} = await import('../dist/start.js')
  await start({dir: import.meta.url})
  await end()
}
