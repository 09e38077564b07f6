package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Offered is one record that a product offers.
type Offered struct {
	Metric string            `json:"metric"`
	Time   int64             `json:"time,omitempty"`
	Value  any               `json:"value"`
	Labels map[string]string `json:"labels,omitempty"`
}

// Answer is what the agent said to one offered record.
type Answer struct{ Status, Reason string }

// Accepted says whether the agent vouches for the record.
func (a Answer) Accepted() bool { return a.Status == "accepted" }

// ProductVersion is the version that products of tests report with.
const ProductVersion = "0.1.0"

// Offer offers records to the agent that runs on dir, as Tacit's own product
// does. With an error, or a status that is not 200, nothing was confirmed.
func Offer(ctx context.Context, dir string, records ...Offered) ([]Answer, error) {
	return OfferAs(ctx, dir, "tacit", ProductVersion, records)
}

// OfferAs is Offer for another product, or another version of it.
func OfferAs(ctx context.Context, dir, product, version string, records []Offered) ([]Answer, error) {
	body := map[string]any{"product": map[string]string{"name": product, "version": version}, "records": records}
	status, answer, err := API(ctx, dir, http.MethodPost, "/v1/records", body)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("the agent answered %d: %s", status, answer)
	}
	var out struct{ Results []Answer }
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, err
	}
	if len(out.Results) != len(records) {
		return nil, fmt.Errorf("%d answers to %d records", len(out.Results), len(records))
	}
	return out.Results, nil
}

// Took is a timed operation of Tacit that lasted so many microseconds: a record
// that a test can tell from every other by its value.
func Took(us int64) Offered {
	return Offered{Metric: "tacit.operation.duration", Value: us, Labels: map[string]string{"operation": "spool"}}
}
