package follow

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

const (
	maxEntry   = 64 << 10 // bytes of an entry of the journal, which has more than its message
	firstPause = time.Second
	lastPause  = time.Minute
)

// readJournal reads the unit until ctx ends, through a process that is started
// again when it ends.
func (s *source) readJournal(ctx context.Context, command string) {
	for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, lastPause) {
		began := time.Now()
		err := s.readOnce(ctx, command)
		if ctx.Err() != nil {
			return
		}
		s.trouble("the journal is not read: " + bareCommand(err))
		if time.Since(began) > lastPause {
			pause = firstPause
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// bareCommand says why the command ended, without where it lies.
func bareCommand(err error) string {
	switch _, ended := errors.AsType[*exec.ExitError](err); {
	case errors.Is(err, exec.ErrNotFound):
		return "there is no journalctl here"
	case ended, err == nil:
		return "journalctl ended"
	}
	return "journalctl could not be started"
}

// readOnce reads the unit through one process, from now on. Of an entry only the
// message is asked for.
func (s *source) readOnce(ctx context.Context, command string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := exec.CommandContext(ctx, command,
		"--follow", "--lines=0", "--quiet", "--no-pager", "--output=json", "--output-fields=MESSAGE", "--unit="+s.log.Unit)
	c.Env = []string{"LC_ALL=C"}
	c.WaitDelay = time.Second
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	err = s.entries(out)
	cancel()
	return errors.Join(err, c.Wait())
}

// entries reads entries, one a line, until r ends.
func (s *source) entries(r io.Reader) error {
	in := bufio.NewReaderSize(r, maxEntry)
	for {
		entry, err := in.ReadSlice('\n')
		switch {
		case err == nil && s.spend(len(entry)):
			s.entry(entry)
		case errors.Is(err, bufio.ErrBufferFull):
			s.long()
			err = toLineFeed(in)
		}
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
	}
}

// toLineFeed leaves out the rest of a line.
func toLineFeed(in *bufio.Reader) error {
	for {
		if _, err := in.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// entry takes the lines of an entry's message. It is a text, or its bytes as
// numbers when it is none, or null when it is too long.
func (s *source) entry(b []byte) {
	var e struct {
		Message json.RawMessage `json:"MESSAGE"`
	}
	var (
		text string
		raw  []byte
	)
	switch err := json.Unmarshal(b, &e); {
	case err != nil || len(e.Message) == 0:
		return // it has no message
	case string(e.Message) == "null":
		s.long()
	case json.Unmarshal(e.Message, &text) == nil:
		s.takeAll([]byte(text))
	case json.Unmarshal(e.Message, &raw) == nil:
		s.takeAll(raw)
	}
}

// takeAll takes each line of a message.
func (s *source) takeAll(message []byte) {
	for line := range bytes.SplitSeq(message, []byte("\n")) {
		s.take(line)
	}
}
