import {beforeAll, describe, expect, it} from 'vitest'
import {buildOverlay, environments} from '../support/k8s/kustomize.ts'
import {mayConnect, type Party} from '../support/k8s/network.ts'
import type {Resource} from '../support/k8s/resources.ts'

describe.each(environments)('the network of %s on Kubernetes', (environment) => {
  let resources: Resource[]
  beforeAll(async () => {
    resources = await buildOverlay(environment)
  }, 900_000)

  const label = (name: string): Party => ({pod: {'app.kubernetes.io/name': name}})
  const database: Party = {pod: {'cnpg.io/cluster': 'database'}}
  const operator: Party = {namespace: 'cnpg-system'}
  const names: Party = {namespace: 'kube-system', pod: {'k8s-app': 'kube-dns'}}

  it.each<[string, Party, Party, number]>([
    ['the ingress controller to the API', {namespace: 'traefik'}, label('api'), 8000],
    ['Prometheus to the API', {namespace: 'monitoring'}, label('api'), 8000],
    ['Prometheus to the database', {namespace: 'monitoring'}, database, 9187],
    ['the API to the database', label('api'), database, 5432],
    ['the API to Redis', label('api'), label('redis'), 6379],
    ['the API to Notion', label('api'), 'internet', 443],
    ['the API to the name server', label('api'), names, 53],
    ['the migration to the database', label('migrate'), database, 5432],
    ['the backup to the database', label('backup'), database, 5432],
    ['the backup to storage elsewhere', label('backup'), 'internet', 443],
    ['one instance of the database to another', database, database, 5432],
    ['the operator to the database', operator, database, 8000],
    ['the database to its archive', database, 'internet', 443],
  ])('lets through %s', (_, from, to, port) => expect(mayConnect(resources, from, to, port)).toBe(true))

  it.each<[string, Party, Party, number]>([
    ['any other namespace to the API', {namespace: 'default'}, label('api'), 8000],
    ['the ingress controller to the database', {namespace: 'traefik'}, database, 5432],
    ['the API to the backup', label('api'), label('backup'), 8000],
    ['the API to the state of the database', label('api'), database, 8000],
    ['Redis to the world', label('redis'), 'internet', 443],
    ['Redis to the database', label('redis'), database, 5432],
    ['the migration to Redis', label('migrate'), label('redis'), 6379],
    ['the world to the API, past the ingress controller', 'internet', label('api'), 8000],
  ])('keeps out %s', (_, from, to, port) => expect(mayConnect(resources, from, to, port)).toBe(false))
})
