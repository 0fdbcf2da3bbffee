import exifr from 'exifr'

/** Longer texts are cut: a description may be a book, or an attack. */
const MAX_TEXT = 1_000

/** The tags that are kept, under the names that they have in `metadata.exif`. */
const TAGS: Readonly<Record<string, string>> = {
  Make: 'make',
  Model: 'model',
  LensMake: 'lens_make',
  LensModel: 'lens_model',
  Software: 'software',
  DateTimeOriginal: 'taken_at',
  CreateDate: 'digitized_at',
  OffsetTimeOriginal: 'taken_at_offset',
  ExposureTime: 'exposure_time',
  FNumber: 'f_number',
  ISO: 'iso',
  FocalLength: 'focal_length',
  FocalLengthIn35mmFormat: 'focal_length_35mm',
  Flash: 'flash',
  Artist: 'artist',
  Copyright: 'copyright',
  ImageDescription: 'description',
  UserComment: 'comment',
}

export interface Exif {
  readonly tags: Readonly<Record<string, string | number>>
  readonly position?: { readonly latitude: number; readonly longitude: number }
}

/** The facts that a camera or scanner wrote. `tiff` begins with the TIFF header, as EXIF does; nothing readable is no tags. */
export async function readExif(tiff: Buffer): Promise<Exif> {
  const found = await parse(tiff)
  const tags: Record<string, string | number> = {}
  for (const [tag, name] of Object.entries(TAGS)) {
    const value = plain(found[tag], /_at$/.test(name))
    if (value !== undefined) tags[name] = value
  }
  const { latitude, longitude } = found
  const isPosition = Number.isFinite(latitude) && Number.isFinite(longitude)
  return isPosition ? { tags, position: { latitude: latitude as number, longitude: longitude as number } } : { tags }
}

async function parse(tiff: Buffer): Promise<Record<string, unknown>> {
  try {
    // Times stay text: EXIF has no zone, and a Date would take this machine's.
    const options = { ifd0: {}, exif: true, gps: true, interop: false, makerNote: false, reviveValues: false }
    return ((await exifr.parse(tiff, options as never)) as Record<string, unknown> | undefined) ?? {}
  } catch {
    return {}
  }
}

function plain(value: unknown, isTime: boolean): string | number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string') return undefined
  // Tags are padded with NULs, and may hold anything else.
  const text = value
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_TEXT)
  if (text === '') return undefined
  const [, year, month, day, time] = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(text) ?? []
  if (!isTime) return text
  return year === undefined || year === '0000' ? undefined : `${year}-${month}-${day}T${time}`
}
