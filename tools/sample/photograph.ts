import sharp from 'sharp'
import { createRandom } from './random.ts'
import { bowl, jug, tile } from './scenes/ceramics.ts'
import { chart, harbour, lantern, shipModel } from './scenes/sea.ts'
import { coin, fern, letter, spoon, textile } from './scenes/small.ts'
import { HEIGHT, WIDTH } from './scenes/stage.ts'

const SCENES = { jug, bowl, tile, shipModel, harbour, chart, lantern, coin, spoon, fern, letter, textile }
export type Scene = keyof typeof SCENES

export interface Shot {
  readonly scene: Scene
  /** Another number is another object in another light. */
  readonly seed: number
  /** Pixels; the height follows from the scene. */
  readonly width: number
  readonly title: string
  /** `2024-05-04T11:20:00Z` */
  readonly takenAt: string
  /** The camera was held upright: the pixels lie on their side and the orientation says so. */
  readonly upright?: boolean
}

const GRAIN_SIZE = 256
const QUALITY = 86

/** A JPEG such as a museum's camera makes: grain, EXIF, a size to be reckoned with. */
export async function photograph({ scene, seed, width, title, takenAt, upright }: Shot): Promise<Buffer> {
  const random = createRandom(seed)
  const height = Math.round((width * HEIGHT) / WIDTH)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${WIDTH} ${HEIGHT}">${SCENES[scene](random)}</svg>`
  const grain = Buffer.alloc(GRAIN_SIZE * GRAIN_SIZE * 4)
  for (let at = 0; at < grain.length; at += 4) {
    grain.fill(random.between(0, 255), at, at + 3)
    grain[at + 3] = 22
  }
  const taken = takenAt.slice(0, 10).replaceAll('-', ':') + takenAt.slice(10, 19).replace('T', ' ')
  const drawn = await sharp(Buffer.from(svg))
    .composite([
      { input: grain, raw: { width: GRAIN_SIZE, height: GRAIN_SIZE, channels: 4 }, tile: true, blend: 'over' },
    ])
    .flatten()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const pixels = sharp(drawn.data, { raw: drawn.info })
  const lying = upright ? sharp(await pixels.rotate(270).toBuffer(), { raw: turned(drawn.info) }) : pixels
  return await lying
    .withExif({
      IFD0: {
        ImageDescription: title,
        Make: 'Fujifilm',
        Model: 'X-T3',
        Artist: 'Skerholm Museum',
        Copyright: 'Skerholm Museum',
        DateTime: taken,
      },
      IFD2: {
        DateTimeOriginal: taken,
        ExposureTime: `1/${random.pick([60, 80, 125, 160])}`,
        FNumber: `${random.pick([56, 80, 110])}/10`,
        ISOSpeedRatings: String(random.pick([160, 200, 400])),
        FocalLength: `${random.pick([350, 500, 800])}/10`,
      },
    })
    .withMetadata({ orientation: upright ? 6 : 1 })
    .jpeg({ quality: QUALITY })
    .toBuffer()
}

function turned<Info extends { width: number; height: number }>(info: Info): Info {
  return { ...info, width: info.height, height: info.width }
}
