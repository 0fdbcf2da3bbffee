import { HoldallError } from '../../web/error.ts'
import type { Collection } from './rows.ts'

/** The catalog that is always there. */
export const EMBEDDED = 'embedded'

/**
 * Before gigabytes are sent, and before a dataset is entered where nobody would look for it.
 *
 * @throws HoldallError `catalog_unavailable` when nothing here can register in the collection's catalog
 */
export function requireCatalog({ catalog }: Pick<Collection, 'catalog'>): void {
  if (catalog !== null && catalog !== EMBEDDED) throw new HoldallError('catalog_unavailable', { catalog })
}
