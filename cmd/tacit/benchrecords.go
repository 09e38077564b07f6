package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/store/db"
)

// benchSpan is how much time the records of one installation are spread over.
const benchSpan = 6 * time.Hour

// benchSource makes up what the product on one host reports: mostly how long
// operations took, then what was used, and now and then an error with a text.
type benchSource struct {
	random *rand.Rand
	time   float64 // of the last record, Unix seconds
	step   float64 // mean seconds between records
}

// newBenchSource returns the source of the i-th installation's n records of a
// round; the last is of about now.
func newBenchSource(i, n int) *benchSource {
	step := min(7, benchSpan.Seconds()/float64(n))
	return &benchSource{
		random: rand.New(rand.NewPCG(uint64(i), 4)),
		time:   float64(time.Now().Unix()) - step*float64(n), step: step,
	}
}

var (
	benchOperations = []string{"spool", "upload", "commit", "lookup", "collect"}
	benchCommands   = []string{"up", "id", "why", "preview", "send", "outbox", "lookup"}
	benchFrames     = "main.run main.go:28\nmain.main main.go:18\nruntime.main proc.go:285"
	benchTexts      = []string{
		"open /home/someone/data/orders.db: permission denied", "dial tcp 192.0.2.17:5432: connect: connection refused",
		"context deadline exceeded after 30s", "unexpected end of file in record 812 of customers.csv",
	}
)

// fill makes the next records.
func (s *benchSource) fill(records []schema.Record) {
	for i := range records {
		s.time += s.step * 2 * s.random.Float64()
		records[i] = s.record()
		records[i].Time, records[i].Product = int64(s.time), cli.Product()
	}
}

func (s *benchSource) record() schema.Record {
	switch kind := s.random.IntN(100); {
	case kind < 70:
		took := int64(s.random.ExpFloat64() * 40_000) // µs; most operations are short, a few are long
		return schema.Record{Metric: "tacit.operation.duration", Value: schema.Number(took), Labels: s.label("operation", benchOperations)}
	case kind < 95:
		return schema.Record{Metric: "tacit.command.used", Value: schema.Number(1), Labels: s.label("command", benchCommands)}
	case kind < 98:
		return schema.Record{Metric: "host.uptime", Value: schema.Number(int64(s.random.IntN(1_000_000)))}
	case kind < 99:
		return schema.Record{Metric: "tacit.error", Value: schema.Text("upload_timeout")}
	}
	return schema.Record{
		Metric: "exception", Value: schema.Text("*fs.PathError"),
		Labels: []schema.Label{{Name: "exception.message", Value: one(s.random, benchTexts)}, {Name: "frames", Value: benchFrames}},
	}
}

func (s *benchSource) label(name string, values []string) []schema.Label {
	return []schema.Label{{Name: name, Value: one(s.random, values)}}
}

func one(random *rand.Rand, values []string) string { return values[random.IntN(len(values))] }

// benchYardstick writes as many records of the same kind, one key a record, into
// a database of the store's kind, synced, and returns how long that took. The
// keys are 32 bytes, in order of time, as a store of plain records would have
// them; the bytes are made beforehand.
func benchYardstick(ctx context.Context, dir string, n int) (time.Duration, error) {
	source := newBenchSource(0, n)
	records, values := make([]schema.Record, min(n, 4096)), [][]byte{}
	source.fill(records)
	for _, r := range records {
		b, err := codec.EncodeRecord(r)
		if err != nil {
			return 0, fmt.Errorf("encode records of the plain write: %w", err)
		}
		values = append(values, b)
	}
	return db.Yardstick(ctx, dir, n, func(i int) (key, value []byte) {
		key = binary.BigEndian.AppendUint64(make([]byte, 0, 32), uint64(i))
		for len(key) < 32 {
			key = binary.BigEndian.AppendUint64(key, source.random.Uint64())
		}
		return key, values[i%len(values)]
	})
}
