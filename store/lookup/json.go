package lookup

import (
	"encoding/json"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// recordJSON is a record as scripts read it.
type recordJSON struct {
	Time        string            `json:"time"` // RFC 3339, UTC
	Metric      string            `json:"metric"`
	Category    schema.Category   `json:"category"`
	Product     string            `json:"product"`
	Version     string            `json:"version"`
	Value       any               `json:"value"`           // a number or a text
	Count       uint32            `json:"count,omitempty"` // how many equal events, when there were several
	Unit        string            `json:"unit,omitempty"`
	Labels      map[string]string `json:"labels"`
	OtherWriter bool              `json:"other_writer,omitempty"`
}

// historyJSON is a history as scripts read it: names stay, new ones may come.
type historyJSON struct {
	Simulated     bool           `json:"simulated,omitempty"`
	Installation  map[string]any `json:"installation"`
	Records       []recordJSON   `json:"records"`
	Pages         int            `json:"pages"`
	OtherWriter   int            `json:"other_writer_pages"`
	Damaged       int            `json:"damaged_pages"`
	DamagedOn     []string       `json:"damaged_days,omitempty"`
	NotUnderstood int            `json:"not_understood"`
	Unread        []string       `json:"unread_months"`
	OldestDay     string         `json:"oldest_day"`
	NewestDay     string         `json:"newest_day"`
}

// MarshalJSON returns the object that `tacit lookup --json` prints:
// "installation" with one key a configuration metric and "products", "records"
// in time order, and counts of what is not shown.
func (h *History) MarshalJSON() ([]byte, error) {
	out := historyJSON{
		Simulated:    h.Simulated,
		Installation: map[string]any{"products": h.Products},
		Records:      make([]recordJSON, len(h.Records)),
		Pages:        h.Pages, OtherWriter: h.OtherWriter,
		Damaged: h.Damaged, NotUnderstood: h.NotUnderstood,
		Unread:    make([]string, len(h.Unread)),
		OldestDay: h.OldestDay.String(), NewestDay: h.NewestDay.String(),
	}
	for name, v := range h.Installation {
		out.Installation[name] = v.Any()
	}
	for _, d := range h.DamagedOn {
		out.DamagedOn = append(out.DamagedOn, d.String())
	}
	for i := range h.Records {
		out.Records[i] = h.Records[i].json()
	}
	for i, m := range h.Unread {
		out.Unread[i] = m.String()
	}
	return json.Marshal(out)
}

func (r *Record) json() recordJSON {
	labels := make(map[string]string, len(r.Labels))
	for _, l := range r.Labels {
		labels[l.Name] = l.Value
	}
	return recordJSON{
		Time:   time.Unix(r.Time, 0).UTC().Format(time.RFC3339),
		Metric: r.Metric, Category: r.Category,
		Product: r.Product.Name, Version: r.Product.Version,
		Value: r.Value.Any(), Count: r.Count, Unit: r.Unit, Labels: labels, OtherWriter: r.OtherWriter,
	}
}
