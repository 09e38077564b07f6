package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
)

//go:embed testdata
var own embed.FS

func main() {
	var c config
	flag.StringVar(&c.tacit, "tacit", "", "the binary to measure; built from this tree when left out")
	flag.IntVar(&c.megabytes, "mb", 64, "size of the file that the throughput is measured with; 0 leaves it out")
	flag.StringVar(&c.write, "write", "", "the file to write the tables into")
	flag.Parse()
	c.dir = flag.Arg(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, c, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		stop()
		os.Exit(1)
	}
}

// config is what the command line says.
type config struct {
	dir       string // of the data; "" or absent: only the own set
	tacit     string // binary; "": built
	megabytes int    // for the throughput; 0: not measured
	write     string // file for the tables; "": none
}

// errMissed says that a figure is worse than it must be.
var errMissed = errors.New("a figure is worse than it must be: see MISSED in the first table")

// run measures both sets and prints their tables.
func run(ctx context.Context, c config, to io.Writer) error {
	binary, remove, err := binary(ctx, c.tacit)
	if err != nil {
		return err
	}
	defer remove()
	var doc strings.Builder
	to = io.MultiWriter(to, &doc)
	missed := false
	if info, err := os.Stat(c.dir); err != nil || !info.IsDir() {
		c.write = ""
		fmt.Fprintf(to, "No data in %q: its table is left out, and nothing is written. Name the folder as the argument, or as DATA of make text.\n\n", c.dir)
	} else {
		if missed, err = measure(ctx, c, binary, "Development data", os.DirFS(c.dir), to); err != nil {
			return err
		}
		c.megabytes = 0 // once is enough
	}
	set, err := fs.Sub(own, "testdata")
	if err != nil {
		return err
	}
	if _, err := measure(ctx, c, binary, "Own set", set, to); err != nil {
		return err
	}
	if c.write != "" {
		if err := writeTables(ctx, c.write, doc.String()); err != nil {
			return err
		}
	}
	if missed {
		return errMissed
	}
	return nil
}

// measure scrubs one set, prints its table, and says whether a figure is worse
// than it must be.
func measure(ctx context.Context, c config, binary, title string, set fs.FS, to io.Writer) (bool, error) {
	lines, err := load(set)
	if err != nil {
		return false, err
	}
	outs, err := scrub(ctx, binary, lines)
	if err != nil {
		return false, err
	}
	sums := newSums(lines)
	for i := range min(len(lines), len(outs)) {
		sums.add(&lines[i], outs[i])
	}
	if sums.again, err = changedAgain(ctx, binary, outs); err != nil {
		return false, err
	}
	sums.linesIn, sums.linesOut = len(lines), len(outs)
	if sums.speed, err = throughput(ctx, binary, lines, c.megabytes*1_000_000); err != nil {
		return false, err
	}
	rows := sums.rows()
	_, err = fmt.Fprintf(to, "## %s\n\n%d lines.\n\n%s\n", title, len(lines), table(rows))
	return anyMissed(rows), err
}
