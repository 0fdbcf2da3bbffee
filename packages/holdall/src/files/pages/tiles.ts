/** Pixels of a tile's picture, on screens that draw two for each. */
export const TILE_SIDE = 400
