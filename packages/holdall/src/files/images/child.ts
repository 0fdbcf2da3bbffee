// Runs as a process of its own, without secrets in its environment: strangers' bytes meet native code here and nowhere
// else. Its parent kills it when it takes too long or too much memory, and it ends itself when the parent is gone.
import sharp, { type Metadata } from 'sharp'
import { type Answer, serveJobs } from '../children/serve.ts'
import { readExif } from './exif.ts'
import { readIptc } from './iptc.ts'
import { CUT_OFF, type FactsJob, type ImageFacts, type Job, type ThumbnailJob } from './jobs.ts'
import { readXmp, withXmp } from './xmp.ts'

const WEBP_QUALITY = 80
const JPEG_QUALITY = 82

sharp.cache(false)
sharp.concurrency(1)
// Only the decoders that are meant: libvips knows many more, some of them never written for strangers' bytes.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadTiffBuffer',
    'VipsForeignLoadHeifBuffer',
  ],
})

async function thumbnail(bytes: Buffer, job: ThumbnailJob): Promise<Answer> {
  try {
    return await smaller(bytes, job, 'truncated')
  } catch (error) {
    if (!job.partial || !(error instanceof Error) || !CUT_OFF.test(error.message)) throw error
    const { header, payload } = await smaller(bytes, job, 'none')
    return { header: { ...header, partial: true }, payload }
  }
}

async function smaller(bytes: Buffer, job: ThumbnailJob, failOn: 'truncated' | 'none') {
  const { width, height, format, maxPixels } = job
  const image = sharp(bytes, { limitInputPixels: maxPixels, failOn, pages: 1 })
  const small = image.autoOrient().resize({ width, height, fit: 'inside', withoutEnlargement: true })
  const encoded =
    format === 'webp'
      ? small.webp({ quality: WEBP_QUALITY, effort: 2 })
      : !isJpeg(bytes) && (await image.metadata()).hasAlpha
        ? small.png()
        : small.jpeg({ quality: JPEG_QUALITY })
  const { data, info } = await encoded.toBuffer({ resolveWithObject: true })
  return { header: { ok: true, width: info.width, height: info.height }, payload: data }
}

/** Most pictures are, and nobody has to ask them for transparency. */
function isJpeg(bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8
}

async function facts(bytes: Buffer, job: FactsJob): Promise<Answer> {
  const found = job.contentType === 'image/bmp' ? bitmapFacts(bytes) : await imageFacts(bytes, job)
  return { header: { ok: true, facts: found } }
}

async function imageFacts(bytes: Buffer, { contentType, keepPosition }: FactsJob): Promise<ImageFacts> {
  // Only the header is read, so that a picture of any size can say how large it is.
  const image = await sharp(bytes, { limitInputPixels: false, failOn: 'none' }).metadata()
  const tiff = contentType === 'image/tiff' ? bytes : image.exif && afterPrefix(image.exif)
  const exif = tiff && (await readExif(tiff))
  const iptc = withXmp(image.iptc ? readIptc(image.iptc) : {}, image.xmp ? readXmp(image.xmp) : {})
  const turned = (image.orientation ?? 1) >= 5
  const height = image.pageHeight ?? image.height
  return {
    width: turned ? height : image.width,
    height: turned ? image.width : height,
    metadata: {
      image: describe(image),
      ...(exif && Object.keys(exif.tags).length > 0 && { exif: exif.tags }),
      ...(Object.keys(iptc).length > 0 && { iptc }),
      ...(exif?.position && (keepPosition ? { position: exif.position } : { position_removed: true })),
    },
  }
}

function describe(image: Metadata): Record<string, unknown> {
  return {
    format: image.format === 'heif' ? (image.compression === 'av1' ? 'avif' : 'heif') : image.format,
    color_space: image.space,
    depth: image.depth,
    has_alpha: image.hasAlpha,
    density: image.density,
    pages: image.pages,
    orientation: image.orientation,
    progressive: image.isProgressive || undefined,
  }
}

function afterPrefix(exif: Buffer): Buffer {
  return exif.toString('latin1', 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif
}

/** libvips reads no bitmaps; their size stands at a fixed place. */
function bitmapFacts(bytes: Buffer): ImageFacts {
  if (bytes.length < 26) return { metadata: {} }
  const size = { width: bytes.readInt32LE(18), height: Math.abs(bytes.readInt32LE(22)) }
  return { ...(size.width > 0 && size.height > 0 && size), metadata: { image: { format: 'bmp' } } }
}

await serveJobs(async ({ header, payload }) => {
  const job = header as unknown as Job
  return await (job.kind === 'thumbnail' ? thumbnail(payload, job) : facts(payload, job))
})
