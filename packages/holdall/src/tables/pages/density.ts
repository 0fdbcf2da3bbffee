import type { Address } from './address.ts'
import type { Listing } from './listing.ts'

export type Density = 'compact' | 'default' | 'roomy'

/** How high rows are: as the address says, else as it suits the table. */
export function densityOf(data: Pick<Listing, 'page' | 'fileColumns'>, address: Address): Density {
  const asked = address.parameters.get('_density')
  if (asked === 'compact' || asked === 'roomy' || asked === 'default') return asked
  return automaticDensity(data)
}

/** Roomy where there are pictures. */
export function automaticDensity({ page, fileColumns }: Pick<Listing, 'page' | 'fileColumns'>): Density {
  return page.columns.some((column) => fileColumns.has(column)) ? 'roomy' : 'default'
}
