package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/tacit-telemetry/tacit/schema"
)

// MaxAsks bounds one question.
const MaxAsks = 1024

// MaxQuestionLen is the length of the longest question, in bytes.
const MaxQuestionLen = questionHeaderLen + MaxAsks*askLen

const (
	version           = 1
	questionHeaderLen = 1 + 2
	askLen            = 4 + 16
	frameHeaderLen    = 1 + 4 + 4
	maxRowLen         = 128 << 10 // a page fits an envelope, which is smaller
)

// ErrForm is wrapped by every parser's error: the bytes do not have the form.
var ErrForm = errors.New("wrong form")

// ErrCut is wrapped beside [ErrForm] where an answer has no end: whoever wrote it
// died, or gave up. Ask again.
var ErrCut = errors.New("it is cut off")

// Kinds of frames.
const (
	frameRow    = 1
	frameUnread = 2
	frameEnd    = 3
)

// MarshalAsks returns the question for asks, at most MaxAsks of them.
func MarshalAsks(asks []Ask) []byte {
	b := make([]byte, 0, questionHeaderLen+len(asks)*askLen)
	b = append(b, version)
	b = binary.BigEndian.AppendUint16(b, uint16(len(asks)))
	for _, a := range asks {
		b = append(b, a.Day.Bytes()...)
		b = append(b, a.Tag[:]...)
	}
	return b
}

// ParseAsks reads a question. One without tags asks only whether anybody is
// there. Errors wrap [ErrForm].
func ParseAsks(b []byte) ([]Ask, error) {
	if len(b) < questionHeaderLen || b[0] != version {
		return nil, fmt.Errorf("parse question of %d bytes: %w", len(b), ErrForm)
	}
	count := int(binary.BigEndian.Uint16(b[1:]))
	if count > MaxAsks || len(b) != questionHeaderLen+count*askLen {
		return nil, fmt.Errorf("parse question: %w: %d tags in %d bytes", ErrForm, count, len(b))
	}
	asks := make([]Ask, count)
	for i := range asks {
		one := b[questionHeaderLen+i*askLen:]
		asks[i].Day = schema.Day(binary.BigEndian.Uint32(one))
		copy(asks[i].Tag[:], one[4:])
	}
	return asks, nil
}

// AnswerWriter writes an answer.
type AnswerWriter struct {
	w      io.Writer
	frames uint32
}

// NewAnswerWriter returns a writer to w.
func NewAnswerWriter(w io.Writer) *AnswerWriter { return &AnswerWriter{w: w} }

// Row writes one page.
func (a *AnswerWriter) Row(f Found) error { return a.frame(frameRow, uint32(f.Index), f.Page) }

// End writes the months that could not be read, and the end.
func (a *AnswerWriter) End(unread []schema.Month) error {
	for _, m := range unread {
		if err := a.frame(frameUnread, uint32(m), nil); err != nil {
			return err
		}
	}
	return a.frame(frameEnd, a.frames, nil)
}

func (a *AnswerWriter) frame(kind byte, value uint32, payload []byte) error {
	b := make([]byte, 0, frameHeaderLen+len(payload))
	b = append(b, kind)
	b = binary.BigEndian.AppendUint32(b, value)
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	a.frames++
	_, err := a.w.Write(append(b, payload...))
	return err
}

// ReadAnswer reads the answer to a question with asks tags, calls each for
// every page, and returns the months that could not be read. Errors wrap
// [ErrForm], are the reader's, or each's own.
func ReadAnswer(r io.Reader, asks int, each func(Found) error) (unread []schema.Month, err error) {
	for frames := uint32(0); ; frames++ {
		kind, value, payload, err := readFrame(r)
		if err != nil {
			return unread, fmt.Errorf("read answer: %w", err)
		}
		switch {
		case kind == frameRow && int64(value) < int64(asks):
			if err := each(Found{Index: int(value), Page: payload}); err != nil {
				return unread, err
			}
		case kind == frameUnread && len(unread) < MaxAsks && len(payload) == 0:
			unread = append(unread, schema.Month(value))
		case kind == frameEnd && value == frames && len(payload) == 0:
			return unread, nil
		default:
			return unread, fmt.Errorf("read answer: %w: frame %d", ErrForm, frames)
		}
	}
}

func readFrame(r io.Reader) (kind byte, value uint32, payload []byte, err error) {
	var head [frameHeaderLen]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, nil, cutOff(err)
	}
	n := binary.BigEndian.Uint32(head[5:])
	if n > maxRowLen {
		return 0, 0, nil, fmt.Errorf("%w: a frame of %d bytes", ErrForm, n)
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, 0, nil, cutOff(err)
	}
	return head[0], binary.BigEndian.Uint32(head[1:]), payload, nil
}

// cutOff makes an early end an error of form.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrForm, ErrCut)
	}
	return err
}
