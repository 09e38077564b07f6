package health

import "github.com/prometheus/client_golang/prometheus"

// collector turns counts into Prometheus's. All of one look belong together,
// which one function for each number would not give.
type collector func() []Count

// Describe says nothing: which counts there are shows when they are collected.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (c collector) Collect(to chan<- prometheus.Metric) {
	for _, n := range c() {
		kind := prometheus.CounterValue
		if n.Gauge {
			kind = prometheus.GaugeValue
		}
		var labels, values []string
		if n.Label != "" {
			labels, values = []string{n.Label}, []string{n.Value}
		}
		m, err := prometheus.NewConstMetric(prometheus.NewDesc(n.Name, n.Help, labels, nil), kind, n.Number, values...)
		if err != nil {
			m = prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
		}
		to <- m
	}
}
