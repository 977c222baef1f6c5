import {execute, settings} from '@oclif/core'

type Program = Parameters<typeof execute>[0]

/** Runs the command line that was typed; `program` says where the commands are. */
export async function start(program: Program): Promise<void> {
  process.env.OCLIF_DISABLE_ENGINE_WARNING = '1'
  settings.enableAutoTranspile = false
  await execute(program)
}
