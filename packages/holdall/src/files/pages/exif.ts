import { formatTime } from '../../web/format.ts'

/** The facts that a camera or scanner wrote, and what people wrote beside them, in words. */
export function exifFacts(metadata: Readonly<Record<string, unknown>>): [string, string][] {
  const exif = asObject(metadata.exif)
  const iptc = asObject(metadata.iptc)
  const image = asObject(metadata.image)
  const camera = [text(exif.make), text(exif.model)].filter((part) => part !== undefined)
  // Most models begin with their maker's name.
  const device = camera.length === 2 && camera[1]?.startsWith(camera[0] as string) ? camera[1] : camera.join(' ')
  const facts: [string, string | undefined][] = [
    ['Title', text(iptc.title)],
    ['Headline', text(iptc.headline)],
    ['Caption', text(iptc.caption)],
    ['Keywords', list(iptc.keywords)],
    ['Creator', text(iptc.creator)],
    ['Credit', text(iptc.credit)],
    ['Camera', device],
    ['Lens', text(exif.lens_model)],
    ['Taken', taken(exif)],
    ['Digitized', exif.digitized_at === exif.taken_at ? undefined : localTime(exif.digitized_at)],
    ['Exposure', exposure(exif)],
    ['Focal length', number(exif.focal_length, (value) => `${round(value)} mm`)],
    ['Resolution', number(image.density, (value) => `${round(value)} ppi`)],
    ['Colour', colour(image)],
    ['Frames', number(image.pages, (value) => (value > 1 ? String(value) : undefined))],
    ['Artist', text(exif.artist)],
    ['Copyright', text(exif.copyright) ?? text(iptc.copyright)],
    ['Description', exif.description === iptc.caption ? undefined : text(exif.description)],
    ['Comment', text(exif.comment)],
    ['Software', text(exif.software)],
    ['Position', position(metadata)],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== '')
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function list(value: unknown): string | undefined {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string').join(', ') : undefined
}

function number(value: unknown, words: (value: number) => string | undefined): string | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? words(value) : undefined
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}

// The camera's own clock: it names no zone, so none is named.
function localTime(value: unknown): string | undefined {
  const time = text(value)
  return time === undefined ? undefined : formatTime(`${time}Z`)
}

function taken(exif: Readonly<Record<string, unknown>>): string | undefined {
  const time = localTime(exif.taken_at)
  const offset = text(exif.taken_at_offset)
  return time && offset ? `${time} (UTC${offset})` : time
}

function exposure(exif: Readonly<Record<string, unknown>>): string | undefined {
  const parts = [
    number(exif.exposure_time, (value) =>
      value > 0 && value < 1 ? `1/${Math.round(1 / value)} s` : `${round(value)} s`,
    ),
    number(exif.f_number, (value) => `f/${round(value)}`),
    number(exif.iso, (value) => `ISO ${value}`),
  ].filter((part) => part !== undefined)
  return parts.length > 0 ? parts.join(', ') : undefined
}

const SPACES: Readonly<Record<string, string>> = {
  srgb: 'sRGB',
  'b-w': 'greyscale',
  cmyk: 'CMYK',
  rgb16: 'RGB',
  grey16: 'greyscale',
}
const DEPTHS: Readonly<Record<string, string>> = { uchar: '8 bit', ushort: '16 bit', float: '32 bit' }

function colour(image: Readonly<Record<string, unknown>>): string | undefined {
  const space = text(image.color_space)
  if (space === undefined) return undefined
  const parts = [
    SPACES[space] ?? space,
    DEPTHS[text(image.depth) ?? ''],
    image.has_alpha === true ? 'transparent' : undefined,
  ]
  return parts.filter((part) => part !== undefined).join(', ')
}

function position(metadata: Readonly<Record<string, unknown>>): string | undefined {
  const { latitude, longitude } = asObject(metadata.position)
  if (typeof latitude === 'number' && typeof longitude === 'number')
    return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`
  return metadata.position_removed === true ? 'Not shown here. It is in the file, for whoever downloads it' : undefined
}
