import type { Hash } from './hash.ts'

/** Bytes that are hashed at once in a page: some ten milliseconds, so that it goes on drawing. */
export const PIECE = 1024 * 1024

/** Lets the page draw and hear before more is hashed. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve)
  })
}

const BLOCK = 64

/** MD5 (RFC 1321), which browsers do not offer; storages hash parts with it. It protects nothing, it only compares. */
export function createMd5(): Hash {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  const rest = new Uint8Array(BLOCK)
  const restWords = new Int32Array(rest.buffer)
  let filled = 0
  let total = 0
  return {
    update(bytes) {
      total += bytes.length
      let at = 0
      while (at < bytes.length) {
        if (filled === 0 && bytes.length - at >= BLOCK && ((bytes.byteOffset + at) & 3) === 0) {
          const count = Math.floor((bytes.length - at) / BLOCK) * 16
          mix(state, new Int32Array(bytes.buffer, bytes.byteOffset + at, count))
          at += count * 4
          continue
        }
        const taken = Math.min(BLOCK - filled, bytes.length - at)
        rest.set(bytes.subarray(at, at + taken), filled)
        filled += taken
        at += taken
        if (filled === BLOCK) mix(state, restWords)
        filled %= BLOCK
      }
    },
    digest() {
      rest[filled] = 0x80
      rest.fill(0, filled + 1)
      if (filled >= BLOCK - 8) {
        mix(state, restWords)
        rest.fill(0)
      }
      restWords[14] = (total * 8) | 0
      restWords[15] = Math.floor((total * 8) / 2 ** 32) | 0
      mix(state, restWords)
      return new Uint8Array(state.buffer)
    },
  }
}

