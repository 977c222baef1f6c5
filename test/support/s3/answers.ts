import {BucketMemory, md5, sha256, type StoredObject} from './bucket-memory.ts'

/** A request as the scripted store sees it. */
export interface StoreRequest {
  operation: Operation
  key: string
  query: URLSearchParams
  headers: Record<string, string>
  body: Buffer
}

export type Operation = 'put' | 'get' | 'head' | 'delete' | 'list' | 'begin' | 'part' | 'complete' | 'abort' | 'parts' | 'uploads'

export interface StoreAnswer {
  status: number
  headers?: Record<string, string>
  body?: Buffer | string
}

/** Returns which operation of S3 a request is. */
export function operationOf(method: string, key: string, query: URLSearchParams): Operation {
  if (query.has('uploads')) return method === 'POST' ? 'begin' : 'uploads'
  if (query.has('uploadId')) return ({PUT: 'part', POST: 'complete', DELETE: 'abort'} as const)[method as 'PUT'] ?? 'parts'
  if (key === '') return 'list'
  return ({PUT: 'put', GET: 'get', HEAD: 'head', DELETE: 'delete'} as const)[method as 'PUT'] ?? 'get'
}

/** Answers as a store that works does. */
export function answerTo(request: StoreRequest, memory: BucketMemory): StoreAnswer {
  const damage = damageIn(request)
  if (damage) return failure(400, damage)
  return handlers[request.operation](request, memory)
}

export function failure(status: number, code: string): StoreAnswer {
  return {status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} was scripted</Message></Error>`}
}

type Handler = (request: StoreRequest, memory: BucketMemory) => StoreAnswer

const handlers: Record<Operation, Handler> = {
  put: ({key, body, headers}, memory) => ({status: 200, headers: tags(memory.put(key, body, headers))}),
  get: ({key, headers}, memory) => {
    const object = memory.objects.get(key)
    if (!object) return failure(404, 'NoSuchKey')
    const from = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0)
    return {status: headers.range ? 206 : 200, headers: tags(object), body: object.bytes.subarray(from)}
  },
  head: ({key}, memory) => {
    const object = memory.objects.get(key)
    if (!object) return {status: 404}
    const metadata = Object.fromEntries(Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]))
    return {status: 200, headers: {...tags(object), ...metadata, 'content-length': String(object.bytes.length)}}
  },
  delete: ({key}, memory) => {
    memory.objects.delete(key)
    return {status: 204}
  },
  list: ({query}, memory) => ({status: 200, body: listing(query, memory)}),
  begin: ({key, headers}, memory) => {
    const id = memory.begin(key, headers)
    return {status: 200, body: xml('InitiateMultipartUploadResult', `<UploadId>${id}</UploadId>`)}
  },
  part: ({query, body}, memory) => {
    const part = memory.sendPart(query.get('uploadId')!, Number(query.get('partNumber')), body)
    return part ? {status: 200, headers: tags(part)} : failure(404, 'NoSuchUpload')
  },
  complete: ({query, body, key}, memory) => {
    const wanted = [...body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
      number: Number(/<PartNumber>(\d+)/.exec(part)?.[1]),
      etag: /<ETag>(?:&quot;|")?([0-9a-f]+)/.exec(part)?.[1] ?? '',
    }))
    try {
      const object = memory.complete(query.get('uploadId')!, wanted)
      if (!object) return failure(404, 'NoSuchUpload')
      return {status: 200, body: xml('CompleteMultipartUploadResult', `<Key>${key}</Key><ETag>"${object.etag}"</ETag>`)}
    } catch (error) {
      return failure(400, (error as Error).message)
    }
  },
  abort: ({query}, memory) => (memory.uploads.delete(query.get('uploadId')!) ? {status: 204} : failure(404, 'NoSuchUpload')),
  parts: ({query}, memory) => {
    const upload = memory.uploads.get(query.get('uploadId')!)
    if (!upload) return failure(404, 'NoSuchUpload')
    const parts = [...upload.parts]
      .toSorted(([one], [other]) => one - other)
      .map(([number, {bytes, etag, sha256: checksum}]) => {
        const kept = checksum === null ? '' : `<ChecksumSHA256>${checksum}</ChecksumSHA256>`
        return `<Part><PartNumber>${number}</PartNumber><Size>${bytes.length}</Size><ETag>"${etag}"</ETag>${kept}</Part>`
      })
    return {status: 200, body: xml('ListPartsResult', `${parts.join('')}<IsTruncated>false</IsTruncated>`)}
  },
  uploads: ({query}, memory) => {
    const uploads = [...memory.uploads]
      .filter(([, {key}]) => key.startsWith(query.get('prefix') ?? ''))
      .map(
        ([id, {key, startedAt}]) =>
          `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${startedAt.toISOString()}</Initiated></Upload>`,
      )
    return {status: 200, body: xml('ListMultipartUploadsResult', `${uploads.join('')}<IsTruncated>false</IsTruncated>`)}
  },
}

/** What arrived otherwise than the headers say was damaged on its way. */
function damageIn({headers, body}: StoreRequest): string | null {
  if (headers['content-md5'] !== undefined && headers['content-md5'] !== md5(body).toString('base64')) return 'BadDigest'
  const checksum = headers['x-amz-checksum-sha256']
  if (checksum !== undefined && checksum !== sha256(body).toString('base64')) return 'BadDigest'
  const signed = headers['x-amz-content-sha256'] ?? ''
  if (/^[0-9a-f]{64}$/.test(signed) && signed !== sha256(body).toString('hex')) return 'XAmzContentSHA256Mismatch'
  return null
}

function tags({etag, sha256: checksum}: Pick<StoredObject, 'etag' | 'sha256'>): Record<string, string> {
  return {etag: `"${etag}"`, ...(checksum !== null && {'x-amz-checksum-sha256': checksum})}
}

function listing(query: URLSearchParams, memory: BucketMemory): string {
  const [prefix, after, most] = [query.get('prefix') ?? '', query.get('start-after') ?? '', Number(query.get('max-keys') ?? 1000)]
  const {keys, more} = memory.list(prefix, after, most)
  const entries = keys.map((key) => {
    const {bytes, etag, at} = memory.objects.get(key)!
    return `<Contents><Key>${key}</Key><LastModified>${at.toISOString()}</LastModified><ETag>"${etag}"</ETag><Size>${bytes.length}</Size></Contents>`
  })
  return xml('ListBucketResult', `<IsTruncated>${more}</IsTruncated>${entries.join('')}`)
}

function xml(name: string, inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${name}>`
}
