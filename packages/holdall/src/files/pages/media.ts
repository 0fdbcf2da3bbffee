import { formatNumber } from '../../web/format.ts'

type Metadata = Readonly<Record<string, unknown>>
type Facts = [string, string][]

/** `4:05`, `1:02:09`, `0.8 s`: how long it plays. */
export function duration(metadata: Metadata): string | null {
  const { duration: seconds } = asObject(metadata.media)
  if (typeof seconds !== 'number' || !(seconds > 0) || !Number.isFinite(seconds)) return null
  if (seconds < 1) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const parts = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

/** What audio, video and documents say about themselves, in words. */
export function innerFacts(metadata: Metadata): Facts {
  const media = asObject(metadata.media)
  const audio = asObject(media.audio)
  const pdf = asObject(metadata.pdf)
  const facts: [string, string | undefined][] = [
    ['Title', text(media.title) ?? text(pdf.title)],
    ['Artist', text(media.artist)],
    ['Album', text(media.album)],
    ['Genre', text(media.genre)],
    ['Author', text(pdf.author)],
    ['Pages', typeof pdf.pages === 'number' ? formatNumber(pdf.pages) : undefined],
    ['Video', codec(asObject(media.video).codec)],
    ['Sound', joined([codec(audio.codec), channels(audio.channels), rate(audio.sample_rate)])],
    ['Comment', text(media.comment)],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined)
}

function asObject(value: unknown): Metadata {
  return typeof value === 'object' && value !== null ? (value as Metadata) : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

const CODECS: Readonly<Record<string, string>> = {
  avc: 'H.264',
  hevc: 'H.265',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  vorbis: 'Vorbis',
  flac: 'FLAC',
}

function codec(value: unknown): string | undefined {
  const name = text(value)
  return name && (CODECS[name] ?? (name.startsWith('pcm-') ? 'PCM' : name))
}

function channels(value: unknown): string | undefined {
  if (typeof value !== 'number') return undefined
  return value === 1 ? 'mono' : value === 2 ? 'stereo' : `${value} channels`
}

function rate(value: unknown): string | undefined {
  return typeof value === 'number' ? `${formatNumber(value)} Hz` : undefined
}

function joined(parts: readonly (string | undefined)[]): string | undefined {
  const known = parts.filter((part) => part !== undefined)
  return known.length > 0 ? known.join(', ') : undefined
}
