import type { LifecycleRule } from '@aws-sdk/client-s3'
import type { Finding } from 'holdall/plugin'
import { awsCommand, type Place } from './advice.ts'
import type { Bucket } from './bucket.ts'
import { codeOf } from './errors.ts'
import { allowing } from './permissions.ts'

/** Days: an upload that nobody goes on with can be taken up again for so long. */
const RESUMABLE_DAYS = 7
/** A slow upload that goes on has begun long ago. */
const ABORT_DAYS = 14
/** What was deleted stays so long where the bucket keeps versions. */
const VERSION_DAYS = 30
const RULE_ID = 'holdall'
/** A bucket that was never asked to keep versions. */
const NEVER = 'never'

/** What the bucket does by itself with parts of uploads, with versions, and with files. */
export async function* keepingFindings(
  bucket: Bucket,
  place: Place & { readonly read_only: boolean },
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  if (place.read_only) return
  const rules = await rulesOf(bucket, signal)
  const versioning = await versioningOf(bucket, signal)
  if (versioning === undefined) yield unknown(bucket, 'versioning', 's3:GetBucketVersioning', 'keeps of deleted files')
  if (rules === 'unsupported') {
    return yield { check: 'lifecycle', status: 'skipped', says: 'The service has no rules about what it removes.' }
  }
  if (rules === undefined) {
    return yield unknown(bucket, 'lifecycle', 's3:GetLifecycleConfiguration', 'removes of itself')
  }

  const ours = rules.filter((rule) => isAbout(rule, bucket.keys.prefix))
  const fix = fixOf(bucket, place, rules, versioning === 'Enabled')
  yield partsFinding(ours, fix)
  const expiring = ours.find(expires)
  if (expiring !== undefined) {
    const says = `The rule ${expiring.ID ?? 'without a name'} deletes the files themselves, ${endOf(expiring)}.`
    yield { check: 'expiry', status: 'failed', says, fix }
  }
  if (versioning !== undefined) yield versioningFinding(ours, versioning, fix)
}

/** What becomes of parts alone; `undefined` where the bucket has no such rules, or these credentials may not know. */
export async function leftoversFinding(
  bucket: Bucket,
  place: Place & { readonly read_only: boolean },
  signal: AbortSignal,
): Promise<Finding | undefined> {
  if (place.read_only) return undefined
  const [rules, versioning] = await Promise.all([rulesOf(bucket, signal), versioningOf(bucket, signal)])
  if (rules === undefined || rules === 'unsupported') return undefined
  const ours = rules.filter((rule) => isAbout(rule, bucket.keys.prefix))
  return partsFinding(ours, fixOf(bucket, place, rules, versioning === 'Enabled'))
}

function fixOf(bucket: Bucket, place: Place, rules: readonly LifecycleRule[], isVersioned: boolean): string {
  return awsCommand(place, bucket.name, 'put-bucket-lifecycle-configuration', {
    'lifecycle-configuration': { Rules: wantedRules(rules, bucket.keys.prefix, isVersioned) },
  })
}

