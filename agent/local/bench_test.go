package local_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/schema"
)

// batch is how many records a request of the benchmarks has.
const batch = 500

// BenchmarkRecordsJSON is the way of a record from a product's socket to the
// synced spool: HTTP, JSON, the registry's checks, the treatments, the tripwire
// with this host's own identifiers, the spool. Four callers send 500 records of
// the example's registry a request; what they do themselves is in the figure, a
// caller's allowance is not.
func BenchmarkRecordsJSON(b *testing.B) {
	dir := short(b)
	within(b, dir, intakeOf(b), local.Unbounded, local.Unbounded, time.Minute)
	request := postOf(body())
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		c, _ := dial(b, dir)
		in := bufio.NewReader(c)
		for inBatches(pb) {
			if _, err := c.Write(request); err != nil {
				b.Error(err)
				return
			}
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				b.Error(err)
				return
			}
			text, err := io.ReadAll(resp.Body)
			if err != nil || bytes.Count(text, []byte(local.Accepted)) != batch {
				b.Errorf("%s: %v, %.200s", resp.Status, err, text)
				return
			}
		}
	})
	reportRate(b)
}

// BenchmarkRecordsInProcess is the same without HTTP and JSON.
func BenchmarkRecordsInProcess(b *testing.B) {
	a := intakeOf(b)
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		records := records()
		for inBatches(pb) {
			answers, err := a.Take(b.Context(), records, false)
			if err != nil || !answers[batch-1].Accepted {
				b.Errorf("%+v, %v", answers, err)
				return
			}
		}
	})
	reportRate(b)
}

// inBatches takes a batch of a benchmark's turns at once.
func inBatches(pb *testing.PB) bool {
	more := pb.Next()
	for range batch - 1 {
		more = pb.Next() && more
	}
	return more
}

func reportRate(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// records are what the example's product reports: mostly uses and durations, now
// and then an error.
func records() []schema.Record {
	product, now := schema.Product{Name: "finder", Version: "5.3.1"}, time.Now().Unix()
	menus, operations := []string{"open", "save", "find", "filter", "sort"}, []string{"search", "open", "save", "sync"}
	out := make([]schema.Record, batch)
	for i := range out {
		operation := []schema.Label{{Name: "operation", Value: operations[i%len(operations)]}}
		r := &out[i]
		r.Product, r.Time = product, now-int64(batch-i)
		switch {
		case i%100 == 99:
			r.Metric, r.Value, r.Labels = "finder.error", schema.Text("search_timeout"), operation
		case i%2 == 0:
			r.Metric, r.Value, r.Labels = "finder.operation.duration", schema.Number(int64(i*i*7919%900_000)), operation
		default:
			r.Metric, r.Value, r.Labels = "finder.menu.used", schema.Number(1), []schema.Label{{Name: "menu", Value: menus[i%len(menus)]}}
		}
	}
	return out
}

// body is those records as a product writes them.
func body() []byte {
	out := []byte(`{"product":{"name":"finder","version":"5.3.1"},"records":[`)
	for i, r := range records() {
		if i > 0 {
			out = append(out, ',')
		}
		value := any(r.Value.Number)
		if r.Value.Kind == schema.KindText {
			value = fmt.Sprintf("%q", r.Value.Text)
		}
		out = fmt.Appendf(out, `{"metric":%q,"time":%d,"value":%v,"labels":{%q:%q}}`, r.Metric, r.Time, value, r.Labels[0].Name, r.Labels[0].Value)
	}
	return append(out, "]}"...)
}

func postOf(body []byte) []byte {
	return fmt.Appendf(nil, "POST /v1/records HTTP/1.1\r\nHost: tacit\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// BenchmarkReadRecords is the reading of the JSON alone.
func BenchmarkReadRecords(b *testing.B) {
	text := body()
	b.SetBytes(int64(len(text)) / batch)
	b.ReportAllocs()
	for range b.N/batch + 1 {
		if n, err := local.ReadRecords(text); err != nil || n != batch {
			b.Fatal(n, err)
		}
	}
}
