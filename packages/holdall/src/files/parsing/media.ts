import {
  ADTS,
  CustomSource,
  FLAC,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  MATROSKA,
  type MetadataTags,
  MP3,
  MP4,
  OGG,
  QTFF,
  WAVE,
  WEBM,
} from 'mediabunny'
import type { MediaFacts } from './jobs.ts'
import type { Ranges } from './ranges.ts'

/** Named one by one: what the library learns to read later may follow addresses, as playlists do. */
const FORMATS = [MP4, QTFF, WEBM, MATROSKA, MP3, WAVE, OGG, ADTS, FLAC]
const MAX_TEXT = 1_000
const TAGS = ['title', 'artist', 'album', 'albumArtist', 'genre', 'comment', 'description'] as const

/** Duration, codecs, dimensions and the names that people gave it. A position is never among them. */
export async function mediaFacts(ranges: Ranges): Promise<MediaFacts> {
  using input = new Input({
    formats: FORMATS,
    source: new CustomSource({
      getSize: () => ranges.size,
      read: (start, end) => ranges.read(start, end),
      prefetchProfile: 'fileSystem',
    }),
  })
  const format = await input.getFormat()
  const video = await input.getPrimaryVideoTrack()
  const audio = await input.getPrimaryAudioTrack()
  const [duration, tags] = [await durationOf(input), await orNothing(input.getMetadataTags())]
  const size = video && {
    width: Math.round(await video.getDisplayWidth()),
    height: Math.round(await video.getDisplayHeight()),
  }
  return {
    ...(size && size.width > 0 && size.height > 0 && size),
    metadata: {
      media: {
        format: format.name.toLowerCase(),
        ...(duration !== undefined && { duration: Math.round(duration * 1_000) / 1_000 }),
        ...(video && { video: { codec: await codecOf(video) } }),
        ...(audio && {
          audio: {
            codec: await codecOf(audio),
            channels: await audio.getNumberOfChannels(),
            sample_rate: await audio.getSampleRate(),
          },
        }),
        ...plainTags(tags),
      },
    },
  }
}

/** From the head where it says so; else by looking at the packets, as far as the budget goes. */
async function durationOf(input: Input): Promise<number | undefined> {
  const seconds = (await orNothing(input.getDurationFromMetadata())) ?? (await orNothing(input.computeDuration()))
  return seconds !== undefined && seconds !== null && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined
}

async function codecOf(track: InputVideoTrack | InputAudioTrack): Promise<string | undefined> {
  const codec = await orNothing(track.getCodec())
  if (codec) return codec
  const internal = await orNothing(track.getInternalCodecId())
  return typeof internal === 'string' ? text(internal) : undefined
}

function plainTags(tags: MetadataTags | undefined): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of TAGS) {
    const value = text(tags?.[name])
    if (value !== undefined) found[name === 'albumArtist' ? 'album_artist' : name] = value
  }
  return found
}

function text(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const plain = value
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_TEXT)
  return plain === '' ? undefined : plain
}

/** One fact that is broken or too far away takes no other with it. */
async function orNothing<Value>(value: Promise<Value>): Promise<Value | undefined> {
  return await value.catch(() => undefined)
}
