import type { DeclaredSource } from '../../sources/declared.ts'
import type { Finding } from '../../sources/examination.ts'
import { configOf, type MakingContext, makeStorage } from '../../sources/making.ts'
import { pagesTrouble } from '../../sources/preflight.ts'
import { secretNames } from '../../sources/secrets.ts'
import type { Storage } from '../../sources/storage.ts'
import { type Bench, failed, reasonOf, within } from './bench.ts'
import { partsFindings } from './parts.ts'
import { createProbes, type Probes } from './probes.ts'
import { directFinding, readOnlyFindings, wholeFindings } from './whole.ts'

/** Making a storage, and one look of its own, may take so long. */
const OPEN_LIMIT_MS = 30_000
const LOOK_LIMIT_MS = 60_000

export interface Examination {
  readonly context: MakingContext
  /** To wherever storages say that clients go. */
  readonly fetch: typeof fetch
  /** Where pages come from; `undefined` when nobody has said. */
  readonly origin: string | undefined
  /** The command that keeps a secret for the server of this data. */
  readonly keeping: (name: string) => string
  readonly signal: AbortSignal
}

/**
 * Everything that can be known of one source by trying it: first what stands between it and its storage, then what only
 * the storage knows to look at, then every way in which files go there and come back. Whatever is made is removed, also
 * when the user wants no more of it.
 *
 * @throws the reason of the signal, and nothing else
 */
export async function* examineSource(declared: DeclaredSource, examination: Examination): AsyncGenerator<Finding> {
  const { signal } = examination
  const missing = await missingSecrets(declared, examination)
  yield* missing
  if (missing.length > 0) return
  const opened = await open(declared, examination)
  if ('finding' in opened) return yield opened.finding
  const { storage } = opened
  try {
    const bench: Bench = { storage, fetch: examination.fetch, origin: examination.origin, signal }
    for await (const finding of ownFindings(storage, signal)) {
      yield finding
      if (finding.isFatal) return
    }
    yield* storage.write === undefined ? readOnlyFindings(bench) : fileFindings(bench)
  } finally {
    await storage.close?.()
  }
}

async function missingSecrets({ source }: DeclaredSource, { context, keeping }: Examination): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const name of new Set(secretNames(source.config))) {
    if ((await context.getSecret(name)) !== undefined) continue
    findings.push({
      check: 'secrets',
      status: 'failed',
      says: `The secret ${name} is not set.`,
      fix: `Give it to the server in its environment, where it is started, or keep it for the server (${keeping(name)}):\nexport ${name}=…`,
    })
  }
  return findings
}

async function open(
  declared: DeclaredSource,
  { context, signal }: Examination,
): Promise<{ storage: Storage } | { finding: Finding }> {
  const making = makeStorage(declared, context)
  try {
    return { storage: await within(signal, OPEN_LIMIT_MS, () => making) }
  } catch (error) {
    // One that comes late is not used any more.
    void making.then((storage) => storage.close?.()).catch(() => {})
    signal.throwIfAborted()
    return { finding: (await diagnosis(declared, context, error)) ?? connectionFinding(error) }
  }
}

async function diagnosis(
  declared: DeclaredSource,
  { getSecret }: MakingContext,
  error: unknown,
): Promise<Finding | undefined> {
  try {
    return await declared.type.diagnose?.(error, await configOf(declared, getSecret))
  } catch {
    return undefined
  }
}

function connectionFinding(error: unknown): Finding {
  return { check: 'connection', status: 'failed', says: reasonOf(error) }
}

async function* ownFindings({ doctor }: Storage, signal: AbortSignal): AsyncGenerator<Finding> {
  if (doctor === undefined) return
  const findings = doctor.examine({ signal: AbortSignal.any([signal, AbortSignal.timeout(LOOK_LIMIT_MS)]) })
  try {
    yield* findings
  } catch (error) {
    signal.throwIfAborted()
    const remedy = await doctor.remedy({ step: 'examine', error }).catch(() => undefined)
    yield { ...connectionFinding(error), ...remedy, isFatal: true }
  }
}

async function* fileFindings(bench: Bench): AsyncGenerator<Finding> {
  const probes = createProbes(bench.storage)
  let left: string[] = []
  try {
    if (yield* wholeFindings(bench, probes)) {
      const direct = await directFinding(bench, probes)
      if (direct !== undefined) yield direct
      yield* partsFindings(bench, probes)
      yield* corsFinding(bench, probes)
    }
  } finally {
    left = await probes.clear()
  }
  for (const path of left) yield { check: 'delete', status: 'failed', says: `${path} could not be removed again.` }
}

async function* corsFinding(bench: Bench, { targets }: Probes): AsyncGenerator<Finding> {
  const { origin } = bench
  const check = 'CORS'
  const [first] = targets
  if (first === undefined) return
  if (origin === undefined) {
    const fix = 'Name the address at which people open this server: --origin https://files.example.org'
    return yield { check, status: 'skipped', says: 'Nobody has said where pages come from.', fix }
  }
  const found = await pagesTrouble(bench, origin, targets, (error) => {
    bench.signal.throwIfAborted()
    return reasonOf(error)
  })
  if (found !== undefined) return yield await failed(bench, check, found.trouble, found.says)
  yield { check, status: 'ok', says: `Pages of ${origin} may send files there.` }
}
