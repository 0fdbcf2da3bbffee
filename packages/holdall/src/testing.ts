/** What plugin authors test with. */
export { pdfOf, wavOf } from './files/parsing/test-documents.ts'
export { storageContract } from './sources/contract/contract.ts'
export type { MakeStorage, StorageUnderTest } from './sources/contract/subject.ts'
export { filesystemType } from './sources/filesystem/storage.ts'
export type { SessionStore, StoredSession } from './uploads/session-store.ts'
export { type SessionStoreUnderTest, sessionStoreContract } from './uploads/session-store-contract.ts'
export { answerJson, GALLERY_PAGES, type Gallery, type Received, startGallery } from './web/gallery/server.ts'
