package insights

// Question asks for one metric.
type Question struct {
	Metric string
	By     []string // facets of one roll-up of the metric, in any order; none: all together
	Days   int      // the last ones, today among them; 1 to MaxDays
}

// Answer is what there is of one metric.
type Answer struct {
	Metric string   `json:"metric"`
	Unit   string   `json:"unit,omitempty"`
	By     []string `json:"by"`
	From   string   `json:"from"` // the first day, as in 2026-11-21
	To     string   `json:"to"`   // the last
	// Counted is what Series.Events counts: "events", or "installations" of what holds
	// and is counted once a day.
	Counted string `json:"counted"`
	// Bounds are those of the metric's buckets, in Unit; empty: it has none.
	Bounds []int64 `json:"bounds,omitempty"`
	// Cells are in the order of their facets, versions as numbers.
	Cells     []Cell `json:"cells"`
	Simulated bool   `json:"simulated,omitempty"` // the store is a demo's: whoever asked sets it
}

// Cell is one combination of facet values.
type Cell struct {
	Facets []string `json:"facets"` // values, in the order of Answer.By
	// Fewer is not 0 when there are fewer installations than that: then nothing
	// else is said.
	Fewer         int    `json:"fewer_than,omitempty"`
	Installations uint64 `json:"installations,omitempty"` // at least so many; rounded down
	// Days is on how many days installations reported, added up; rounded.
	Days   uint64   `json:"installation_days,omitempty"`
	Series []Series `json:"series,omitempty"`
}

// Series is a metric with one set of labels within a cell. The value of a metric
// of texts is the label "value".
type Series struct {
	Labels map[string]string `json:"labels,omitempty"`
	// Fewer is not 0 when there were fewer events than that: then nothing else is
	// said.
	Fewer  int    `json:"fewer_than,omitempty"`
	Events uint64 `json:"events,omitempty"` // rounded; of configuration: installations, on the day that had most
	// Mean is the mean value in Answer.Unit, to two digits; 0 where values are not summed.
	Mean float64 `json:"mean,omitempty"`
	// Spread is nil where the metric has no buckets.
	Spread *Spread `json:"spread,omitempty"`
}

// Spread says how values are spread, in whole registered buckets.
type Spread struct {
	Median Range     `json:"median"` // the bucket that the median lies in
	Middle Range     `json:"middle"` // the buckets of the middle half
	Most   Range     `json:"most"`   // those of all but 5 in 100 at either end
	Shares []float64 `json:"shares"` // of all values, by bucket; rounded to hundredths
}

// Range is a range of values: from Low on, and below High.
type Range struct {
	Low  int64 `json:"low"`
	High int64 `json:"high,omitempty"` // 0: there is no upper bound
}

// Has says whether n lies within the range.
func (r Range) Has(n int64) bool { return n >= r.Low && (r.High == 0 || n < r.High) }
