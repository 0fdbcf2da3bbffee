import type { Finding } from 'holdall/plugin'
import { awsCommand, type Place } from './advice.ts'
import type { Bucket } from './bucket.ts'
import { codeOf } from './errors.ts'
import { allowing } from './permissions.ts'

const SIGNED_SECONDS = 60

/** Asks without credentials. @param key of an object to ask for */
export async function publicFinding(
  bucket: Bucket,
  place: Place,
  key: string | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  const check = 'public access'
  const list = { 'list-type': '2', 'max-keys': '1', prefix: bucket.keys.prefix }
  const found: string[] = []
  if (await isOpen(bucket, '', list, signal)) found.push('list its files')
  if (key !== undefined && (await isOpen(bucket, key, {}, signal))) found.push('read any of them')
  if (found.length === 0) return { check, status: 'ok', says: 'Nobody gets in without credentials.' }
  const says = `Anybody can ${found.join(' and ')}, without credentials.`
  return { check, status: 'warning', says, fix: await closingFix(bucket, place, signal) }
}

async function isOpen(
  bucket: Bucket,
  key: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const url = new URL((await bucket.sign({ method: 'GET', key, query }, SIGNED_SECONDS)).url)
  for (const name of [...url.searchParams.keys()]) {
    if (name.startsWith('X-Amz-')) url.searchParams.delete(name)
  }
  const answer = await bucket.request({ origin: url.origin, path: url.pathname + url.search, method: 'GET', signal })
  await answer.body.dump()
  return answer.statusCode === 200
}

interface Statement {
  readonly Effect?: string
  readonly Principal?: unknown
}

/** Takes the statements for everybody out of the policy; where there is none, the grants. */
async function closingFix({ sdk, send, name, keys }: Bucket, place: Place, signal: AbortSignal): Promise<string> {
  let text: string | undefined
  try {
    text = (await send(new sdk.GetBucketPolicyCommand({ Bucket: name }), { signal })).Policy
  } catch (error) {
    const code = codeOf((error as Error).cause)
    if (code === 'AccessDenied') return allowing({ name, keys }, ['s3:GetBucketPolicy'])
    if (code !== 'NoSuchBucketPolicy') throw error
  }
  const policy = JSON.parse(text ?? '{}') as { readonly Statement?: Statement | readonly Statement[] }
  const statements = [policy.Statement ?? []].flat() as Statement[]
  const kept = statements.filter((statement) => !isForEverybody(statement))
  if (kept.length === statements.length) return awsCommand(place, name, 'put-bucket-acl', { acl: 'private' })
  if (kept.length === 0) return awsCommand(place, name, 'delete-bucket-policy')
  return awsCommand(place, name, 'put-bucket-policy', { policy: { ...policy, Statement: kept } })
}

function isForEverybody({ Effect, Principal }: Statement): boolean {
  const named = typeof Principal === 'object' && Principal !== null ? Object.values(Principal).flat() : [Principal]
  return Effect === 'Allow' && named.includes('*')
}
