package remote

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/store/daybook"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// grant returns the grant of a code that lives.
func (s *Service) grant(body []byte) answer {
	if len(body) != len(page.Tag{}) {
		return deny("the question for a grant does not have the form")
	}
	g, found, err := s.cfg.Book.Find(page.Tag(body))
	switch {
	case errors.Is(err, daybook.ErrClock):
		return deny(err.Error())
	case err != nil:
		return s.troubled("find a grant", err)
	case !found:
		return answer{status: none}
	}
	return answer{ok, g.Marshal()}
}

// note keeps a note. Only then does the lookup get pages.
func (s *Service) note(r *running, body []byte) answer {
	l, err := page.ParseLetter(body)
	if err != nil {
		return deny("the note does not have the form")
	}
	switch err := s.cfg.Book.Leave(l); {
	case errors.Is(err, daybook.ErrDay), errors.Is(err, daybook.ErrFull):
		return deny(err.Error())
	case err != nil:
		return s.troubled("leave a note", err)
	}
	r.noted = true
	return answer{status: ok}
}

// errFull ends an answer that holds as much as a message does.
var errFull = errors.New("the answer is full")

// maxRows is how many bytes of rows an answer takes; one row more fits it.
const maxRows = 512 << 10

// pages tells as many pages as a message holds, and where to go on.
func (s *Service) pages(ctx context.Context, r *running, body []byte) answer {
	from, asks, err := parsePages(body)
	switch {
	case err != nil:
		return deny("the question for pages does not have the form")
	case !r.noted:
		return deny("no note was left for the host: leave one first")
	}
	sorted, index := byMonth(asks)
	var rows bytes.Buffer
	out, next := pages.NewAnswerWriter(&rows), place{index: len(asks)}
	at := place{index: from.index} // of the row that comes
	unread, err := s.cfg.Pages.Get(ctx, sorted[from.index:], func(f pages.Found) error {
		if f.Index += from.index; f.Index != at.index {
			at = place{index: f.Index}
		}
		if at.index == from.index && at.skip < from.skip {
			at.skip++
			return nil
		}
		if rows.Len() > 0 && rows.Len()+len(f.Page) > maxRows {
			next = at
			return errFull
		}
		at.skip++
		f.Index = index[f.Index]
		return out.Row(f)
	})
	if err == nil || errors.Is(err, errFull) {
		err = out.End(unread)
	}
	if err != nil {
		return s.troubled("find pages", err)
	}
	return answer{ok, append(next.append(nil), rows.Bytes()...)}
}

// byMonth puts asks into the order in which [pages.Pages.Get] reads them, which is
// what a place counts by, and returns the index that each had.
func byMonth(asks []pages.Ask) (sorted []pages.Ask, index []int) {
	for i := range asks {
		index = append(index, i)
	}
	slices.SortStableFunc(index, func(a, b int) int { return cmp.Compare(asks[a].Day.Month(), asks[b].Day.Month()) })
	for _, i := range index {
		sorted = append(sorted, asks[i])
	}
	return sorted, index
}

// told is the population as it was told last, which is the same for everybody for
// a while.
type told struct {
	mu   sync.Mutex
	of   *insights.Population
	data []byte
}

// population tells a part of what all installations add up to. A lookup hears one
// and the same to its end.
func (s *Service) population(ctx context.Context, r *running, body []byte) answer {
	if len(body) != 4 {
		return deny("the question for the population does not have the form")
	}
	offset := binary.BigEndian.Uint32(body)
	if offset == 0 {
		p, err := s.cfg.Population(ctx)
		if err == nil {
			r.all, err = s.told.bytes(p)
		}
		if err != nil {
			return s.troubled("gather what all installations add up to", err)
		}
	}
	if uint64(offset) > uint64(len(r.all)) {
		return deny("the population has no such part")
	}
	data := binary.BigEndian.AppendUint32(nil, uint32(len(r.all)))
	part := r.all[offset:]
	return answer{ok, append(data, part[:min(len(part), maxRows)]...)}
}

// maxPopulation bounds the population, in bytes of gzip; and of JSON, for who
// opens it.
const (
	maxPopulation     = 16 << 20
	maxPopulationJSON = 256 << 20
)

func (t *told) bytes(p *insights.Population) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == p {
		return t.data, nil
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(p), z.Close()); err != nil {
		return nil, err
	}
	if b.Len() > maxPopulation {
		return nil, errors.New("it is too long for NATS")
	}
	t.of, t.data = p, b.Bytes()
	return t.data, nil
}

func (s *Service) troubled(doing string, err error) answer {
	s.cfg.Logger.Error("answer an engineer: "+doing, slog.Any("error", err))
	return answer{status: trouble}
}
