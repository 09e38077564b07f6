package insights

// Population is what all installations add up to, metric by metric, by version
// of the product: of the last [PopulationDays] days. It is the same for whoever
// asks.
type Population struct {
	Answers []Answer `json:"answers"` // by metric
}

// PopulationDays is how many days a population is of.
const PopulationDays = 30

// Of returns what there is of a metric. Its cells have one facet, the version,
// in ascending order.
func (p *Population) Of(metric string) (Answer, bool) {
	for _, a := range p.Answers {
		if a.Metric == metric {
			return a, true
		}
	}
	return Answer{}, false
}
