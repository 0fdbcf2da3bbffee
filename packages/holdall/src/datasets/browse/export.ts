import type { Export, ExportFormat } from '../engine/engine.ts'
import type { Asks, WhoAsks } from '../query/ask.ts'
import type { Dataset } from '../records.ts'
import { namingFilters } from './filter-failures.ts'
import { readQuestion } from './question.ts'
import { allRowsSql } from './sql.ts'
import { ownNames } from './table.ts'

/** All rows that the parameters of a page ask for, as a file. @throws HoldallError as the engine's `export` does */
export async function exportRows(
  asks: Asks,
  dataset: Dataset,
  parameters: URLSearchParams,
  { who, format }: { readonly who: WhoAsks; readonly format: ExportFormat },
): Promise<Export> {
  const question = readQuestion(dataset, parameters)
  const names = ownNames(dataset)
  return await namingFilters(dataset, question, () =>
    asks.exportAbout(dataset, names.places, who, {
      sql: allRowsSql(question, names),
      parameters: question.conditions.parameters,
      format,
    }),
  )
}
