package attack

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"runtime"
	"sync"
)

// hashed is what stands on a page in place of a value.
type hashed [16]byte

// known is something that a thief may take for the key.
type known struct {
	name string
	key  []byte
}

// maker is one way in which a value may have become 128 bits. It is for one
// goroutine.
type maker struct {
	name   string
	hash   hash.Hash
	before []byte // of the message, which ends with the value
	sum    []byte // scratch
}

func (g *maker) make(value []byte) (out hashed) {
	g.hash.Reset()
	g.hash.Write(g.before)
	g.hash.Write(value)
	g.sum = g.hash.Sum(g.sum[:0])
	copy(out[:], g.sum)
	return out
}

// makers are all ways that a thief thinks of, for one field: digests, and keyed
// hashes under all that he knows, as it is and made into a key as the documents
// say, of messages with and without the field's name.
func makers(metric, label string, year uint32, keys []known) (all []*maker) {
	messages := [][]byte{nil, []byte(metric + "\x00"), []byte(metric + "\x00" + label + "\x00"), documented(metric, label)}
	add := func(name string, made func() hash.Hash) {
		for _, m := range messages {
			all = append(all, &maker{name: fmt.Sprintf("%s of %q and the value", name, m), hash: made(), before: m})
		}
	}
	add("MD5", md5.New)
	add("SHA-1", sha1.New)
	add("SHA-256", sha256.New)
	for _, k := range keys {
		add("HMAC under "+k.name, func() hash.Hash { return hmac.New(sha256.New, k.key) })
		add("HMAC under the year's key of "+k.name, func() hash.Hash { return hmac.New(sha256.New, yearKey(k.key, year)) })
	}
	return all
}

// documented is the message without the value, and yearKey the key, as the
// documents have them.
func documented(metric, label string) (b []byte) {
	for _, name := range []string{metric, label} {
		b = append(append(b, u32(uint32(len(name)))...), name...)
	}
	return b
}

func yearKey(key []byte, year uint32) []byte {
	return mac(key, append(binary.BigEndian.AppendUint32([]byte("tacit/v1/hash"), year), 1)) // the first block of HKDF-Expand
}

// space is what a thief tries, by number.
type space struct {
	size uint64
	at   func(i uint64, b []byte) []byte // appends the text of a value
}

// listed is a space of these texts.
func listed(texts []string) space {
	return space{uint64(len(texts)), func(i uint64, b []byte) []byte { return append(b, texts[i]...) }}
}

// reversal is what a thief finds a target to be.
type reversal struct{ value, how string }

// try makes every value of a space into every guess, on all processors, and
// returns those that are a target. Each processor has guesses of its own.
func try(s space, fresh func() []*maker, targets map[hashed]bool) map[hashed]reversal {
	var (
		mu      sync.Mutex
		found   = map[hashed]reversal{}
		workers sync.WaitGroup
	)
	step := uint64(runtime.GOMAXPROCS(0))
	for first := range step {
		workers.Go(func() {
			ways, b := fresh(), make([]byte, 0, 64)
			for i := first; i < s.size; i += step {
				b = s.at(i, b[:0])
				for _, g := range ways {
					made := g.make(b)
					if !targets[made] {
						continue
					}
					mu.Lock()
					found[made] = reversal{string(b), g.name}
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	return found
}
