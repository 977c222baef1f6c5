import {z} from 'zod'
import {isTarget} from '../../domain/certificate-target.ts'
import {duration, path, section, setting, text} from '../kinds.ts'

const place = text.refine(isTarget, {
  error: 'expected a host such as shop.example, shop.example:8443, postgresql://db.example or rediss://cache.example',
})

const address = z.union([z.ipv4(), z.ipv6()], {error: 'expected an IP address'})

/** What `sparkone cert-check` looks at. */
export const certificates = section({
  hosts: setting(
    z.array(place, {error: 'expected a list of hosts'}).prefault([]),
    'Places that serve a certificate: `host`, `host:port`, `https://…`, `postgresql://…` or `rediss://…`.',
    {fallback: 'the API, the database and Redis, as far as their URLs say that TLS is spoken; and each name in `acme.json`'},
  ),
  ca: setting(path.optional(), 'File with the certificates of authorities of your own.', {path: true}),
  addresses: setting(
    z.array(address, {error: 'expected a list of IP addresses'}).prefault([]),
    'Addresses that the names must lead to; any, without them.',
  ),
  connect: setting(address.optional(), 'Address to connect to instead of that of the names, such as that of the proxy itself.'),
  acme: setting(path.optional(), 'The `acme.json` of Traefik, as this machine sees it.', {path: true}),
  traefik: setting(
    z.array(path, {error: 'expected a list of paths'}).prefault([]),
    'Files of Traefik and of Compose, or folders of them, that say which names have a router.',
    {path: true},
  ),
  proxy: setting(text.optional(), 'Service whose log is searched for what went wrong with certificates.'),
  renewBefore: setting(duration.optional(), 'How long before their end certificates are renewed here.', {
    fallback: 'as Traefik does, by their lifetime',
  }),
  timeout: setting(duration.prefault('5s'), 'Limit of each probe.'),
})
