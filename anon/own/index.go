package own

// needle is one writing of one identifier.
type needle struct {
	text    string // in lower case if fold
	class   Class
	fold    bool // compare in any ASCII case
	scan    edge // what must stand around it for Scan
	replace edge // what must stand around it for Replace
}

// index finds needles by a hash of their first bytes: a bit set that is asked
// at every position, and chains that are walked only where a bit is set.
type index struct {
	width   int // bytes that are hashed; no needle is shorter
	log     uint
	needles []needle
	next    []int32 // the needle with the same hash before, or -1
	heads   []int32
	bits    []uint64
}

const (
	startLog = 10 // 2^10 chains
	bitLog   = 4  // 2^4 bits of the set a chain
)

func newIndex(width int) *index {
	x := &index{width: width}
	x.resize(startLog)
	return x
}

func (x *index) resize(log uint) {
	x.log = log
	x.heads = make([]int32, 1<<log)
	for i := range x.heads {
		x.heads[i] = -1
	}
	x.bits = make([]uint64, 1<<(log+bitLog)/64)
	x.next = x.next[:0]
	for i := range x.needles {
		x.link(i)
	}
}

func (x *index) add(n needle) {
	if n.fold {
		n.text = string(appendFold(nil, n.text))
	}
	x.needles = append(x.needles, n)
	if len(x.needles) > len(x.heads) {
		x.resize(x.log + 1)
		return
	}
	x.link(len(x.needles) - 1)
}

func (x *index) link(i int) {
	h := x.hash([]byte(x.needles[i].text), 0)
	head := h >> (32 - x.log)
	bit := h >> (32 - x.log - bitLog)
	x.next = append(x.next, x.heads[head])
	x.heads[head] = int32(i)
	x.bits[bit/64] |= 1 << (bit % 64)
}

// hash is Knuth's multiplicative hash of the first bytes in lower case; the
// text has at least x.width bytes from i.
func (x *index) hash(text []byte, i int) uint32 {
	k := uint32(fold[text[i]]) | uint32(fold[text[i+1]])<<8
	if x.width == 4 {
		k |= uint32(fold[text[i+2]])<<16 | uint32(fold[text[i+3]])<<24
	}
	return k * knuth
}

const knuth = 0x9e3779b1

// filter is the bit set of an index, for whoever asks it at every position.
type filter struct {
	bits  []uint64
	shift uint
}

func (x *index) filter() filter { return filter{x.bits, 32 - x.log - bitLog} }

// has says whether a needle may begin with the bytes of a key, which are as
// many as the index hashes, in lower case, the first one lowest.
func (f filter) has(key uint32) bool {
	bit := key * knuth >> f.shift
	return f.bits[bit/64]&(1<<(bit%64)) != 0
}

// at returns the longest needle that stands at i with the edges that mode asks.
func (x *index) at(text []byte, i int, m mode) *needle {
	if len(text)-i < x.width {
		return nil
	}
	h := x.hash(text, i)
	bit := h >> (32 - x.log - bitLog)
	if x.bits[bit/64]&(1<<(bit%64)) == 0 {
		return nil
	}
	var best *needle
	for j := x.heads[h>>(32-x.log)]; j >= 0; j = x.next[j] {
		n := &x.needles[j]
		to := i + len(n.text)
		if (best == nil || len(n.text) > len(best.text)) && n.stands(text, i) &&
			!isLabel(text, i, to) && m.edge(n).holds(text, i, to) {
			best = n
		}
	}
	return best
}

func (n *needle) stands(text []byte, i int) bool {
	if len(text)-i < len(n.text) {
		return false
	}
	there := text[i : i+len(n.text)]
	if !n.fold {
		return string(there) == n.text
	}
	for j, b := range there {
		if fold[b] != n.text[j] {
			return false
		}
	}
	return true
}

// fold maps ASCII capitals to small letters and every other byte to itself.
var fold = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

func appendFold(b []byte, s string) []byte {
	for i := range len(s) {
		b = append(b, fold[s[i]])
	}
	return b
}
