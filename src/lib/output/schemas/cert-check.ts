import {z} from 'zod'
import {documentSchema} from './document.ts'
import {finding, status, time} from './parts.ts'

const certificate = z.object({
  target: z.string().describe('As it is called in the findings.'),
  protocol: z.enum(['https', 'postgresql', 'rediss']),
  host: z.string(),
  port: z.int(),
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()).describe('Host names and addresses that it is for.'),
  notBefore: time,
  notAfter: time,
  fingerprint: z.string().describe('SHA-256, in hexadecimal.'),
  key: z.string().describe('For example: ECDSA P-256.'),
  signature: z.string().describe('For example: SHA-256.'),
  chain: z.int().describe('Certificates that were sent.'),
  trusted: z.boolean().describe('Whether an authority that is known here vouches for it; says nothing of the name.'),
  tls: z.string().describe('For example: TLSv1.3.'),
})

export const certCheckDocument = documentSchema('cert-check', [
  {status, certificates: z.array(certificate).describe('Those that were seen.'), findings: z.array(finding)},
])
