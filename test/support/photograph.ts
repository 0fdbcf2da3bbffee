import { createHash } from 'node:crypto'
import sharp from 'sharp'

/** The bytes of a real JPEG: two colours that the seed decides, with noise, so that no two seeds share their bytes. */
export async function photograph(seed: number, width = 640, height = 480): Promise<Buffer<ArrayBuffer>> {
  const pixels = new Uint8Array(width * height * 3)
  let state = (seed * 2_654_435_761) >>> 0
  for (let at = 0; at < pixels.length; at += 1) {
    // A linear congruence with the constants of Numerical Recipes: the noise only has to be the same every time.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const row = Math.floor(at / (width * 3))
    const base = row < height / 2 ? 60 + ((seed * 37 + (at % 3) * 50) % 120) : 90 + ((seed * 53) % 80)
    pixels[at] = base + (state >>> 27)
  }
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer()
  return Buffer.from(jpeg)
}

/** As the registry writes it: `sha256:…`. */
export function contentHash(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
