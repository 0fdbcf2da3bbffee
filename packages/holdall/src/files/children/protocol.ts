/** `length` bytes of a file, from `offset`. */
export interface Part {
  readonly offset: number
  readonly length: number
}
