import {defineConfig} from 'vitest/config'
import {LongestFirst} from './test/support/longest-first.ts'

const suite = (name: string, extra: object = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    disableConsoleIntercept: true,
    // These end what hangs, and say nothing about how fast anything must be: a busy machine may take its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: {poll: {timeout: 30_000}},
    env: {NO_COLOR: '1', FORCE_COLOR: undefined as never},
    ...extra,
  },
})

export default defineConfig({
  test: {
    sequence: {sequencer: LongestFirst},
    // Node strips the types itself, as it does for bin/dev.js; going through Vite as well took longer than many suites.
    experimental: {viteModuleRunner: false, nodeLoader: false},
    // Of the unit suite alone (npm run coverage), and of what it is for: adapters, servers and screens are shown by the other suites.
    coverage: {
      provider: 'v8',
      include: ['src/lib/*.ts', 'src/lib/{domain,procedures,output,config}/**/*.ts'],
      exclude: ['src/lib/output/schemas/**'],
      reporter: ['text-summary', 'html', 'lcov'],
      reportOnFailure: true,
      thresholds: {lines: 65},
    },
    projects: [
      // Pure code over fakes has nothing to keep apart, and loading every module once instead of per file is most of the time.
      suite('unit', {isolate: false, pool: 'threads'}),
      suite('adapter', {isolate: false}),
      suite('command'),
      suite('contract'),
      suite('integration', {testTimeout: 180_000, hookTimeout: 300_000}),
      suite('e2e', {testTimeout: 300_000, hookTimeout: 300_000}),
      // Holds the stack to how fast it answers, which other tests beside it would decide.
      suite('production', {testTimeout: 300_000, hookTimeout: 300_000}),
    ],
  },
})
