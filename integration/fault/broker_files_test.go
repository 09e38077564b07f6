package fault

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// broker is what lies in a broker's files: how many envelopes in which message
// of its stream.
type broker struct {
	last      uint64 // number of the newest message
	envelopes map[uint64]int
}

// after counts the envelopes in messages after a number.
func (b broker) after(number uint64) (n int) {
	for m, count := range b.envelopes {
		if m > number {
			n += count
		}
	}
	return n
}

// readBroker reads the stream's messages out of its files, as the NATS server
// lays them down: length 4 | number 8 | time 8 | length of the subject 2 |
// subject | [length of the headers 4 | headers] | message | sum 8, little endian.
// The highest bit of the length says that there are headers. A message is a
// crate: version 1 | count 2 big endian | envelopes. What does not look like one
// is none.
func readBroker(t *testing.T, dir string) broker {
	t.Helper()
	out := broker{envelopes: map[uint64]int{}}
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range blocks {
		b, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		out.read(b)
	}
	return out
}

func (b *broker) read(block []byte) {
	const head, sum, headers = 22, 8, 1 << 31
	for len(block) >= head+sum {
		length := binary.LittleEndian.Uint32(block)
		n := int(length &^ headers)
		if n < head+sum || n > len(block) {
			return
		}
		number, rest := binary.LittleEndian.Uint64(block[4:]), block[head:n-sum]
		if at := int(binary.LittleEndian.Uint16(block[20:])); at <= len(rest) {
			rest = rest[at:]
		}
		if length&headers != 0 && len(rest) >= 4 {
			rest = rest[min(len(rest), 4+int(binary.LittleEndian.Uint32(rest))):]
		}
		if len(rest) >= 3 && rest[0] == 1 {
			b.envelopes[number] = int(binary.BigEndian.Uint16(rest[1:]))
			b.last = max(b.last, number)
		}
		block = block[n:]
	}
}

