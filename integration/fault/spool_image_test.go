package fault

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
)

// blockLen is what a disk writes whole or not at all, if it is kind.
const blockLen = 512

// platter is what a disk holds for good, and what it was told and has not
// synced: after a power cut any of that may be there.
type platter struct {
	names    map[string]int
	files    map[int][]byte
	unnamed  []*nameChange
	contents map[int][]*contentChange
}

func newPlatter() *platter {
	return &platter{names: map[string]int{}, files: map[int][]byte{}, contents: map[int][]*contentChange{}}
}

// take takes the next change.
func (p *platter) take(c change) {
	switch {
	case c.name != nil:
		p.unnamed = append(p.unnamed, c.name)
	case c.content != nil:
		n := c.content.file
		p.contents[n] = append(p.contents[n], c.content)
	case c.synced != 0:
		for _, w := range p.contents[c.synced] {
			p.files[c.synced] = w.into(p.files[c.synced])
		}
		delete(p.contents, c.synced)
	case c.syncDir != "":
		p.unnamed = slices.DeleteFunc(p.unnamed, func(n *nameChange) bool {
			if !slices.Contains(n.dirs, c.syncDir) {
				return false
			}
			n.apply(p.names)
			return true
		})
	}
}

// pending says whether anything is not synced.
func (p *platter) pending() bool { return len(p.unnamed) > 0 || len(p.contents) > 0 }

func (n *nameChange) apply(names map[string]int) {
	if n.unbind != "" {
		delete(names, n.unbind)
	}
	if n.bind != "" {
		names[n.bind] = n.file
	}
}

func (w *contentChange) into(b []byte) []byte {
	if w.size >= 0 {
		return resize(b, w.size)
	}
	return writeInto(b, w.data, w.at)
}

// A cut is how the power went: what of the unsynced is on the disk.
type cut struct {
	name    string
	names   func() bool                           // whether a change of names is there
	content func([]*contentChange, []byte) []byte // what a file holds, of what it held and was told
}

// cuts are the ways in which power goes: nothing of the unsynced is there; all
// of it is, as when the process alone was killed; all, but the last write ends
// at any byte; and any blocks of anything, twice.
func cuts(r *rand.Rand) []cut {
	half := func() bool { return r.IntN(2) == 0 }
	yes := func() bool { return true }
	return []cut{
		unsyncedGone,
		{"all", yes, all},
		{"torn at a byte", yes, func(ws []*contentChange, b []byte) []byte { return torn(r, ws, b) }},
		{"any blocks", half, func(ws []*contentChange, b []byte) []byte { return blocks(r, ws, b) }},
		{"any blocks, all names", yes, func(ws []*contentChange, b []byte) []byte { return blocks(r, ws, b) }},
	}
}

// unsyncedGone leaves what was synced alone.
var unsyncedGone = cut{"nothing unsynced", func() bool { return false }, func(_ []*contentChange, b []byte) []byte { return b }}

func all(ws []*contentChange, b []byte) []byte {
	for _, w := range ws {
		b = w.into(b)
	}
	return b
}

// torn applies all changes, of the last write only the first bytes.
func torn(r *rand.Rand, ws []*contentChange, b []byte) []byte {
	for i, w := range ws {
		if i == len(ws)-1 && len(w.data) > 0 {
			w = &contentChange{at: w.at, data: w.data[:r.IntN(len(w.data))], size: -1}
		}
		b = w.into(b)
	}
	return b
}

// blocks applies any part of the changes: whole, or not at all, or each block or
// not and one in four torn.
func blocks(r *rand.Rand, ws []*contentChange, b []byte) []byte {
	for _, w := range ws {
		switch how := r.IntN(3); {
		case how == 0:
			b = w.into(b)
			continue
		case how == 1 || w.size >= 0:
			continue
		}
		for from := int64(0); from < int64(len(w.data)); {
			to := min((w.at+from)/blockLen*blockLen+blockLen-w.at, int64(len(w.data)))
			part := w.data[from:to]
			if r.IntN(4) == 0 {
				part = part[:r.IntN(len(part)+1)]
			}
			if r.IntN(2) == 0 {
				b = writeInto(b, part, w.at+from)
			}
			from = to
		}
	}
	return b
}

// after returns the disk as the next start finds it.
func (p *platter) after(c cut) *volume {
	v := newVolume()
	v.names = maps.Clone(p.names)
	for _, n := range p.unnamed {
		if c.names() {
			n.apply(v.names)
		}
	}
	for path := range v.names { // what lies in a directory that is not there is not there either
		if dir := filepath.Dir(path); dir != filepath.Dir(spoolDir) {
			if _, ok := v.names[dir]; !ok {
				delete(v.names, path)
			}
		}
	}
	renumbered := map[int]int{}
	for path, n := range v.names {
		if n == 0 {
			continue
		}
		if renumbered[n] == 0 {
			renumbered[n] = len(v.files)
			v.files[len(v.files)] = c.content(p.contents[n], p.files[n])
		}
		v.names[path] = renumbered[n]
	}
	v.first = newPlatter()
	v.first.names, v.first.files = maps.Clone(v.names), maps.Clone(v.files)
	return v
}

// platter returns what the disk of a volume holds for good.
func (v *volume) platter() *platter {
	p := newPlatter()
	if v.first != nil {
		maps.Copy(p.names, v.first.names)
		maps.Copy(p.files, v.first.files)
	}
	for _, c := range v.changes {
		p.take(c)
	}
	return p
}
