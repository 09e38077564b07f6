package intake

import (
	"context"
	"errors"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
)

// logShare is what part of the spool may be used, by whatever records, while
// records of logs are taken: a quarter. The rest is for all others, which logs then
// cannot push out however long the outage is.
const logShare = 4

// ErrShare says that logs have all of the spool that they may take.
var ErrShare = errors.New("logs have their share of the spool")

// TakeLogs is Take for whoever gathers lines and goes on gathering after an error:
// while there is no room for them it fails with [ErrShare], and nothing is refused.
func (in *Intake) TakeLogs(ctx context.Context, records []schema.Record) error {
	if !in.hasShare() {
		return ErrShare
	}
	_, err := in.Take(ctx, records, false)
	return err
}

// hasShare says whether there is room for records of logs.
func (in *Intake) hasShare() bool {
	used, bound := in.config.Spool.Filled()
	return used < bound/logShare
}

// Version returns the version that a product told last since the start, with a
// record that was accepted and is of no log; "": none.
func (in *Intake) Version(product string) string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.told[product]
}

// noteVersions notes which versions accepted records tell, for whoever holds the
// lock. Records of logs do not count: they may have it from here.
func (in *Intake) noteVersions(records []schema.Record, accepted []Answer) {
	for i := range records {
		p := &records[i].Product
		if !accepted[i].Accepted || in.told[p.Name] == p.Version {
			continue
		}
		if m, ok := in.config.Registry.Metric(records[i].Metric); ok && m.Category != schema.ProductLog {
			in.told[p.Name] = strings.Clone(p.Version) // it may lie in a whole request
		}
	}
}
