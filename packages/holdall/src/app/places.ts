import type { Place } from '../access/people.ts'
import type { Collection } from '../datasets/collections/rows.ts'
import { type Source, takesFiles } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { Databases } from '../tables/databases.ts'
import type { FileColumns } from '../tables/file-columns/settings.ts'
import { fileColumnsOf } from '../tables/pages/table-data.ts'

/** Everything that can be granted, beside the instance: databases, their tables, sources, collections. */
export function grantablePlaces(
  databases: Databases,
  sources: Sources,
  settings: FileColumns,
  collections: () => Promise<readonly Collection[]>,
): () => Promise<readonly Place[]> {
  return async () => {
    const known = await settings.tables()
    const tables = await Promise.all(
      databases.all.map(async (database) => {
        const schema = await database.schema()
        const shown = [...schema.tables.values()].filter(({ hidden }) => !hidden)
        return [
          { resource: { kind: 'database', parent: database.name } },
          ...shown.map((table) => {
            const set = known.find((one) => one.database === database.name && one.table === table.name)
            const columns = set === undefined || table.isView ? [] : [...fileColumnsOf(table, set.columns)]
            return {
              resource: { kind: 'table', parent: database.name, child: table.name },
              ...(columns.length > 0 && {
                fileColumns: columns.map(([name, { source }]) => ({ name, ...(source !== undefined && { source }) })),
              }),
            }
          }),
        ] as Place[]
      }),
    )
    const active = sources.list().filter((source) => source.active)
    return [...tables.flat(), ...active.map(placeOfSource), ...(await collections()).map(placeOfCollection)]
  }
}

function placeOfSource(source: Source): Place {
  const { slug, label } = source
  return {
    resource: { kind: 'source', parent: slug },
    ...(label !== slug && { label }),
    ...(!takesFiles(source) && { takesUploads: false }),
  }
}

function placeOfCollection({ organization, id, label }: Collection): Place {
  return { resource: { kind: 'collection', parent: id, child: organization }, ...(label !== id && { label }) }
}
