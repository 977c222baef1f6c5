import {statSync} from 'node:fs'
import * as nodeModule from 'node:module'
import {dirname} from 'node:path'

/** Lets Node keep what it compiled for the next run, in a folder that is the user's own: whoever else can write there, as when root runs with the HOME of another, would choose what we run. */
export function keepCompiled() {
  const {XDG_CACHE_HOME, HOME} = process.env
  const cache = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`)
  if (cache && isOurs(cache)) nodeModule.enableCompileCache?.(`${cache}/sparkone/node`)
}

// Of a folder that is not there yet, the one around it counts; what is neither there nor to be looked at is not ours.
function isOurs(folder) {
  try {
    const {uid, mode} = statSync(folder, {throwIfNoEntry: false}) ?? statSync(dirname(folder))
    return uid === process.getuid?.() && (mode & 0o002) === 0
  } catch {
    return false
  }
}
