import type { Finding, PartChecksum, Step, StorageDoctor, Trouble } from 'holdall/plugin'
import { inConfig } from './advice.ts'
import type { Bucket } from './bucket.ts'
import type { S3Config } from './config.ts'
import { corsFix } from './cors.ts'
import { codeOf } from './errors.ts'
import { keepingFindings, leftoversFinding } from './keeping.ts'
import { allowing, PERMISSIONS } from './permissions.ts'
import { checksumFindings, withProbe } from './probing.ts'
import { publicFinding } from './public.ts'

/** Beyond this, and long before the service refuses, the clock of the server is worth a warning. */
const OFFSET_WARNING_MS = 60_000
/** What the service refuses. */
const OFFSET_LIMIT_MS = 900_000
const MAX_LISTING_BYTES = 65_536

export interface DoctorOptions {
  readonly now: () => number
  /** Told what the service was seen to check. */
  readonly onChecksum: (checked: PartChecksum | undefined) => void
}

/** What only a bucket has: its clock, its rules about what is kept, who else may read it, and what it checks. */
export function createDoctor(bucket: Bucket, config: S3Config, { now, onChecksum }: DoctorOptions): StorageDoctor {
  return {
    async *examine({ signal }) {
      if (!(yield* answerFindings(bucket, now, signal))) return
      yield* keepingFindings(bucket, config, signal)
      if (config.read_only) {
        yield await publicFinding(bucket, config, undefined, signal)
        return
      }
      yield* withProbe(bucket, signal, async function* (key) {
        yield await publicFinding(bucket, config, key, signal)
        if (key !== undefined) yield* checksumFindings(bucket, config, key, { signal, onChecksum })
      })
    },
    leftovers: ({ signal }) => leftoversFinding(bucket, config, signal),
    async remedy(trouble) {
      if (trouble.step === 'cors') return { fix: await corsFix(bucket, config, trouble) }
      if (trouble.step === 'plain http') return { fix: THROUGH_SERVER }
      if (trouble.step === 'forgotten') return FORGOTTEN
      if (trouble.step === 'examine') return undefined
      return remedyOf(bucket, trouble)
    },
  }
}

const FORGOTTEN = {
  says: 'The service forgets the metadata of files that were sent in parts, so that none can be told from another.',
  fix: inConfig(['uploads: proxy']),
}
const THROUGH_SERVER = inConfig(['uploads: proxy', 'downloads: proxy'], 'or give it an endpoint_url with https')

/** @returns whether it is S3 that answers */
async function* answerFindings(
  bucket: Bucket,
  now: () => number,
  signal: AbortSignal,
): AsyncGenerator<Finding, boolean> {
  const query = { 'list-type': '2', 'max-keys': '1', prefix: bucket.keys.prefix }
  const { url } = await bucket.sign({ method: 'GET', key: '', query }, 60)
  const { origin, pathname, search, host } = new URL(url)
  const answer = await bucket.request({ origin, path: pathname + search, method: 'GET', signal })
  const text = (await answer.body.text()).slice(0, MAX_LISTING_BYTES)
  if (!text.includes('<ListBucketResult')) {
    const says = `${host} answers ${answer.statusCode}, but not as S3 does.`
    const fix = 'Set endpoint_url to the address of its S3 interface, which often has a port of its own.'
    yield { check: 'connection', status: 'failed', says, fix, isFatal: true }
    return false
  }
  yield { check: 'connection', status: 'ok', says: `The bucket ${bucket.name} is at ${host}.` }
  yield clockFinding(now() - Date.parse(String(answer.headers.date)), host)
  return true
}

function clockFinding(off: number, host: string): Finding {
  const check = 'clock'
  const size = Math.abs(off)
  if (Number.isNaN(size)) return { check, status: 'skipped', says: `${host} does not say what time it is.` }
  const says = `The clock of this server ${durationOf(off)} that of ${host}.`
  if (size < OFFSET_WARNING_MS) return { check, status: 'ok', says }
  return { check, status: size < OFFSET_LIMIT_MS ? 'warning' : 'failed', says, fix: 'timedatectl set-ntp true' }
}

/** Answers tell the time in whole seconds. */
function durationOf(off: number): string {
  const seconds = Math.round(Math.abs(off) / 1_000)
  if (seconds <= 1) return 'agrees with'
  const size = seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`
  return `is ${size} ${off > 0 ? 'ahead of' : 'behind'}`
}

function remedyOf(bucket: Bucket, { step, error }: Extract<Trouble, { step: Step }>) {
  const code = codeOf((error as Error).cause)
  if (code === 'AccessDenied' || code === '403' || code === 'Forbidden') {
    const permission = PERMISSIONS[step]
    return { says: `Its credentials lack ${permission}.`, fix: allowing(bucket, [permission]) }
  }
  if (code === 'EntityTooSmall') {
    const says = 'The service wants larger parts than S3 does; files above 8 MiB cannot be stored there.'
    return {
      says,
      fix: 'Let the service take parts of 5 MiB, as S3 does (Ceph: rgw_multipart_min_part_size = 5242880).',
    }
  }
  return undefined
}
