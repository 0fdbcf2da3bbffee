/** Pixels of a tile's picture, on screens that draw two for each. */
export const TILE_SIDE = 400
/** A page of tiles: rows of five, four, three or two come out even. */
export const PAGE_OF_TILES = 60
export const SEARCH_PATH = '/-/files/search'
