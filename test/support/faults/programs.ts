import {readdir, readFile, readlink} from 'node:fs/promises'
import type {RunningSparkone} from './process.ts'
import {setTimeout as delay} from 'node:timers/promises'

const someBytes = 100_000

/** A program that stands still. */
export interface HeldProgram {
  pid: number
  release(): void
}

/** Returns what `look` finds once that is something, looking every few milliseconds for at most `seconds`. */
export async function soon<T>(what: string, look: () => Promise<T | null>, seconds = 20): Promise<T> {
  const limit = performance.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found !== null) return found
    if (performance.now() > limit) throw new Error(`Waited ${seconds} s in vain for ${what}.`)
    await delay(3)
  }
}

/** Returns the child of a run whose command line fits, as soon as there is one. */
export async function childOf(run: RunningSparkone, words: RegExp): Promise<number> {
  const pid = run.child.pid!
  return soon(`a program ${words} of sparkone`, async () => {
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).split(' ').filter(Boolean).map(Number)
    const lines = await Promise.all(children.map(commandLine))
    return children.find((_child, index) => words.test(lines[index]!)) ?? null
  })
}

/** Returns the processes of this machine, those in containers included, that run a program and fit; `newerThan` spares looking at old ones. */
export async function findPrograms(name: string, fits: (pid: number) => Promise<boolean>, newerThan = 0): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > newerThan)
  const found = await Promise.all(
    pids.map(async (pid) => (await read(pid, 'comm')).trim() === name && !(await read(pid, 'stat')).includes(') Z ') && (await fits(pid))),
  )
  return pids.filter((_pid, index) => found[index])
}

/** Whether a process was started with a variable in its environment, as everything is that a run starts. */
export async function hasVariable(pid: number, variable: string): Promise<boolean> {
  return (await read(pid, 'environ')).split('\0').includes(variable)
}

/** Whether two processes are in the same container. */
export async function sharesContainer(pid: number, other: number): Promise<boolean> {
  const space = (of: number) => readlink(`/proc/${of}/ns/pid`).catch(() => '')
  return (await space(pid)) === (await space(other))
}

/** Returns the words of a process's command line; nothing when it is gone. */
export async function commandLine(pid: number): Promise<string> {
  return (await read(pid, 'cmdline')).replaceAll('\0', ' ').trim()
}

// A process that is gone says nothing, like one that never was.
function read(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
}

/** Stops a program once it has written some of what a run has to read, which is more than fits between the two. `find` returns its id. */
export async function holdHalfWay(run: RunningSparkone, find: () => Promise<number>): Promise<HeldProgram> {
  // A small dump takes no longer than a blink, but whoever is read by nobody waits.
  const reader = hold(run.child.pid!)
  try {
    const pid = await find()
    await soon(`${someBytes} bytes to be written`, async () => ((await writtenBytes(pid)) < someBytes ? null : true))
    return hold(pid)
  } finally {
    reader.release()
  }
}

/** Stops a process, which may go on when released. */
export function hold(pid: number): HeldProgram {
  process.kill(pid, 'SIGSTOP')
  const release = () => {
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // It was ended meanwhile.
    }
  }
  return {pid, release}
}

async function writtenBytes(pid: number): Promise<number> {
  return Number(/^wchar: (\d+)/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1])
}