/** The 64 steps of each block, written out: a loop, or a function for a step, is three times slower. */
function mix(state: Int32Array, words: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (let at = 0; at < words.length; at += 16) {
    const a0 = a
    const b0 = b
    const c0 = c
    const d0 = d
    const w0 = words[at] as number
    const w1 = words[at + 1] as number
    const w2 = words[at + 2] as number
    const w3 = words[at + 3] as number
    const w4 = words[at + 4] as number
    const w5 = words[at + 5] as number
    const w6 = words[at + 6] as number
    const w7 = words[at + 7] as number
    const w8 = words[at + 8] as number
    const w9 = words[at + 9] as number
    const w10 = words[at + 10] as number
    const w11 = words[at + 11] as number
    const w12 = words[at + 12] as number
    const w13 = words[at + 13] as number
    const w14 = words[at + 14] as number
    const w15 = words[at + 15] as number
    a = (a + ((b & c) | (~b & d)) + w0 - 680876936) | 0
    a = (((a << 7) | (a >>> 25)) + b) | 0
    d = (d + ((a & b) | (~a & c)) + w1 - 389564586) | 0
    d = (((d << 12) | (d >>> 20)) + a) | 0
    c = (c + ((d & a) | (~d & b)) + w2 + 606105819) | 0
    c = (((c << 17) | (c >>> 15)) + d) | 0
    b = (b + ((c & d) | (~c & a)) + w3 - 1044525330) | 0
    b = (((b << 22) | (b >>> 10)) + c) | 0
    a = (a + ((b & c) | (~b & d)) + w4 - 176418897) | 0
    a = (((a << 7) | (a >>> 25)) + b) | 0
    d = (d + ((a & b) | (~a & c)) + w5 + 1200080426) | 0
    d = (((d << 12) | (d >>> 20)) + a) | 0
    c = (c + ((d & a) | (~d & b)) + w6 - 1473231341) | 0
    c = (((c << 17) | (c >>> 15)) + d) | 0
    b = (b + ((c & d) | (~c & a)) + w7 - 45705983) | 0
    b = (((b << 22) | (b >>> 10)) + c) | 0
    a = (a + ((b & c) | (~b & d)) + w8 + 1770035416) | 0
    a = (((a << 7) | (a >>> 25)) + b) | 0
    d = (d + ((a & b) | (~a & c)) + w9 - 1958414417) | 0
    d = (((d << 12) | (d >>> 20)) + a) | 0
    c = (c + ((d & a) | (~d & b)) + w10 - 42063) | 0
    c = (((c << 17) | (c >>> 15)) + d) | 0
    b = (b + ((c & d) | (~c & a)) + w11 - 1990404162) | 0
    b = (((b << 22) | (b >>> 10)) + c) | 0
    a = (a + ((b & c) | (~b & d)) + w12 + 1804603682) | 0
    a = (((a << 7) | (a >>> 25)) + b) | 0
    d = (d + ((a & b) | (~a & c)) + w13 - 40341101) | 0
    d = (((d << 12) | (d >>> 20)) + a) | 0
    c = (c + ((d & a) | (~d & b)) + w14 - 1502002290) | 0
    c = (((c << 17) | (c >>> 15)) + d) | 0
    b = (b + ((c & d) | (~c & a)) + w15 + 1236535329) | 0
    b = (((b << 22) | (b >>> 10)) + c) | 0
    a = (a + ((b & d) | (c & ~d)) + w1 - 165796510) | 0
    a = (((a << 5) | (a >>> 27)) + b) | 0
    d = (d + ((a & c) | (b & ~c)) + w6 - 1069501632) | 0
    d = (((d << 9) | (d >>> 23)) + a) | 0
    c = (c + ((d & b) | (a & ~b)) + w11 + 643717713) | 0
    c = (((c << 14) | (c >>> 18)) + d) | 0
    b = (b + ((c & a) | (d & ~a)) + w0 - 373897302) | 0
    b = (((b << 20) | (b >>> 12)) + c) | 0
    a = (a + ((b & d) | (c & ~d)) + w5 - 701558691) | 0
    a = (((a << 5) | (a >>> 27)) + b) | 0
    d = (d + ((a & c) | (b & ~c)) + w10 + 38016083) | 0
    d = (((d << 9) | (d >>> 23)) + a) | 0
    c = (c + ((d & b) | (a & ~b)) + w15 - 660478335) | 0
    c = (((c << 14) | (c >>> 18)) + d) | 0
    b = (b + ((c & a) | (d & ~a)) + w4 - 405537848) | 0
    b = (((b << 20) | (b >>> 12)) + c) | 0
    a = (a + ((b & d) | (c & ~d)) + w9 + 568446438) | 0
    a = (((a << 5) | (a >>> 27)) + b) | 0
    d = (d + ((a & c) | (b & ~c)) + w14 - 1019803690) | 0
    d = (((d << 9) | (d >>> 23)) + a) | 0
    c = (c + ((d & b) | (a & ~b)) + w3 - 187363961) | 0
    c = (((c << 14) | (c >>> 18)) + d) | 0
    b = (b + ((c & a) | (d & ~a)) + w8 + 1163531501) | 0
    b = (((b << 20) | (b >>> 12)) + c) | 0
    a = (a + ((b & d) | (c & ~d)) + w13 - 1444681467) | 0
    a = (((a << 5) | (a >>> 27)) + b) | 0
    d = (d + ((a & c) | (b & ~c)) + w2 - 51403784) | 0
    d = (((d << 9) | (d >>> 23)) + a) | 0
    c = (c + ((d & b) | (a & ~b)) + w7 + 1735328473) | 0
    c = (((c << 14) | (c >>> 18)) + d) | 0
    b = (b + ((c & a) | (d & ~a)) + w12 - 1926607734) | 0
    b = (((b << 20) | (b >>> 12)) + c) | 0
    a = (a + (b ^ c ^ d) + w5 - 378558) | 0
    a = (((a << 4) | (a >>> 28)) + b) | 0
    d = (d + (a ^ b ^ c) + w8 - 2022574463) | 0
    d = (((d << 11) | (d >>> 21)) + a) | 0
    c = (c + (d ^ a ^ b) + w11 + 1839030562) | 0
    c = (((c << 16) | (c >>> 16)) + d) | 0
    b = (b + (c ^ d ^ a) + w14 - 35309556) | 0
    b = (((b << 23) | (b >>> 9)) + c) | 0
    a = (a + (b ^ c ^ d) + w1 - 1530992060) | 0
    a = (((a << 4) | (a >>> 28)) + b) | 0
    d = (d + (a ^ b ^ c) + w4 + 1272893353) | 0
    d = (((d << 11) | (d >>> 21)) + a) | 0
    c = (c + (d ^ a ^ b) + w7 - 155497632) | 0
    c = (((c << 16) | (c >>> 16)) + d) | 0
    b = (b + (c ^ d ^ a) + w10 - 1094730640) | 0
    b = (((b << 23) | (b >>> 9)) + c) | 0
    a = (a + (b ^ c ^ d) + w13 + 681279174) | 0
    a = (((a << 4) | (a >>> 28)) + b) | 0
    d = (d + (a ^ b ^ c) + w0 - 358537222) | 0
    d = (((d << 11) | (d >>> 21)) + a) | 0
    c = (c + (d ^ a ^ b) + w3 - 722521979) | 0
    c = (((c << 16) | (c >>> 16)) + d) | 0
    b = (b + (c ^ d ^ a) + w6 + 76029189) | 0
    b = (((b << 23) | (b >>> 9)) + c) | 0
    a = (a + (b ^ c ^ d) + w9 - 640364487) | 0
    a = (((a << 4) | (a >>> 28)) + b) | 0
    d = (d + (a ^ b ^ c) + w12 - 421815835) | 0
    d = (((d << 11) | (d >>> 21)) + a) | 0
    c = (c + (d ^ a ^ b) + w15 + 530742520) | 0
    c = (((c << 16) | (c >>> 16)) + d) | 0
    b = (b + (c ^ d ^ a) + w2 - 995338651) | 0
    b = (((b << 23) | (b >>> 9)) + c) | 0
    a = (a + (c ^ (b | ~d)) + w0 - 198630844) | 0
    a = (((a << 6) | (a >>> 26)) + b) | 0
    d = (d + (b ^ (a | ~c)) + w7 + 1126891415) | 0
    d = (((d << 10) | (d >>> 22)) + a) | 0
    c = (c + (a ^ (d | ~b)) + w14 - 1416354905) | 0
    c = (((c << 15) | (c >>> 17)) + d) | 0
    b = (b + (d ^ (c | ~a)) + w5 - 57434055) | 0
    b = (((b << 21) | (b >>> 11)) + c) | 0
    a = (a + (c ^ (b | ~d)) + w12 + 1700485571) | 0
    a = (((a << 6) | (a >>> 26)) + b) | 0
    d = (d + (b ^ (a | ~c)) + w3 - 1894986606) | 0
    d = (((d << 10) | (d >>> 22)) + a) | 0
    c = (c + (a ^ (d | ~b)) + w10 - 1051523) | 0
    c = (((c << 15) | (c >>> 17)) + d) | 0
    b = (b + (d ^ (c | ~a)) + w1 - 2054922799) | 0
    b = (((b << 21) | (b >>> 11)) + c) | 0
    a = (a + (c ^ (b | ~d)) + w8 + 1873313359) | 0
    a = (((a << 6) | (a >>> 26)) + b) | 0
    d = (d + (b ^ (a | ~c)) + w15 - 30611744) | 0
    d = (((d << 10) | (d >>> 22)) + a) | 0
    c = (c + (a ^ (d | ~b)) + w6 - 1560198380) | 0
    c = (((c << 15) | (c >>> 17)) + d) | 0
    b = (b + (d ^ (c | ~a)) + w13 + 1309151649) | 0
    b = (((b << 21) | (b >>> 11)) + c) | 0
    a = (a + (c ^ (b | ~d)) + w4 - 145523070) | 0
    a = (((a << 6) | (a >>> 26)) + b) | 0
    d = (d + (b ^ (a | ~c)) + w11 - 1120210379) | 0
    d = (((d << 10) | (d >>> 22)) + a) | 0
    c = (c + (a ^ (d | ~b)) + w2 + 718787259) | 0
    c = (((c << 15) | (c >>> 17)) + d) | 0
    b = (b + (d ^ (c | ~a)) + w9 - 343485551) | 0
    b = (((b << 21) | (b >>> 11)) + c) | 0
    a = (a + a0) | 0
    b = (b + b0) | 0
    c = (c + c0) | 0
    d = (d + d0) | 0
  }
  state.set([a, b, c, d])
}
