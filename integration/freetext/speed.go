package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"
)

// speed is how long a child took.
type speed struct {
	bytes     int
	wall, cpu time.Duration
}

// String says how much went through in a second of the clock, and in one of the
// processor: the two differ where the machine has other work.
func (s speed) String() string {
	if s.bytes == 0 {
		return "not measured"
	}
	mb := float64(s.bytes) / 1e6
	return fmt.Sprintf("%.1f MB/s (%.1f MB a second of processor)", mb/s.wall.Seconds(), mb/s.cpu.Seconds())
}

// throughput gives the child a file of at least size bytes, the lines again and
// again in random order, and one core. A size of 0 measures nothing.
func throughput(ctx context.Context, binary string, lines []line, size int) (s speed, err error) {
	if size == 0 {
		return s, nil
	}
	f, err := os.CreateTemp("", "tacit-text")
	if err != nil {
		return s, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if s.bytes, err = fill(f, lines, size); err != nil {
		return s, fmt.Errorf("write the file to measure with: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return s, err
	}
	c := exec.CommandContext(ctx, binary, "scrub")
	c.Env = append(os.Environ(), "GOMAXPROCS=1")
	c.Stdin = f // and no output: nobody else's work is measured
	start := time.Now()
	if err := c.Run(); err != nil {
		return s, fmt.Errorf("tacit scrub: %w", err)
	}
	s.wall = time.Since(start)
	s.cpu = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return s, nil
}

// fill writes whole lines until there are size bytes, always in the same order.
func fill(f io.Writer, lines []line, size int) (n int, err error) {
	random := rand.New(rand.NewPCG(6, 0))
	w := bufio.NewWriter(f)
	for n < size {
		m, err := w.WriteString(lines[random.IntN(len(lines))].text + "\n")
		if err != nil {
			return n, err
		}
		n += m
	}
	return n, w.Flush()
}
