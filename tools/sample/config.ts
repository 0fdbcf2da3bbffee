/** What the sample is served with: `portrait` and `poster` are left for a person to make file columns of. */
export const CONFIGURATION = `# The sample's configuration. Paths are relative to this file.
title: Skerholm Museum
databases:
  collection:
    description: The collection of a small island museum. Everything in it is invented.
    tables:
      objects:
        description: What the museum keeps, by accession number.
        label_column: title
        fts_table: objects_fts
        columns:
          image: { file_column: true, file_source: photographs, file_accept: image/* }
          photos: { file_column: true, file_source: photographs, file_accept: image/*, file_multiple: true }
          report: { file_column: true, file_source: documents, file_accept: 'application/pdf, text/csv, .csv', file_max_size: 20000000 }
      objects_fts: { hidden: true }
      makers: { label_column: name }
      places: { label_column: name }
      exhibitions: { label_column: title, sort_desc: opens_on }
      loans: { label_column: borrower, sort_desc: out_on }
      conservation: { label_column: treatment, sort_desc: done_on }
sources:
  photographs:
    label: Photographs
    storage: filesystem
    config: { root: files/photographs }
    accept: [image/*]
    max_file_size: 200000000
  documents:
    label: Documents
    storage: filesystem
    config: { root: files/documents }
    accept: [application/pdf, text/*, .csv]
    max_file_size: 50000000
  films:
    label: Films and sound
    storage: filesystem
    config: { root: files/films }
    accept: [video/*, audio/*]
    max_file_size: 50000000000
  datasets:
    label: Datasets
    storage: filesystem
    config: { root: files/datasets }
permissions:
  files-browse: true
`
