package own

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// typical returns identifiers of a host with a dozen accounts and interfaces:
// about sixty.
func typical(t interface{ Helper() }) *Identifiers {
	t.Helper()
	all := []found{
		{class: Host, value: planted}, {class: Host, value: planted + ".zwick-works.example"}, {class: Host, value: "zwick-works.example"},
		{class: Machine, value: "0d5c1b3e9a704f62b8e4c7d2a1f09635"}, {class: Machine, value: "ZQ91KX77P3"}, {class: Installation, value: plantedUUID},
		{class: Installation, value: "0123-4567-89AB-CDEF-GHJK-MNPQ-RST"},
	}
	for i := range 6 {
		name := fmt.Sprintf("zq%cofarrell", 'a'+i)
		all = append(all, found{class: User, value: name}, found{class: User, value: "Zq" + strings.Repeat("o", i+1) + " Ofarrell"}, found{class: Home, value: "/home/" + name})
	}
	for i := range 8 {
		all = append(all, found{class: MAC, value: fmt.Sprintf("02:1f:ee:90:7c:d%d", i)}, found{class: IP, value: fmt.Sprintf("10.77.3.%d", 9+i)},
			found{class: IP, value: fmt.Sprintf("fe80::1f:eeff:fe90:7cd%d", i)}, found{class: IP, value: fmt.Sprintf("2001:db8:5::a:%d", i)})
	}
	ids := of(t, all...)
	for i := range 6 {
		ids.Never(fmt.Sprintf("LIC-%04d-QQ", i*4471))
	}
	return ids
}

// busyLog has lines as services write them, without an identifier.
var busyLog = strings.Split(strings.TrimSpace(`
2026-03-02 11:47:09,112 INFO  [pool-4-thread-7] com.acme.store.BlockReceiver: Receiving block blk_-7017553867379051457 src: /10.250.9.207:53106 dest: /10.250.9.207:50010
2026-03-02 11:47:09,431 WARN  [main] com.acme.net.Dialer: dial tcp 198.51.100.7:443: connect: connection refused, attempt 3 of 10, next in 1.5s
Mar  2 11:47:10 combo gateway[1203]: session opened for key 7 by the scheduler (uid=0), 14 open, limit 4096
time="2026-03-02T11:47:11Z" level=error msg="query failed" code=42P01 table=orders duration=12.48ms rows=0 retry=false
{"ts":"2026-03-02T11:47:11.482Z","level":"info","caller":"http/server.go:212","msg":"request done","method":"GET","path":"/v2/items/812/parts","status":200,"bytes":18211}
[11:47:12] worker 3: compaction of level 2 finished, 181 files in, 9 out, 412 MB read, 388 MB written, 0 errors
kernel: [18211.402117] usb 2-1.4: new high-speed USB device number 11 using xhci_hcd
panic: runtime error: index out of range [7] with length 7
	at com.acme.store.Reader.next(Reader.java:118)
`), "\n")

// BenchmarkReplace replaces nothing in clean lines.
func BenchmarkReplace(b *testing.B) {
	ids := typical(b)
	b.SetBytes(int64(len(strings.Join(busyLog, "\n"))))
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range busyLog {
			if out := ids.Replace(line); out != line {
				b.Fatal("replaced")
			}
		}
	}
}

// page returns a page of 1,000 durations before it is compressed.
func page(t testing.TB, source *rand.Rand) []byte {
	t.Helper()
	records := make([]schema.Record, 1000)
	for i := range records {
		records[i] = schema.Record{
			Time: 1_770_000_000 + int64(5*i), Product: schema.Product{Name: "finder", Version: "4.2.0"},
			Metric: "finder.operation.duration", Value: schema.Number(int64(source.ExpFloat64() * 40_000)),
			Labels: []schema.Label{{Name: "operation", Value: []string{"open", "search", "save", "close"}[source.IntN(4)]}},
		}
	}
	b, err := codec.EncodePage(codec.Page{Batch: schema.NewBatchID(), Writer: schema.Writer{1}, Release: 1, Records: records})
	if err != nil {
		t.Fatal(err)
	}
	if b, err = codec.Plain(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// BenchmarkScan looks through what is clean: a page of text, one of bytes, what a
// page of records is before it is compressed, random bytes, and numbers.
func BenchmarkScan(b *testing.B) {
	ids := typical(b)
	var binary []byte
	for i := range 2000 { // about as records are
		binary = append(binary, 0x85, 0x1a, byte(i>>5), byte(i), byte(i>>3), byte(i>>7), 0x6d)
		binary = append(binary, "finder.opened"...)
		binary = append(binary, 0xa1, 0x64, 's', 'l', 'o', 't', 0x65, 'f', 'i', 'r', 's', 't', 0x19, byte(i), byte(i>>4))
	}
	random, numbers := make([]byte, 16<<10), []byte(nil)
	source := rand.New(rand.NewPCG(1, 5))
	for i := range random {
		random[i] = byte(source.Uint32())
	}
	for range 1000 {
		numbers = fmt.Appendf(numbers, "%d\n", int64(source.ExpFloat64()*40_000))
	}
	for name, plain := range map[string][]byte{
		"text":    []byte(strings.Repeat(strings.Join(busyLog, "\n"), 40)),
		"binary":  binary,
		"page":    page(b, source),
		"random":  random,
		"numbers": numbers,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := ids.Scan(plain); ok {
					b.Fatal("a hit")
				}
			}
		})
	}
}
