import type { Complaint, Config } from '../config/config.ts'
import { sourceComplaints } from '../sources/declared.ts'
import { filesystemType } from '../sources/filesystem/storage.ts'

/** What the rooms find wrong with their blocks, before any of them opens anything. */
export function checkConfiguration(config: Config): Complaint[] {
  const types = [filesystemType()]
  return sourceComplaints(config, new Map(types.map((type) => [type.type, type])))
}
