package own

// maxRenamed bounds how many forms of IDs are remembered beside Config's.
const maxRenamed = 32

// Renamed says that this host is another installation from now on, by its ID in
// every form that people write it. The IDs before stay identifiers: somebody may
// have written one down where records come from.
func (ids *Identifiers) Renamed(installation ...string) {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	ids.renamed = append(ids.renamed, installation...)
	ids.renamed = ids.renamed[max(0, len(ids.renamed)-maxRenamed):]
	for _, v := range installation {
		ids.add(found{class: Installation, value: v})
	}
}
