import { UploadError, type UploadTarget } from '@holdall/client'
import { nearest } from '../config/nearest.ts'

/** Milliseconds; without an answer nothing is proposed. */
const PATIENCE = 5_000

/** Of a source that is not there: the one that was probably meant, among those that whoever uploads may see. */
export async function withNearSource(error: UploadError, target: UploadTarget, get = fetch): Promise<UploadError> {
  if (error.code !== 'source_not_found') return error
  const { baseUrl = '', source, token } = target
  try {
    const answer = await get(`${baseUrl.replace(/\/*$/, '')}/-/files/sources.json`, {
      headers: { accept: 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      signal: AbortSignal.timeout(PATIENCE),
    })
    const { sources } = (await answer.json()) as { sources: { slug: string; can_upload: boolean }[] }
    const slugs = sources.filter(({ can_upload }) => can_upload).map(({ slug }) => slug)
    const near = nearest(source, slugs)
    return near === undefined ? error : new UploadError(error.code, `${error.message}. Did you mean ${near}?`, error)
  } catch {
    return error
  }
}
