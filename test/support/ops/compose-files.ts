import {readFileSync} from 'node:fs'
import path from 'node:path'
import {execa} from 'execa'
import {z} from 'zod'
import type {Testbed} from '../testbed/index.ts'

export const opsFolder = path.resolve(import.meta.dirname, '../../../ops')
export const composeFileNames = ['docker-compose.prod.yml', 'staging-compose.yml', 'compose.yml'] as const
export type ComposeFileName = (typeof composeFileNames)[number]

const network = z.object({internal: z.boolean().default(false)})
const service = z.object({
  image: z.string(),
  user: z.string().optional(),
  container_name: z.string().optional(),
  privileged: z.boolean().optional(),
  network_mode: z.string().optional(),
  read_only: z.boolean().optional(),
  restart: z.string().optional(),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  healthcheck: z.object({test: z.array(z.string()), timeout: z.string(), interval: z.string()}).optional(),
  mem_limit: z.coerce.number().optional(),
  cpus: z.number().optional(),
  pids_limit: z.number().optional(),
  logging: z.object({driver: z.string(), options: z.record(z.string(), z.string())}).optional(),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  networks: z.record(z.string(), z.unknown()).default({}),
  ports: z.array(z.object({host_ip: z.string().optional(), published: z.string(), target: z.number()})).default([]),
  secrets: z.array(z.object({source: z.string()})).default([]),
  volumes: z.array(z.object({type: z.string(), source: z.string(), target: z.string(), read_only: z.boolean().optional()})).default([]),
})
const project = z.object({
  name: z.string(),
  services: z.record(z.string(), service),
  networks: z.record(z.string(), network),
  secrets: z.record(z.string(), z.object({file: z.string()})),
})

export type Service = z.infer<typeof service>
export type Project = z.infer<typeof project>

/** Returns a Compose file as Compose itself understands it, variables filled in from `environmentFile`. Throws what Compose says. */
export async function readProject(
  testbed: Testbed,
  file: ComposeFileName,
  profiles: readonly string[],
  environmentFile = path.join(opsFolder, '.env.example'),
): Promise<Project> {
  const words = ['--env-file', environmentFile, '--file', path.join(opsFolder, file), ...profiles.flatMap((name) => ['--profile', name])]
  // What the shell of a developer has set must play no part.
  const env = {...testbed.environment, PATH: process.env.PATH, COMPOSE_PROFILES: profiles.join(',')}
  const {stdout} = await execa('docker', ['compose', ...words, 'config', '--format', 'json'], {env, extendEnv: false})
  return project.parse(JSON.parse(stdout))
}

/** Returns the names of the variables that the Compose files read. */
export function variablesOfComposeFiles(): Set<string> {
  const texts = composeFileNames.map((name) => readFileSync(path.join(opsFolder, name), 'utf8'))
  return new Set(texts.flatMap((text) => [...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name!)))
}

/** Returns the variables of .env.example, with whether they are commented out. */
export function exampleVariables(): {name: string; value: string; isDefault: boolean}[] {
  const text = readFileSync(path.join(opsFolder, '.env.example'), 'utf8')
  return [...text.matchAll(/^(# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, comment, name, value]) => ({
    name: name!,
    value: value!,
    isDefault: comment !== undefined,
  }))
}
