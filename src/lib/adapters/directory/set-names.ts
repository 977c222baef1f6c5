import {join} from 'node:path'
import {folderName} from './folder-name.ts'

const setName = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/

/** Returns the folder that holds the sets of a project and environment. */
export function folderOfSets(root: string, project: string, environment: string): string {
  return join(root, folderName(project), folderName(environment))
}

/** Returns those of the names that are names of sets, oldest first. */
export function setNamesAmong(names: readonly string[]): string[] {
  return names.filter((name) => setName.test(name)).toSorted()
}
