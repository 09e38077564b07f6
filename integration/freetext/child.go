package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// binary returns the command to measure, built from this tree unless it is
// named, and what removes it again.
func binary(ctx context.Context, named string) (path string, remove func(), err error) {
	if named != "" {
		return named, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "tacit-bin")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	c := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", dir, "github.com/tacit-telemetry/tacit/cmd/tacit")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := c.CombinedOutput(); err != nil {
		remove()
		return "", nil, fmt.Errorf("build tacit: %w: %s", err, text)
	}
	return filepath.Join(dir, "tacit"), remove, nil
}

// scrub gives the texts of lines to the command and returns the lines it prints.
func scrub(ctx context.Context, binary string, lines []line) ([]string, error) {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.text
	}
	return scrubTexts(ctx, binary, texts)
}

func scrubTexts(ctx context.Context, binary string, texts []string) ([]string, error) {
	if len(texts) == 0 {
		return nil, errors.New("there is no line of data: name a folder with *.jsonl files")
	}
	c := exec.CommandContext(ctx, binary, "scrub")
	c.Stdin = strings.NewReader(strings.Join(texts, "\n") + "\n")
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("tacit scrub: %w: %s", err, &errs)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), nil
}

// changedAgain scrubs what came out, and counts the lines that change.
func changedAgain(ctx context.Context, binary string, outs []string) (n int, err error) {
	again, err := scrubTexts(ctx, binary, outs)
	if err != nil {
		return 0, err
	}
	for i, out := range outs {
		if i >= len(again) || again[i] != out {
			n++
		}
	}
	return n, nil
}
