import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Source, Sources } from '../sources/sources.ts'
import type { Databases } from '../tables/databases.ts'
import type { FileColumns } from '../tables/file-columns/settings.ts'
import { grantablePlaces } from './places.ts'

test('of the sources that can be granted it is known which take no uploads; of one that cannot be reached nobody knows', async () => {
  const source = (slug: string, takes: boolean, available: boolean) =>
    ({ slug, label: slug, active: true, capabilities: { can_upload: takes }, availability: { available } }) as Source
  const sources = {
    list: () => [source('open', true, true), source('read', false, true), source('away', false, false)],
  }
  const places = grantablePlaces(
    { all: [] } as unknown as Databases,
    sources as unknown as Sources,
    { tables: async () => [] } as unknown as FileColumns,
    async () => [],
  )
  assert.deepEqual(
    (await places()).map(({ resource, takesUploads = true }) => [resource.parent, takesUploads]),
    [
      ['open', true],
      ['read', false],
      ['away', true],
    ],
  )
})
