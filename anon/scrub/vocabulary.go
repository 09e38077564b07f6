package scrub

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"sync"
)

//go:generate go run words_gen.go

//go:embed words.gz
var packed []byte

// vocabulary is a set of small-letter words: one text and an open hash table
// of positions in it, so that 12,000 words take 160 KiB and no pointers.
type vocabulary struct {
	text  []byte   // words, each followed by a line feed
	slots []uint32 // position + 1, or 0
}

// words returns the embedded vocabulary, unpacked at the first call.
var words = sync.OnceValue(func() *vocabulary {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("scrub: internal error: embedded words: " + err.Error())
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic("scrub: internal error: embedded words: " + err.Error())
	}
	return newVocabulary(append(text, '\n'))
})

func newVocabulary(text []byte) *vocabulary {
	v := &vocabulary{text: text, slots: make([]uint32, 1<<15)}
	for start := 0; start < len(text); {
		end := start + bytes.IndexByte(text[start:], '\n')
		slot := hash(text[start:end])
		for v.slots[slot%uint32(len(v.slots))] != 0 {
			slot++
		}
		v.slots[slot%uint32(len(v.slots))] = uint32(start) + 1
		start = end + 1
	}
	return v
}

func (v *vocabulary) has(word []byte) bool {
	for slot := hash(word); ; slot++ {
		at := v.slots[slot%uint32(len(v.slots))]
		if at == 0 {
			return false
		}
		there := v.text[at-1:]
		if len(there) > len(word) && there[len(word)] == '\n' && bytes.Equal(there[:len(word)], word) {
			return true
		}
	}
}

// hash is FNV-1a, its upper bits folded in.
func hash(word []byte) uint32 {
	h := uint32(2166136261)
	for _, b := range word {
		h = (h ^ uint32(b)) * 16777619
	}
	return h ^ h>>15
}

// Known reports whether a small-letter word is in the vocabulary: so common in
// technical text that it identifies nobody.
func Known(word string) bool { return words().has([]byte(word)) }
