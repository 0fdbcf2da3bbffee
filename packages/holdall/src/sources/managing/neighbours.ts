import type { SourceConfig } from '../../config/config.ts'
import type { SourceRow } from '../rows.ts'
import { withSecrets } from '../secrets.ts'
import type { StorageType } from '../storage.ts'
import { entryOf } from './form.ts'

/** Another source in the same place, in a part of it, or around it. */
export interface Neighbour {
  readonly slug: string
  readonly label: string
  readonly readOnly: boolean
  readonly where: 'same' | 'inside' | 'around'
}

type Other = { readonly slug: string; readonly label: string; readonly config: unknown }

/**
 * The sources that share their place with one that is described: what one of them changes, the others see.
 *
 * @param config of the one that is described, as its storage reads it
 */
export async function findNeighbours(
  type: StorageType,
  { slug, config }: { readonly slug: string; readonly config: unknown },
  known: { readonly declared: readonly SourceConfig[]; readonly rows: readonly SourceRow[] },
): Promise<Neighbour[]> {
  const { adopting } = type
  if (adopting?.place === undefined || adopting.lies === undefined) return []
  const here = await adopting.place(config)
  const declared = known.declared.filter(({ storage }) => storage === type.type)
  const others: Other[] = [
    ...declared.map((source) => ({ slug: source.slug, label: source.label ?? source.slug, config: source.config })),
    ...known.rows
      .filter((row) => !declared.some((source) => source.slug === row.slug))
      .map((row) => ({ slug: row.slug, label: row.label ?? row.slug, config: JSON.parse(row.config) as unknown })),
  ]
  const found: Neighbour[] = []
  for (const other of others) {
    const read = type.config.safeParse(withSecrets(other.config, (name) => name))
    if (other.slug === slug || !read.success) continue
    const where = adopting.lies(await adopting.place(read.data), here)
    const readOnly = String(entryOf(other.config, 'read_only')) === 'true'
    if (where !== undefined) found.push({ slug: other.slug, label: other.label, readOnly, where })
  }
  return found
}
