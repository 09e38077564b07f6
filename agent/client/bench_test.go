package client

import (
	"os"
	"testing"
	"time"
)

// room is a client whose ring always has room, as the agent leaves it that
// empties it in time.
func room(b *testing.B) (c *Client, empty func(i int)) {
	b.Helper()
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		b.Fatal(err)
	}
	c = New(Config{Product: "finder", Version: "5.3.1", Dir: dir, Getenv: func(string) string { return "" }})
	b.Cleanup(func() {
		c.Close()
		_ = os.RemoveAll(dir)
	})
	return c, func(i int) {
		if i%(ringLen-1) == 0 {
			c.mu.Lock()
			c.n = 0
			c.mu.Unlock()
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	c, empty := room(b)
	used := c.Counter("menu.used", Label{Name: "menu", Value: "open"})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		used.Add(1)
		empty(i)
	}
}

func BenchmarkObserve(b *testing.B) {
	c, empty := room(b)
	took := c.Timer("open.time")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		took.Observe(time.Millisecond)
		empty(i)
	}
}
