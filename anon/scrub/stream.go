package scrub

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Stream scrubs r's lines to w, one for one and in order, in constant memory,
// until r ends. What is scrubbed is written as soon as reading would wait. The
// last line needs no line feed and gets none. A carriage return before the
// line feed is dropped.
//
// When ctx is done Stream returns its error after the line it is at; a read
// that waits is ended if r has a read deadline (as files on pipes have), and
// otherwise when the caller closes r.
func (s *Scrubber) Stream(ctx context.Context, r io.Reader, w io.Writer) error {
	if d, ok := r.(interface{ SetReadDeadline(t time.Time) error }); ok {
		stop := context.AfterFunc(ctx, func() { _ = d.SetReadDeadline(time.Unix(1, 0)) })
		defer stop()
	}
	p := &pass{facts: make(facts, streamFacts)}
	l := liner{in: bufio.NewReaderSize(r, 64<<10), out: bufio.NewWriterSize(w, 64<<10)}
	for ctx.Err() == nil {
		if err := l.next(); len(l.lines) == 0 {
			return l.end(ctx, err)
		}
		if err := s.batch(ctx, p, &l); err != nil {
			return err
		}
	}
	return l.end(ctx, nil)
}

// batch scrubs the lines that were read. All are prepared before the first is
// judged: what either does stays in the processor's caches.
func (s *Scrubber) batch(ctx context.Context, p *pass, l *liner) error {
	for i := range l.lines {
		l.lines[i].text = s.prepared(strings.TrimSuffix(l.lines[i].text, "\r"))
	}
	for i := 0; i < len(l.lines) && ctx.Err() == nil; i++ {
		s.judge(p, l.lines[i].text)
		if l.lines[i].ended {
			p.out = append(p.out, '\n')
		}
		if _, err := l.out.Write(p.out); err != nil {
			return fmt.Errorf("write scrubbed line: %w", err)
		}
	}
	return nil
}

// maxBatch is how many lines are prepared before they are judged.
const maxBatch = 64

// liner reads lines of which it keeps as much as Line looks at.
type liner struct {
	in    *bufio.Reader
	out   *bufio.Writer
	whole string // lines that are here up to their line feed
	lines []taken
	line  []byte
}

// taken is a line that was read, and whether a line feed ended it.
type taken struct {
	text  string
	ended bool
}

// next takes the lines that are here, as many as one batch has, or waits for one.
// At the end there is none and the error says why.
func (l *liner) next() error {
	l.lines = l.lines[:0]
	if l.whole == "" {
		l.fill()
	}
	for l.whole != "" && len(l.lines) < maxBatch {
		var text string
		text, l.whole, _ = strings.Cut(l.whole, "\n")
		l.lines = append(l.lines, taken{text, true})
	}
	if len(l.lines) > 0 {
		return nil
	}
	text, ended, err := l.long()
	if err == nil || errors.Is(err, io.EOF) && text != "" {
		l.lines = append(l.lines, taken{text, ended})
	}
	return err
}

// fill takes all lines that are here, so that they are copied once for all.
func (l *liner) fill() {
	here, _ := l.in.Peek(l.in.Buffered())
	n := bytes.LastIndexByte(here, '\n') + 1
	l.whole = string(here[:n])
	_, _ = l.in.Discard(n)
}

// long reads a line that is not here yet.
func (l *liner) long() (line string, ended bool, err error) {
	l.line = l.line[:0]
	for {
		if err := l.flush(); err != nil {
			return "", false, err
		}
		piece, err := l.in.ReadSlice('\n')
		ended = err == nil
		if ended {
			piece = piece[:len(piece)-1]
		}
		l.line = append(l.line, piece[:min(len(piece), maxRead+2-len(l.line))]...)
		if ended || !errors.Is(err, bufio.ErrBufferFull) {
			return string(l.line), ended, err
		}
	}
}

// flush writes out what is scrubbed, since reading may wait.
func (l *liner) flush() error {
	if l.out.Buffered() == 0 {
		return nil
	}
	if err := l.out.Flush(); err != nil {
		return fmt.Errorf("write scrubbed lines: %w", err)
	}
	return nil
}

// end writes what is left and says why the stream ended.
func (l *liner) end(ctx context.Context, err error) error {
	flushed := l.out.Flush()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("read lines to scrub: %w", err)
	case flushed != nil:
		return fmt.Errorf("write scrubbed lines: %w", flushed)
	}
	return nil
}
