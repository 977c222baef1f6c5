import {readFileSync} from 'node:fs'
import path from 'node:path'
import {execa} from 'execa'
import {parse, parseAllDocuments} from 'yaml'
import {installDebianPackages} from '../../../src/lib/adapters/embedded/debian-packages.ts'
import {opsFolder} from '../ops/compose-files.ts'
import {lockTestbed, paths} from '../testbed/machine.ts'
import type {Resource} from './resources.ts'

export const k8sFolder = path.join(opsFolder, 'k8s')
export const environments = ['staging', 'production'] as const
export type EnvironmentName = (typeof environments)[number]

export interface Kustomization {
  resources: string[]
  patches?: {target: {kind: string; name: string}; patch: string}[]
  images?: {name: string; newTag: string}[]
  configMapGenerator?: {name: string; behavior?: string; envs?: string[]; files?: string[]; literals?: string[]}[]
}

/** Returns what `kubectl apply --kustomize` would apply. Throws what kustomize says, and where there is no Debian archive to take it from. */
export async function buildOverlay(environment: EnvironmentName): Promise<Resource[]> {
  const {stdout} = await execa(await provideKubectl(), ['kustomize', path.join(k8sFolder, 'overlays', environment)])
  return parseAllDocuments(stdout).map((document) => document.toJS() as Resource)
}

async function provideKubectl(): Promise<string> {
  await using _lock = await lockTestbed()
  const root = path.join(paths.packages, 'kubectl')
  await installDebianPackages({root, packages: ['kubectl'], dependencies: false})
  return path.join(root, 'usr/bin/kubectl')
}

/** Returns the kustomization.yaml of a folder below ops/k8s. */
export function readKustomization(folder: string): Kustomization {
  return parse(readFileSync(path.join(k8sFolder, folder, 'kustomization.yaml'), 'utf8')) as Kustomization
}
