package local

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"strconv"
)

// openAPI describes all of this for programs and people of other languages.
//
//go:embed openapi.yaml
var openAPI []byte

// route is what one method and path do.
type route struct {
	method, path string
	do           func(*call) (any, error)
}

func routes() []route {
	return []route{
		{http.MethodPost, "/v1/records", takeRecords},
		{http.MethodPost, "/v1/never", takeNever},
		{http.MethodGet, "/v1/installation", func(c *call) (any, error) { return c.agent.Installation(), nil }},
		{http.MethodPost, "/v1/installation/reset", func(c *call) (any, error) { return c.agent.ResetID(c.r.Context()) }},
		{http.MethodPost, "/v1/erase", func(c *call) (any, error) { return c.agent.Erase(c.r.Context()) }},
		{http.MethodGet, "/v1/erase", func(c *call) (any, error) { return c.agent.Erasure(), nil }},
		{http.MethodPost, "/v1/support", supportCode},
		{http.MethodPost, "/v1/support/revoke", func(c *call) (any, error) { return c.agent.RevokeCodes(c.r.Context()) }},
		{http.MethodPost, "/v1/lookups", lookups},
		{http.MethodPost, "/v1/debug", debug},
		{http.MethodGet, "/v1/why", func(c *call) (any, error) { return c.agent.Why(), nil }},
		{http.MethodPost, "/v1/participation", participate},
		{http.MethodGet, "/v1/preview", func(c *call) (any, error) { return c.agent.Preview() }},
		{http.MethodPost, "/v1/send", func(c *call) (any, error) { return c.agent.Send(c.r.Context()), nil }},
		{http.MethodGet, "/v1/outbox", func(c *call) (any, error) { return c.agent.Outbox() }},
		{http.MethodGet, "/v1/outbox/verify", func(c *call) (any, error) { return c.agent.OutboxVerify() }},
		{http.MethodGet, "/v1/outbox/{number}", outboxEntry},
		{http.MethodGet, "/v1/status", status},
		{http.MethodGet, "/v1/openapi.yaml", func(*call) (any, error) { return document(openAPI), nil }},
	}
}

// Handler returns the API's routes. All callers have one allowance together
// where no [Server] tells them apart.
func Handler(a Agent) http.Handler {
	return (&api{agent: a, rates: newRates(ratePerSecond, rateBurst), room: newRoom(), refused: new(tally)}).handler()
}

func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes() {
		mux.Handle(r.method+" "+r.path, a.serve(r.do))
	}
	mux.Handle("/", a.serve(func(*call) (any, error) { return nil, errNoRoute }))
	return mux
}

func takeRecords(c *call) (any, error) {
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	req, err := readRecords(body)
	if err != nil {
		return nil, err
	}
	// A product that starts again and again is another process each time.
	product := rated{product: req.product.Name}
	if err := c.rates.ask(product); err != nil {
		return nil, err
	}
	c.rates.charge(product, requestCost+len(body))
	// Whoever ends right after it has sent does not wait for the answer.
	got, err := c.agent.Take(context.WithoutCancel(c.r.Context()), req.records, req.quiet)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	out := Results{Results: make([]Result, len(got))}
	for i, g := range got {
		out.Results[i] = Result{Status: Dropped, Reason: g.Reason}
		if g.Accepted {
			out.Results[i] = Result{Status: Accepted}
		}
	}
	return out, nil
}

func takeNever(c *call) (any, error) {
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	values, err := readNever(body)
	if err != nil {
		return nil, err
	}
	return Taken{Taken: c.agent.Never(values...)}, nil
}

func participate(c *call) (any, error) {
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	how, err := readParticipate(body)
	if err != nil {
		return nil, err
	}
	return c.agent.Participate(c.r.Context(), how)
}

func supportCode(c *call) (any, error) {
	n, err := c.number("days")
	if err != nil {
		return nil, err
	}
	return c.agent.SupportCode(c.r.Context(), SupportOrder{Days: n})
}

func lookups(c *call) (any, error) {
	n, err := c.number("days")
	if err != nil {
		return nil, err
	}
	return c.agent.Lookups(c.r.Context(), LookupsOrder{Days: n})
}

func debug(c *call) (any, error) {
	n, err := c.number("minutes")
	if err != nil {
		return nil, err
	}
	return c.agent.Debug(c.r.Context(), DebugOrder{Minutes: n})
}

// number reads a body with one whole number.
func (c *call) number(name string) (int, error) {
	body, err := c.body()
	if err != nil {
		return 0, err
	}
	return readNumber(body, name)
}

func outboxEntry(c *call) (any, error) {
	n, err := strconv.ParseUint(c.r.PathValue("number"), 10, 64)
	if err != nil {
		return nil, &Problem{Message: "the entry's number is not a number", Hint: "GET /v1/outbox lists them"}
	}
	return c.agent.OutboxEntry(n)
}

func status(c *call) (any, error) {
	out := c.agent.Status()
	out.RequestsRefused = c.refused.all()
	return out, nil
}
