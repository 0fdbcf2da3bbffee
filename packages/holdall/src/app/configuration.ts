import type { Complaint, Config } from '../config/config.ts'
import { sourceComplaints } from '../sources/declared.ts'
import { storageTypes } from './storage-types.ts'

/** What the rooms find wrong with their blocks, before any of them opens anything. */
export function checkConfiguration(config: Config): Complaint[] {
  return sourceComplaints(config, new Map(storageTypes().map((type) => [type.type, type])))
}
