/** Names of files that systems put beside the files of people. */
const NAME =
  /^(?:\._.*|\.DS_Store|\.localized|\.apdisk|\.VolumeIcon\.icns|Icon\r|(?:eh)?thumbs(?:_vista)?\.db|Thumbs\.db:encryptable|desktop\.ini|\.directory)$/i
/** Names of folders in which systems keep what is theirs: indexes, thumbnails, what was thrown away. */
const FOLDER =
  /^(?:\.AppleD(?:ouble|B|esktop)|\.Spotlight-V100|\.Trashes|\.Trash(?:-\d+)?|\.fseventsd|\.TemporaryItems|\.DocumentRevisions-V100|__MACOSX|\$RECYCLE\.BIN|System Volume Information|@eaDir|#recycle|\.@__thumb|@Recycle|\.thumbnails)$/i
const IN_FOLDER = new RegExp(`(?:^|/)${FOLDER.source.slice(1, -1)}/`, 'i')

/** Whether a file is one that a system or a network drive keeps for itself: nobody has made it, and nobody looks for it. */
export function isSystemFile(path: string): boolean {
  const at = path.lastIndexOf('/') + 1
  return NAME.test(at === 0 ? path : path.slice(at)) || (at > 0 && IN_FOLDER.test(path))
}

/** @param name of a folder, not its path */
export function isSystemFolder(name: string): boolean {
  return FOLDER.test(name)
}
