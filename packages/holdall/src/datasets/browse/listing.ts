import { NO_LABELS } from '../../tables/pages/filter-labels.ts'
import type { Dropped, Listing } from '../../tables/pages/listing.ts'
import { stemOf } from '../identity.ts'
import type { Dataset } from '../records.ts'
import type { Question } from './question.ts'
import type { RowsPage } from './read.ts'

/** A page of a dataset as the controls around rows know it; without rows where they could not be read. */
export function listingOf(
  dataset: Dataset,
  question: Question,
  page: RowsPage | undefined,
  dropped: Dropped | null = null,
): Listing {
  const { table, columns, filters, search, where, size } = question
  const sorted = question.sort && table.columnsByName.get(question.sort.column)
  const sort = question.sort && {
    ...{ ...question.sort, sqlName: question.sort.column },
    ...{ affinity: sorted?.affinity ?? 'NONE', notNull: sorted?.notNull ?? false },
  }
  return {
    title: stemOf(dataset.filename),
    page: {
      ...{ table, columns },
      schema: { version: 0, tables: new Map() },
      references: new Map(),
      query: { filters, search, where, sort, size },
      rows: page?.rows ?? [],
      count: page?.count ?? null,
      next: page?.next ?? null,
      ...(page !== undefined && { previous: page.previous, start: page.start }),
    },
    fileColumns: new Map(),
    labels: NO_LABELS,
    total: dataset.rowCount,
    dropped,
    countLimit: Number.POSITIVE_INFINITY,
  }
}
