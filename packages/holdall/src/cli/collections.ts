import { readAllowFields, readId, readLabel, readName, readOrganization } from '../datasets/collections/fields.ts'
import { totalsOf } from '../datasets/collections/list.ts'
import { collectionOf } from '../datasets/collections/rows.ts'
import { createCollectionStore } from '../datasets/collections/store.ts'
import { collectionJson, listedJson } from '../datasets/json.ts'
import { HoldallError } from '../web/error.ts'
import { type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { type ServerData, withServerData } from './internal.ts'

const USAGE = 'Write: holdall collections list, or holdall collections create ID'
const OPTIONS = {
  ...DATA_OPTIONS,
  organization: { type: 'string' },
  label: { type: 'string' },
  source: { type: 'string' },
  catalog: { type: 'string' },
  view: { type: 'string' },
  query: { type: 'string' },
  edit: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

/** `holdall collections list` and `holdall collections create ID`: each collection as `ORGANIZATION/ID` on a line of stdout. */
export async function collections(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, OPTIONS)
  const [verb, id, ...more] = positionals
  if (verb === 'list' && id === undefined) return await withServerData(values, io, (data) => list(data, values, io))
  if (verb !== 'create' || id === undefined || more.length > 0) throw new UsageError(USAGE)
  await withServerData(values, io, async ({ db, config }) => {
    const made = await orUsage(() =>
      createCollectionStore(db, config).create({
        organization: readOrganization(values.organization),
        id: readId(id),
        label: readLabel(values.label),
        source: readName(values.source, 'source'),
        catalog: readName(values.catalog, 'catalog'),
        allow: readAllowFields(values),
        by: null,
      }),
    )
    io.stdout.write(values.json ? `${JSON.stringify(collectionJson(made))}\n` : `${made.organization}/${made.id}\n`)
  })
}

async function list({ db }: ServerData, { json }: { readonly json: boolean }, io: CommandIo): Promise<void> {
  const rows = await db.read
    .selectFrom('collections')
    .selectAll()
    .where('deleted_at', 'is', null)
    .orderBy('organization_id')
    .orderBy('id')
    .execute()
  const totals = await totalsOf(
    db,
    rows.map(({ seq }) => seq),
  )
  for (const row of rows) {
    const collection = { ...collectionOf(row), ...(totals.get(row.seq) ?? { datasets: 0, rows: 0, sizeBytes: 0 }) }
    io.stdout.write(
      json ? `${JSON.stringify(listedJson(collection))}\n` : `${collection.organization}/${collection.id}\n`,
    )
  }
}

/** What was refused beside a field is an option of the command. */
async function orUsage<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof HoldallError) || error.code !== 'bad_request') throw error
    throw new UsageError(
      Object.entries(error.fields)
        .map(([field, message]) => `${field === 'id' ? 'ID' : `--${field}`}: ${message}`)
        .join(' '),
    )
  }
}
