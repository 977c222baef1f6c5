import {BaseSequencer, type TestSpecification} from 'vitest/node'

/**
 * Files that take half a minute and more, the longest first, as beginnings of their paths below `test/`. Begun late, one of them would
 * leave the other worker with nothing to do; everything else is short enough to fill the gaps.
 */
const longest = [
  'e2e/deploy',
  'e2e/backup-restore',
  'e2e/',
  'integration/faults/kill',
  'integration/faults/container',
  'integration/faults/incomplete-dump',
  'integration/runtime/compose',
  'integration/health',
  'integration/faults/interrupt',
  'integration/faults/damage',
  'integration/faults/disk-full',
  'integration/pgbackrest',
  'integration/faults/hundred-kills',
]

/** Orders test files so that those that take long are begun first, on every machine alike. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- of a sequencer, not of an array
    const usual = await super.sort(files)
    return usual.toSorted((one, other) => placeOf(one) - placeOf(other))
  }
}

function placeOf({moduleId}: TestSpecification): number {
  const place = longest.findIndex((beginning) => moduleId.includes(`/test/${beginning}`))
  return place === -1 ? longest.length : place
}
