package attack

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// trick makes a hostile envelope of a true one and another true one.
type trick struct {
	name string
	make func(r *rand.Rand, e, other []byte) []byte
}

// tricks are what a relay can do to an envelope without a key. None of them may
// have the store keep or count anything; the repeats must be known again.
var tricks = []trick{
	{"repeat", func(_ *rand.Rand, e, _ []byte) []byte { return e }},
	{"repeat", func(_ *rand.Rand, e, _ []byte) []byte { return e }},
	{"replay", func(_ *rand.Rand, _, other []byte) []byte { return other }},
	{"replay", func(_ *rand.Rand, _, other []byte) []byte { return other }},
	{"flip", func(r *rand.Rand, e, _ []byte) []byte { return flipped(r, e, 0, len(e)) }},
	{"flip in the head", func(r *rand.Rand, e, _ []byte) []byte { return flipped(r, e, 0, headLen) }},
	{"other version", set(0, 1)},
	{"other key id", set(1, 4)},
	{"other partition", func(r *rand.Rand, e, _ []byte) []byte {
		return altered(e, 5, []byte{(e[5] + 1 + byte(r.IntN(63))) % 64})
	}},
	{"partition that is none", func(r *rand.Rand, e, _ []byte) []byte { return altered(e, 5, []byte{64 + byte(r.IntN(192))}) }},
	{"other class", func(_ *rand.Rand, e, _ []byte) []byte { return altered(e, 6, []byte{1 - e[6]}) }},
	{"new attempt", set(attemptAt, 16)},
	{"attempt of another", from(attemptAt, outerLen)},
	{"new enc", set(outerLen, 32)},
	{"enc of small order", func(_ *rand.Rand, e, _ []byte) []byte { return altered(e, outerLen, make([]byte, 32)) }},
	{"enc of another", from(outerLen, commitAt)},
	{"new commitment", set(commitAt, 32)},
	{"commitment of another", from(commitAt, headLen)},
	{"enc and commitment of another", from(outerLen, headLen)},
	{"outer fields of another", from(0, outerLen)},
	{"head of another", from(0, headLen)},
	{"body of another", func(_ *rand.Rand, e, other []byte) []byte { return join(e[:headLen], other[headLen:]) }},
	{"commitment and body of another", func(_ *rand.Rand, e, other []byte) []byte { return join(e[:commitAt], other[commitAt:]) }},
	{"half a body of another", func(_ *rand.Rand, e, other []byte) []byte { return join(e[:len(e)/2], other[len(other)/2:]) }},
	{"truncated", func(r *rand.Rand, e, _ []byte) []byte { return e[:r.IntN(len(e))] }},
	{"truncated to a size that is one", func(_ *rand.Rand, e, _ []byte) []byte { return e[:headLen+1<<10+16] }},
	{"extended", func(r *rand.Rand, e, _ []byte) []byte { return join(e, noise(r, 1+r.IntN(5000))) }},
	{"extended to a size that is one", func(_ *rand.Rand, e, _ []byte) []byte {
		return join(e, make([]byte, max(0, headLen+16<<10+16-len(e))))
	}},
	{"noise", func(r *rand.Rand, e, _ []byte) []byte { return noise(r, len(e)) }},
	{"nothing", func(*rand.Rand, []byte, []byte) []byte { return nil }},
}

// set overwrites n bytes with others.
func set(at, n int) func(*rand.Rand, []byte, []byte) []byte {
	return func(r *rand.Rand, e, _ []byte) []byte {
		b := noise(r, n)
		if bytes.Equal(b, e[at:at+n]) {
			b[0]++
		}
		return altered(e, at, b)
	}
}

// from takes a part from the other one.
func from(begin, end int) func(*rand.Rand, []byte, []byte) []byte {
	return func(_ *rand.Rand, e, other []byte) []byte { return altered(e, begin, other[begin:end]) }
}

func altered(e []byte, at int, b []byte) []byte {
	e = bytes.Clone(e)
	copy(e[at:], b)
	return e
}

func flipped(r *rand.Rand, e []byte, begin, end int) []byte {
	at := begin + r.IntN(end-begin)
	return altered(e, at, []byte{e[at] ^ 1<<r.IntN(8)})
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n, n+8)
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:i+8:i+8], r.Uint64())
	}
	return b
}

// badCrates are crates that are none, with true envelopes in them: the store
// must let go of the whole.
func badCrates(r *rand.Rand, envelopes ...[]byte) []byte {
	b := crateOf(envelopes...)
	switch r.IntN(8) {
	case 0:
		return altered(b, 0, []byte{2})
	case 1:
		return altered(b, 1, []byte{0, 0})
	case 2:
		return altered(b, 1, []byte{0xff, 0xff})
	case 3:
		return altered(b, 3, []byte{0xff, 0xff, 0xff, 0xff}) // length of the first
	case 4:
		return b[:len(b)-1]
	case 5:
		return append(b, 0)
	case 6:
		return join(b, make([]byte, maxCrate))
	default:
		return noise(r, 1+r.IntN(4096))
	}
}