// brokerFiles lists a broker's files.
func brokerFiles(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			files = append(files, path)
		}
		if errors.Is(err, fs.ErrNotExist) { // the broker works
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// wipe removes a broker's directory, into which a broker may write.
func wipe(t *testing.T, dir string) {
	t.Helper()
	rig.Eventually(t, "the broker's directory is wiped", func() bool { return os.RemoveAll(dir) == nil })
}

// flipBit flips one bit of a broker's files, below the broker if it runs, and
// says which.
func flipBit(t *testing.T, r *rand.Rand, dir string) (what string) {
	t.Helper()
	rig.Eventually(t, "the broker has a bit to flip", func() bool {
		files := brokerFiles(t, dir)
		if len(files) == 0 {
			what = "nothing is there" // it was wiped a moment ago
			return true
		}
		name := files[r.IntN(len(files))]
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			return false // it was there a moment ago
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil || info.Size() == 0 {
			return false
		}
		at, bit, one := r.Int64N(info.Size()), r.IntN(8), make([]byte, 1)
		if _, err := f.ReadAt(one, at); err != nil {
			return false
		}
		one[0] ^= 1 << bit
		_, err = f.WriteAt(one, at)
		what = fmt.Sprintf("bit %d of byte %d of %d of %s flipped", bit, at, info.Size(), filepath.Base(name))
		return err == nil
	})
	return what
}

// digits differ in the names of files of one kind.
var digits = regexp.MustCompile(`\d+`)

// kinds returns a broker's files by their kind.
func kinds(t *testing.T, dir string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, f := range brokerFiles(t, dir) {
		kind := filepath.Base(filepath.Dir(f)) + "/" + filepath.Base(f)
		kind = digits.ReplaceAllString(kind, "0")
		out[kind] = append(out[kind], f)
	}
	return out
}

// TestBrokerOfGarbage puts garbage into the files of a broker that does not run,
// one kind after the other: the place of a consumer and the description of the
// stream among them. The edge and `tacit up` start, and what is accepted then is
// stored.
func TestBrokerOfGarbage(t *testing.T) {
	t.Parallel()
	r := random(t)
	t.Run("edge", func(t *testing.T) { garbageAtTheEdge(t, r) })
	t.Run("up", func(t *testing.T) { garbageInUp(t, r) })
}

// eachKind puts garbage into each kind of a broker's files in turn.
func eachKind(t *testing.T, r *rand.Rand, dir string, end, works func()) (n int) {
	t.Helper()
	done := map[string]bool{}
	for {
		end()
		all := kinds(t, dir)
		var left []string
		for kind := range all {
			if !done[kind] {
				left = append(left, kind)
			}
		}
		if len(left) == 0 {
			break
		}
		slices.Sort(left)
		done[left[0]] = true
		t.Log("garbage: ", left[0])
		for _, file := range all[left[0]] {
			garbage := make([]byte, 1+r.IntN(400))
			for i := range garbage {
				garbage[i] = byte(r.Uint32())
			}
			if err := os.WriteFile(file, garbage, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		works()
	}
	for _, kind := range []string{"group-0/o.dat", "group-0/meta.inf", "TACIT_CRATES/meta.inf", "msgs/0.blk"} {
		if !done[kind] {
			t.Errorf("no garbage was in %s", kind)
		}
	}
	return len(done)
}

func garbageAtTheEdge(t *testing.T, r *rand.Rand) {
	s := rig.StartSplit(t, rig.Plan{Agents: 1, Site: rig.Edits{"quota.envelopes": 1_000_000, "quota.bytes": "4GiB"}})
	agent, ledger := s.Agents[0], newLedger()
	n := 0
	report(t, agent.Data, ledger, func() {
		defer hurry(t, agent.Data)()
		n = eachKind(t, r, brokerDir(s.Edge.Data), func() { s.Edge.Kill() }, func() {
			s.Edge.Start(t)
			s.Edge.WaitReady(t)
			if figures.Run(t) == "test" {
				return // a second for each kind, and not ten
			}
			agent.Kill() // it would be asked to send again, some seconds later
			agent.Start(t)
			owed := ledger.Accepted()
			if lost := rig.Missing(await(t, ownCrates, s, agent, owed), owed); len(lost) > 0 {
				t.Fatalf("the edge works no more: %d of %d records do not come to the store", len(lost), len(owed))
			}
		})
		s.Edge.Start(t)
	})
	var c tally
	c.compare(t, s, []*rig.Ledger{ledger}, mendTime)
	figures.Report(t, figures.Broker, "%d kinds of garbage at the edge / not counted / %d of %d records", n, c.accepted-c.lost, c.accepted)
}

func garbageInUp(t *testing.T, r *rand.Rand) {
	dir, ledger := rig.Dir(t), newLedger()
	var p *rig.Process
	starts := 0
	start := func() {
		p = rig.Up(t, dir)
		rig.Eventually(t, "a record is accepted and stored", func() bool {
			answers, err := ledger.Offer(t.Context(), dir, atOnce)
			return err == nil && answers[0].Accepted()
		})
		defer hurry(t, dir)()
		if starts++; starts > 1 && figures.Run(t) == "test" {
			return // what was accepted is looked for at the end
		}
		owed := ledger.Accepted()
		rig.Eventually(t, "what is accepted is stored", func() bool {
			var tl rig.Timeline
			got := rig.Tacit(t, "lookup", rig.ID(t, dir), "--data", dir, "--json").Run(t)
			return got.Code == 0 && json.Unmarshal([]byte(got.Stdout), &tl) == nil && len(rig.Missing(tl, owed)) == 0
		})
	}
	start()
	n := eachKind(t, r, brokerDir(dir), func() { p.Kill() }, start)
	var c tally
	tl := finish(t, dir)
	c.rollups(t, filepath.Join(dir, "store"), c.pages(t, ledger, tl))
	figures.Report(t, figures.Broker, "%d kinds of garbage in up / not counted / %d of %d records", n, c.accepted-c.lost, c.accepted)
}
