import type { SniffedType, SniffQuestion } from '../../uploads/inspection.ts'

/** As `sniff`, which is loaded with its table of formats when the first file comes: a server starts without it. */
export async function sniffLate(question: SniffQuestion): Promise<SniffedType> {
  const { sniff } = await import('./sniff.ts')
  return await sniff(question)
}
