import { createSigner } from '../access/credentials.ts'
import type { PartPlan, PartTarget } from '../sources/multipart.ts'
import { HoldallError } from '../web/error.ts'
import type { Urls } from '../web/url.ts'

/** Whoever has the address of a part may send it, once or again: nothing else of the request is asked. */
export interface PartUrls {
  /** @param origin under which the client knows this server @param expiresIn seconds */
  target(origin: string, uploadId: string, part: PartPlan, expiresIn: number): PartTarget
  /** The part that an address stands for. @throws HoldallError `part_url_invalid` */
  read(uploadId: string, number: string, query: (name: string) => string | undefined): PartPlan
}

const PATH = '/-/files/upload/parts'
/** As the router knows it. No source is in it, so that it cannot be taken for an address of one. */
export const PART_PATH = `${PATH}/:upload{[0-9a-z]+}/:part{[0-9]+}`

/** @param secret the server's; the key is derived from it */
export function createPartUrls({ secret, urls, now }: { secret: string; urls: Urls; now: () => number }): PartUrls {
  const signer = createSigner(secret, 'upload part')
  const said = (uploadId: string, number: string, size: string, expires: string, checksum: string) =>
    [uploadId, number, size, expires, checksum].join(' ')

  return {
    target(origin, uploadId, { number, size, checksum }, expiresIn) {
      const expires = String(Math.floor(now() / 1_000) + expiresIn)
      const value = said(uploadId, String(number), String(size), expires, checksum ?? '')
      const signature = signer.sign(value).slice(value.length + 1)
      const url = origin + urls.path(`${PATH}/${uploadId}/${number}`, { size, expires, checksum, signature })
      return { url, headers: {}, expiresIn }
    },
    read(uploadId, number, query) {
      const [size = '', expires = '', checksum = ''] = [query('size'), query('expires'), query('checksum')]
      const value = said(uploadId, number, size, expires, checksum)
      const ours = signer.verify(`${value}.${query('signature') ?? ''}`) !== undefined
      if (!ours || Number(expires) * 1_000 < now()) throw new HoldallError('part_url_invalid')
      return { number: Number(number), size: Number(size), ...(checksum !== '' && { checksum }) }
    },
  }
}
