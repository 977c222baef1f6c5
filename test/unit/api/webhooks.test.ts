import {describe, expect, it} from 'vitest'
import {sign, verifyDelivery} from '../../../ops/api/webhooks.ts'
import {startApp} from '../../support/api-app.ts'

const secret = `whsec_${Buffer.from('a secret of the sender').toString('base64')}`
const settings = {secrets: [secret], toleranceSeconds: 300}
const nowSeconds = 1_700_000_000

function deliver({body = '{"type":"a.b","data":{}}', offset = 0, secretUsed = secret} = {}) {
  const delivery = {id: 'msg_1', timestamp: String(nowSeconds + offset), body}
  return {...delivery, signatures: `v1,${sign(delivery, secretUsed)}`}
}

const verify = (delivery: Parameters<typeof verifyDelivery>[0], given = settings) => verifyDelivery(delivery, given, nowSeconds * 1000)

describe('a delivery', () => {
  it('signs as standardwebhooks.com says', () => {
    const delivery = {id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: '1614265330', body: '{"test": 2432232314}'}
    expect(sign(delivery, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe('g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it('passes when one of several secrets made one of several signatures', () => {
    const both = {...settings, secrets: ['whsec_bmV3', secret]}
    const delivery = deliver()
    expect(() => verify({...delivery, signatures: `v1,AAAA ${delivery.signatures}`}, both)).not.toThrow()
  })

  it.each([
    ['of another secret', deliver({secretUsed: 'whsec_b3RoZXI='})],
    ['with another body', {...deliver(), body: '{"type":"a.b","data":{"more":1}}'}],
    ['with another id', {...deliver(), id: 'msg_2'}],
    ['with another time', {...deliver(), timestamp: String(nowSeconds + 1)}],
    ['without a signature', {...deliver(), signatures: ''}],
    ['with a signature of another version', {...deliver(), signatures: deliver().signatures.replace('v1,', 'v2,')}],
  ])('%s is refused', (_name, delivery) => {
    expect(() => verify(delivery)).toThrow('The signature is missing or wrong.')
  })

  it.each([-301, 301])('%i seconds off is refused', (offset) => {
    expect(() => verify(deliver({offset}))).toThrow('more than 300 s off')
    expect(() => verify(deliver({offset: Math.sign(offset) * 299}))).not.toThrow()
  })
})

describe('POST /v1/webhooks', () => {
  function begin() {
    const accepted: string[] = []
    const {send} = startApp({webhooks: {settings, accept: async (id) => void accepted.push(id)}})
    async function receive(body: string, change: Record<string, string> = {}) {
      const delivery = {id: 'msg_1', timestamp: String(Math.floor(Date.now() / 1000)), body}
      const headers = {
        'webhook-id': delivery.id,
        'webhook-timestamp': delivery.timestamp,
        'webhook-signature': `v1,${sign(delivery, secret)}`,
      }
      return send('/v1/webhooks', body, {...headers, ...change})
    }
    return {accepted, receive}
  }

  it('keeps what was signed', async () => {
    const {accepted, receive} = begin()
    expect((await receive('{"type":"message.read","data":{"message":1}}')).status).toBe(202)
    expect((await receive('{"type":"message.received","data":{"channelId":1,"authorId":1,"body":"hello"}}')).status).toBe(202)
    expect(accepted).toEqual(['msg_1', 'msg_1'])
  })

  it('refuses what was not, before it looks at the content', async () => {
    const {accepted, receive} = begin()
    expect((await receive('no JSON', {'webhook-signature': 'v1,AAAA'})).status).toBe(401)
    expect((await receive('{"type":"a.b","data":{}}', {'webhook-timestamp': '1'})).status).toBe(401)
    expect(accepted).toEqual([])
  })

  it('refuses signed content that is no event', async () => {
    const {accepted, receive} = begin()
    const deep = `{"type":"a.b","data":{"list":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`
    for (const body of ['{', '[]', '{"type":"A b","data":{}}', '{"type":"message.received","data":{"channelId":"one"}}', deep])
      expect((await receive(body)).status).toBe(400)
    expect(accepted).toEqual([])
  })

  it('is off without a secret', async () => {
    expect((await startApp().send('/v1/webhooks', {type: 'a.b', data: {}})).status).toBe(404)
  })
})
