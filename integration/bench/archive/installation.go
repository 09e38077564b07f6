package archive

import (
	"iter"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// version is that of all agents.
const version = "1.5.0"

// usually is how many records a page of a known installation has, and most how
// many fill one.
const (
	usually = 60
	most    = 900
)

// installation is a made-up host whose pages open.
type installation struct {
	id     uuid.UUID
	root   page.Root
	writer schema.Writer
}

func newInstallation() *installation {
	id := uuid.New()
	return &installation{id: id, root: page.NewRoot(id), writer: schema.Writer(schema.NewBatchID())}
}

// usual gives the pages of a host that is on most days.
func (i *installation) usual(today schema.Day) iter.Seq2[page.Page, error] {
	return func(yield func(page.Page, error) bool) {
		for d := today - days + 1; d <= today; d++ {
			if rand.IntN(5) == 0 {
				continue
			}
			for n := range uint32(1 + rand.IntN(3)) {
				if !yield(i.seal(d, n, records(d.Time().Add(time.Duration(8+n)*time.Hour), usually))) {
					return
				}
			}
		}
	}
}

// many gives pages that are as full as may be, with so many records in all.
func (i *installation) many(today schema.Day, count int) iter.Seq2[page.Page, error] {
	return func(yield func(page.Page, error) bool) {
		left, full := count, (count+most-1)/most
		for n := range full {
			day, number := today-longDays+1+schema.Day(n%longDays), uint32(n/longDays)
			these := min(left, most)
			left -= these
			start := day.Time().Add(time.Duration(number) * 24 * time.Hour / time.Duration(full/longDays+1))
			if !yield(i.seal(day, number, records(start, these))) {
				return
			}
		}
	}
}

func (i *installation) seal(d schema.Day, n uint32, records []schema.Record) (page.Page, error) {
	release := registry.Base().Release
	plain, err := codec.EncodePage(codec.Page{Batch: schema.NewBatchID(), Writer: i.writer, Release: release, Records: records})
	if err != nil {
		return page.Page{}, err
	}
	return page.Seal(i.root, d, n, page.Build{Release: release, Version: version}, plain)
}

// records returns what a host tells from a time on: what it is, what was done, how
// long it took, and now and then what failed.
func records(from time.Time, count int) []schema.Record {
	out := make([]schema.Record, count)
	operations, commands := []string{"collect", "commit", "lookup", "spool", "upload"}, []string{"lookup", "preview", "up", "why"}
	for n := range out {
		r := &out[n]
		*r = schema.Record{Time: from.Unix() + int64(n)*4, Product: schema.Product{Name: "tacit", Version: version}}
		switch {
		case n == 0:
			r.Metric, r.Value = "os.type", schema.Text("linux")
		case n == 1:
			r.Metric, r.Value = "host.memory", schema.Number(16<<30)
		case n%50 == 49:
			r.Metric, r.Value = "tacit.error", schema.Text("upload_timeout")
			r.Labels = []schema.Label{{Name: "frames", Value: "github.com/tacit-telemetry/tacit/agent/upload.(*Sender).send\ngithub.com/tacit-telemetry/tacit/agent.(*Agent).Round"}}
		case n%5 == 4:
			r.Metric, r.Value = "tacit.command.used", schema.Number(1)
			r.Labels = []schema.Label{{Name: "command", Value: commands[rand.IntN(len(commands))]}}
		default:
			r.Metric, r.Value = "tacit.operation.duration", schema.Number(int64(200+rand.ExpFloat64()*3000))
			r.Labels = []schema.Label{{Name: "operation", Value: operations[rand.IntN(len(operations))]}}
		}
	}
	return out
}
