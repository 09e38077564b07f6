package codec

import (
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// batchOf is how many records a page of the figures has.
const batchOf = 500

// trafficPages are what one installation sends, before padding.
func trafficPages(n int, counted bool) []Page {
	t := newTraffic(1)
	out := make([]Page, n)
	for i := range out {
		out[i] = Page{Release: 3, Policy: 2, Records: t.batch(batchOf, i == 0)}
		for at := range out[i].Batch { // as random as those that are drawn
			out[i].Batch[at], out[i].Writer[at] = byte(t.random.Uint32()), byte(at*41)
		}
		if counted {
			t.count(out[i].Records)
		}
	}
	return out
}

// count makes every second duration a bucket of a histogram.
func (t *traffic) count(records []schema.Record) {
	for i := range records {
		if records[i].Metric == "http.server.request.duration" && t.random.IntN(2) == 0 {
			records[i].Count = 2 + uint32(t.random.ExpFloat64()*20)
		}
	}
}

// bytesARecord are those of pages as they are sealed.
func bytesARecord(t testing.TB, pages []Page) float64 {
	t.Helper()
	total, records := 0, 0
	for _, p := range pages {
		total += len(encoded(t, EncodePage, p))
		records += len(p.Records)
	}
	return float64(total) / float64(records)
}

// TestBytesARecord holds the promise of at most 8 bytes a record, for one
// installation in batches of 500. The aim is 6, and who gives away what is reached
// of it should notice.
func TestBytesARecord(t *testing.T) {
	const reached, most = 6.5, 8
	pages := trafficPages(20, false)
	for _, c := range []struct {
		what  string
		pages []Page
		most  float64
	}{
		{"of a day", pages, reached}, {"in a day's first page, with facts", pages[:1], most}, {"with counts", trafficPages(20, true), most},
	} {
		got := bytesARecord(t, c.pages)
		t.Logf("%.2f bytes a record before padding, %s", got, c.what)
		if got > c.most {
			t.Errorf("%.2f bytes a record, %s, want at most %.1f", got, c.what, c.most)
		}
	}
}

// TestPartsHaveTheirOwnCodes holds the reason for a block a part.
func TestPartsHaveTheirOwnCodes(t *testing.T) {
	apart, together := 0, 0
	for _, p := range trafficPages(20, false) {
		b := encoded(t, EncodePage, p)
		plain, err := Plain(b)
		if err != nil {
			t.Fatal(err)
		}
		apart, together = apart+len(b), together+len(packed(plain))
	}
	if apart*100 > together*95 {
		t.Errorf("%d bytes with a block a part, %d as one: it is not worth it", apart, together)
	}
}

// BenchmarkEncodePage and BenchmarkDecodePage are of 500 records of the traffic.
func BenchmarkEncodePage(b *testing.B) {
	pages := trafficPages(20, false)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := EncodePage(pages[i%len(pages)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
	reportRecords(b, batchOf)
	b.ReportMetric(bytesARecord(b, pages), "B/record")
}

func BenchmarkDecodePage(b *testing.B) {
	var sealed [][]byte
	for _, p := range trafficPages(20, false) {
		sealed = append(sealed, encoded(b, EncodePage, p))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := DecodePage(sealed[i%len(sealed)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
	reportRecords(b, batchOf)
}

// BenchmarkRecord is the way of a record into the spool's bytes and back.
func BenchmarkRecord(b *testing.B) {
	records := newTraffic(1).batch(batchOf, true)
	var d RecordDecoder
	buf, i := make([]byte, 0, 1<<10), 0
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = AppendRecord(buf[:0], &records[i%batchOf])
		if _, err := d.Decode(buf); err != nil {
			b.Fatal(err)
		}
		i++
	}
	reportRecords(b, 1)
}

// BenchmarkHostilePage is what a reader spends on a bomb of 32 KiB.
func BenchmarkHostilePage(b *testing.B) {
	bomb := frame(announcing(MaxPlain), 8000, 128<<10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodePage(bomb); err == nil {
			b.Fatal("a bomb was read")
		}
	}
}

// reportRecords reports records a second instead of pages.
func reportRecords(b *testing.B, each int) {
	b.ReportMetric(float64(b.N*each)/b.Elapsed().Seconds(), "records/s")
}
