import type { Place } from '../access/people.ts'
import type { Source, Sources } from '../sources/sources.ts'
import type { Databases } from '../tables/databases.ts'

/** Everything that can be granted, beside the instance: databases, their tables, sources. */
export function grantablePlaces(databases: Databases, sources: Sources): () => Promise<readonly Place[]> {
  return async () => {
    const tables = await Promise.all(
      databases.all.map(async (database) => {
        const schema = await database.schema()
        const names = [...schema.tables.values()].filter(({ hidden }) => !hidden).map(({ name }) => name)
        return [
          { resource: { kind: 'database', parent: database.name } },
          ...names.map((name) => ({ resource: { kind: 'table', parent: database.name, child: name } })),
        ] as Place[]
      }),
    )
    const active = sources.list().filter((source) => source.active)
    return [...tables.flat(), ...active.map(placeOfSource)]
  }
}

function placeOfSource({ slug, label }: Source): Place {
  return { resource: { kind: 'source', parent: slug }, ...(label !== slug && { label }) }
}
