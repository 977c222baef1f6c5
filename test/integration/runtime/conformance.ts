import {afterAll, beforeAll, describe} from 'vitest'
import {archivesConform} from './archives.ts'
import {exclusionConforms} from './exclusion.ts'
import {queriesConform} from './queries.ts'
import {servicesConform} from './services.ts'
import {snapshotsConform} from './snapshots.ts'
import type {Subject} from './subject.ts'
import {throwAwaysConform} from './throw-aways.ts'

/** What a group of tests asks for its subject; skips the test where the machine lacks what the runtime needs. */
export type Ask = (skip: (note: string) => never) => Subject

/** The last of them stops the database. */
const allPromises = [queriesConform, exclusionConforms, snapshotsConform, archivesConform, throwAwaysConform, servicesConform]
/** Those that depend on how containers are found. */
export const findingPromises = [queriesConform, servicesConform]

/** Shows that a runtime keeps the promises of its port. `start` returns what the machine lacks where it cannot be started. */
export function runtimeConformance(name: string, start: () => Promise<Subject | string>, promises = allPromises): void {
  describe(`${name}`, () => {
    let subject: Subject | string = 'it did not start'
    beforeAll(async () => {
      subject = await start()
    })
    afterAll(async () => {
      if (typeof subject === 'object') await subject[Symbol.asyncDispose]()
    })
    const ask: Ask = (skip) => (typeof subject === 'string' ? skip(subject) : subject)
    for (const conforms of promises) conforms(ask)
  })
}
