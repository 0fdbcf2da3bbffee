import { watchDragging } from '../lib/dragging.ts'

/** Every page says where files can be dropped, also where nothing on it takes them. */
export function tellWhereToDrop(): void {
  watchDragging(() =>
    document.querySelector('.file-column, .files-column')
      ? 'You may not change these cells, so they take no files from you.'
      : 'This page takes no files. They go into a row’s form, or into a source under Files.',
  )
}
