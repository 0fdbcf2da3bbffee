/** Datasette's port, so that bookmarks and scripts of its users go on working. */
export const DEFAULT_PORT = 8001
export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_DATA = './holdall-data'
