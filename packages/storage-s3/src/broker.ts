import { HoldallError, type Log } from 'holdall/plugin'
import { z } from 'zod'
import { asPrefix } from './config.ts'
import type { Credentials } from './credentials.ts'
import type { Transport } from './transport.ts'

/** For the whole of an answer. */
export const BROKER_LIMIT_MS = 10_000
const MAX_ANSWER_BYTES = 65_536
/** Credentials are renewed so long before their end, or half-way where they live shorter than twice as long. */
export const RENEW_BEFORE_MS = 300_000
/** A broker that failed is left alone for so long, while what it gave before still holds. */
const PATIENCE_MS = 5_000

export interface Folder {
  readonly bucket: string
  /** With a slash at its end, or empty. */
  readonly prefix: string
}

export interface Broker {
  /** @throws HoldallError `unavailable` when none are there and none are given */
  credentials(): Promise<Credentials>
  /** The place that it gives credentials for, where it names one. */
  folder(): Promise<Folder | undefined>
}

export interface BrokerOptions {
  readonly url: string
  readonly secret: string
  readonly request: Transport['request']
  readonly log: Log
  readonly now: () => number
}

const answerShape = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  SessionToken: z.string().min(1).optional(),
  Expiration: z.coerce.date(),
  S3Folder: z
    .string()
    .regex(/^s3:\/\/[^/\s]+(?:\/|$)/)
    .optional(),
})

interface Lease {
  readonly credentials: Credentials
  readonly folder: Folder | undefined
  readonly ends: number
  readonly renewAt: number
}

/** Somebody who gives out credentials for a while: asked with a secret, and again before they end, by one at a time. */
export function createBroker({ url, secret, request, log, now }: BrokerOptions): Broker {
  let lease: Lease | undefined
  let renewing: Promise<Lease> | undefined
  let notBefore = 0

  async function current(): Promise<Lease> {
    if (lease !== undefined && now() < lease.renewAt) return lease
    if (lease !== undefined && now() < lease.ends && now() < notBefore) return lease
    renewing ??= renew().finally(() => {
      renewing = undefined
    })
    try {
      return await renewing
    } catch (error) {
      if (lease === undefined || now() >= lease.ends) throw error
      log.warn('credentials could not be renewed; those that are there still hold', { broker: hostOf(url), error })
      notBefore = now() + PATIENCE_MS
      return lease
    }
  }

  async function renew(): Promise<Lease> {
    const asked = now()
    const answer = await ask()
    const parsed = answerShape.safeParse(answer)
    if (!parsed.success) {
      const wrong = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))].join(', ')
      throw unavailable(`gave credentials that cannot be used: ${wrong} is missing or wrong`)
    }
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration, S3Folder } = parsed.data
    const ends = Expiration.getTime()
    if (ends <= asked) throw unavailable('gave credentials that have ended already; compare the clocks')
    const folder = S3Folder === undefined ? undefined : folderOf(S3Folder)
    if (lease !== undefined && !isSame(lease.folder, folder)) {
      throw unavailable('gave credentials for another folder than before; restart Holdall to use that one')
    }
    lease = {
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        ...(SessionToken !== undefined && { sessionToken: SessionToken }),
        expiration: Expiration,
      },
      folder,
      ends,
      renewAt: ends - Math.min(RENEW_BEFORE_MS, (ends - asked) / 2),
    }
    return lease
  }

  async function ask(): Promise<unknown> {
    const { origin, pathname, search } = new URL(url)
    let status: number
    let text = ''
    try {
      const answer = await request({
        origin,
        path: pathname + search,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams({ secret }).toString(),
        signal: AbortSignal.timeout(BROKER_LIMIT_MS),
      })
      status = answer.statusCode
      const decoder = new TextDecoder()
      let bytes = 0
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        bytes += chunk.byteLength
        if (bytes > MAX_ANSWER_BYTES) throw unavailable('gave more than credentials')
        text += decoder.decode(chunk, { stream: true })
      }
    } catch (error) {
      if (error instanceof HoldallError) throw error
      const { code, name } = error as NodeJS.ErrnoException
      throw unavailable(`cannot be reached (${code ?? name})`, error)
    }
    if (status !== 200) throw unavailable(`answered ${status}; check credentials_url and its secret`)
    try {
      return JSON.parse(text)
    } catch (error) {
      throw unavailable('gave no JSON', error)
    }
  }

  function unavailable(what: string, cause?: unknown): HoldallError {
    return new HoldallError('unavailable', { reason: `its credentials broker ${hostOf(url)} ${what}` }, { cause })
  }

  return {
    credentials: async () => (await current()).credentials,
    folder: async () => (await current()).folder,
  }
}

function folderOf(written: string): Folder {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(written) ?? []
  return { bucket, prefix: asPrefix(path) }
}

function isSame(a: Folder | undefined, b: Folder | undefined): boolean {
  return a?.bucket === b?.bucket && a?.prefix === b?.prefix
}

function hostOf(url: string): string {
  return new URL(url).host
}
