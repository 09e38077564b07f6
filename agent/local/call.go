package local

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// api answers requests for one agent, within bounds that all of them share.
type api struct {
	agent   Agent
	rates   *rates
	room    *room
	refused *tally
}

// call is one request on its way through the API.
type call struct {
	*api
	who  caller
	w    http.ResponseWriter
	r    *http.Request
	took int // bytes of the room
}

// document is an answer that is there already, in YAML.
type document []byte

// serve lets a route answer each request of callers who may ask.
func (a *api) serve(do func(*call) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{api: a, who: callerOf(r.Context()), w: w, r: r}
		defer func() { a.room.give(c.who, c.took) }()
		out, err := any(nil), a.rates.ask(rated{caller: c.who})
		if err == nil {
			a.rates.charge(rated{caller: c.who}, requestCost)
			out, err = do(c)
		}
		if err != nil {
			c.refuse(refusalOf(err))
			return
		}
		c.write(http.StatusOK, out)
	})
}

// maxUnread is how much of a body that is not wanted is read all the same.
const maxUnread = 16 << 20

// refuse counts a refusal and answers it. What is left of the body is read and
// forgotten first: many clients send all of it before they look at the answer,
// and would only see that the connection broke.
func (c *call) refuse(why refusal) {
	_, _ = io.CopyN(io.Discard, c.r.Body, maxUnread) // it may break off, or be too slow: the answer is the same
	if why.reason != "" {
		c.refused.add(why.reason)
	}
	if why.after > 0 {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(why.after/time.Second)))
	}
	c.write(why.code, why.says)
}

func (c *call) write(code int, out any) {
	b, ok := out.(document)
	kind := "application/yaml"
	if !ok {
		var err error
		if b, err = json.Marshal(out); err != nil {
			http.Error(c.w, `{"error":"answer cannot be written"}`, http.StatusInternalServerError)
			return
		}
		b, kind = append(b, '\n'), "application/json"
	}
	c.w.Header().Set("Content-Type", kind)
	c.w.WriteHeader(code)
	_, _ = c.w.Write(b) // the caller went away: nobody to tell
}

// body reads a body of bounded length into memory that is bounded for all
// callers together.
func (c *call) body() (b []byte, err error) {
	defer func() { c.rates.charge(rated{caller: c.who}, len(b)) }()
	size := c.r.ContentLength
	if size > MaxBody {
		return nil, &http.MaxBytesError{Limit: MaxBody}
	}
	in := http.MaxBytesReader(c.w, c.r.Body, MaxBody)
	if size < 0 {
		return c.unsized(in)
	}
	if size > freeBody && !c.takes(int(size)) {
		return nil, errBusy
	}
	b = make([]byte, size)
	_, err = io.ReadFull(in, b)
	return b, err
}

// unsized reads a body of which nobody said how long it is.
func (c *call) unsized(in io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(in, freeBody+1))
	if err != nil || len(b) <= freeBody {
		return b, err
	}
	if !c.takes(MaxBody) {
		return nil, errBusy
	}
	rest, err := io.ReadAll(in)
	return append(b, rest...), err
}

// takes takes room that is given back when the request is answered.
func (c *call) takes(bytes int) bool {
	if !c.room.take(c.who, bytes) {
		return false
	}
	c.took += bytes
	return true
}