function partsFinding(rules: readonly LifecycleRule[], fix: string): Finding {
  const check = 'lifecycle'
  const days = rules.flatMap((rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? [])
  const first = Math.min(...days)
  if (days.length === 0) {
    const says = 'What was sent of uploads that nobody ends stays in the bucket for ever, in no list and on the bill.'
    return { check, status: 'warning', says, fix }
  }
  if (first < RESUMABLE_DAYS) {
    const says = `Unfinished uploads are removed after ${first} days, and can be gone on with for ${RESUMABLE_DAYS}.`
    return { check, status: 'warning', says, fix }
  }
  return { check, status: 'ok', says: `Unfinished uploads are removed after ${first} days.` }
}

function versioningFinding(rules: readonly LifecycleRule[], versioning: string, fix: string): Finding {
  const check = 'versioning'
  if (versioning !== 'Enabled') return { check, status: 'ok', says: 'Deleted files are gone.' }
  const days = rules.flatMap((rule) => rule.NoncurrentVersionExpiration?.NoncurrentDays ?? [])
  if (days.length > 0) {
    return { check, status: 'ok', says: `Versions are kept: deleted files are gone after ${Math.min(...days)} days.` }
  }
  const says = 'Versions are kept for ever: the bytes of deleted files stay in the bucket, and on the bill.'
  return { check, status: 'warning', says, fix }
}

/** Those that are there, less what harms, and one of ours for what is missing. */
function wantedRules(rules: readonly LifecycleRule[], prefix: string, isVersioned: boolean): LifecycleRule[] {
  const others = rules
    .filter(({ ID }) => ID !== RULE_ID)
    .map((rule) => (isAbout(rule, prefix) ? harmless(rule) : rule))
    .filter(hasAction)
  const about = others.filter((rule) => isAbout(rule, prefix))
  const needsAbort = !about.some((rule) => rule.AbortIncompleteMultipartUpload !== undefined)
  const needsVersions = isVersioned && !about.some((rule) => rule.NoncurrentVersionExpiration !== undefined)
  if (!needsAbort && !needsVersions) return others
  const own: LifecycleRule = {
    ID: RULE_ID,
    Status: 'Enabled',
    Filter: { Prefix: prefix },
    ...(needsAbort && { AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_DAYS } }),
    ...(needsVersions && {
      NoncurrentVersionExpiration: { NoncurrentDays: VERSION_DAYS },
      Expiration: { ExpiredObjectDeleteMarker: true },
    }),
  }
  return [...others, own]
}

function harmless(rule: LifecycleRule): LifecycleRule {
  const { Expiration, AbortIncompleteMultipartUpload: abort, ...rest } = rule
  const isShort = abort?.DaysAfterInitiation !== undefined && abort.DaysAfterInitiation < RESUMABLE_DAYS
  return {
    ...rest,
    ...(Expiration !== undefined && !expires(rule) && { Expiration }),
    ...(abort !== undefined && {
      AbortIncompleteMultipartUpload: isShort ? { DaysAfterInitiation: ABORT_DAYS } : abort,
    }),
  }
}

function hasAction({ ID, Status, Filter, Prefix, ...actions }: LifecycleRule): boolean {
  return Object.values(actions).some((action) => action !== undefined)
}

function expires({ Expiration }: LifecycleRule): boolean {
  return Expiration?.Days !== undefined || Expiration?.Date !== undefined
}

function endOf({ Expiration }: LifecycleRule): string {
  return Expiration?.Days === undefined ? `on ${Expiration?.Date}` : `${Expiration.Days} days after they came`
}

/** Whether a rule does something to everything below the prefix. */
function isAbout({ Status, Filter, Prefix }: LifecycleRule, prefix: string): boolean {
  const isNarrow = Filter?.Tag !== undefined || (Filter?.And?.Tags?.length ?? 0) > 0
  return Status === 'Enabled' && !isNarrow && prefix.startsWith(Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '')
}

/** `undefined` when these credentials may not know. */
async function rulesOf({ sdk, send, name }: Bucket, signal: AbortSignal) {
  const command = new sdk.GetBucketLifecycleConfigurationCommand({ Bucket: name })
  return await told(
    send(command, { signal }).then(({ Rules }) => Rules ?? []),
    { NoSuchLifecycleConfiguration: [] as LifecycleRule[], NotImplemented: 'unsupported' as const },
  )
}

async function versioningOf({ sdk, send, name }: Bucket, signal: AbortSignal) {
  const command = new sdk.GetBucketVersioningCommand({ Bucket: name })
  return await told<string, string>(
    send(command, { signal }).then(({ Status }) => Status ?? NEVER),
    { NotImplemented: NEVER },
  )
}

/** @param meanings of refusals that say something @throws any other */
async function told<Value, Meaning>(
  answer: Promise<Value>,
  meanings: Readonly<Record<string, Meaning>>,
): Promise<Value | Meaning | undefined> {
  try {
    return await answer
  } catch (error) {
    const code = codeOf((error as Error).cause)
    if (Object.hasOwn(meanings, code)) return meanings[code]
    if (code === 'AccessDenied') return undefined
    throw error
  }
}

function unknown(bucket: Bucket, check: string, action: string, what: string): Finding {
  const says = `What the bucket ${what} is not known: its credentials lack ${action}.`
  return { check, status: 'skipped', says, fix: allowing(bucket, [action]) }
}
