package client_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/schema"
)

// secret stands in every message and value; it must stand in no record.
const secret = "zoe-hunter2"

type quotaError struct{ user string }

func (e quotaError) Error() string { return "quota of " + e.user }

type codedError struct{ quotaError }

func (codedError) Code() string { return "quota" }

type nilError struct{ code string }

func (e *nilError) Error() string { return secret }

func (e *nilError) Code() string { return e.code } // panics when e is nil

// holder has a type argument, whose import path is nobody's business.
type holder[T any] struct{ _ T }

func (holder[T]) Error() string { return secret }

// failures reports errors and returns their values and frames.
func failures(t *testing.T, report func(c *client.Client)) []schema.Record {
	t.Helper()
	dir, a := runDir(t), new(taker)
	serve(t, dir, local.Handler(a))
	c := newClient(t, dir)
	report(c)
	c.Flush(t.Context())
	for _, r := range a.records() {
		if strings.Contains(fmt.Sprintf("%+v", r), secret) {
			t.Errorf("%s is in %+v", secret, r)
		}
	}
	return a.records()
}

func TestErrorCodes(t *testing.T) {
	path := &fs.PathError{Op: "open", Path: "/home/" + secret, Err: syscall.ENOENT}
	for want, err := range map[string]error{
		"disk_full":               client.Code("disk_full"),
		"wrapped":                 fmt.Errorf("%s: %w", secret, client.Code("wrapped")),
		"joined":                  errors.Join(errors.New(secret), fmt.Errorf("b: %w", client.Code("joined"))),
		"quota":                   fmt.Errorf("%s: %w", secret, codedError{quotaError{secret}}),
		"*client_test.quotaError": &quotaError{secret},
		"*fs.PathError":           path,
		"*net.OpError":            fmt.Errorf("%s: %w", secret, errors.Join(&net.OpError{Op: secret, Err: path})),
		"syscall.Errno":           syscall.ENOSPC,
		"client_test.holder":      holder[codedError]{},
		"other":                   fmt.Errorf("%s: %w", secret, errors.New(secret)),
	} {
		got := failures(t, func(c *client.Client) { c.Error(err) })
		if len(got) != 1 || got[0].Value != schema.Text(want) || got[0].Metric != "fault" {
			t.Errorf("%T: %+v, want the code %s", err, got, want)
		}
	}
	odd := failures(t, func(c *client.Client) {
		c.Error((*nilError)(nil))
		c.Error(nil)
		c.Error(struct{ error }{})
		c.Error(client.Code(""))
	})
	if len(odd) != 3 || odd[0].Value.Text != "other" || odd[1].Value.Text != "other" || odd[2].Value.Text != "client.Code" {
		t.Errorf("a method that panics, no error, no type's name, an empty code: %+v", odd)
	}
}

func TestErrorAt(t *testing.T) {
	got := failures(t, func(c *client.Client) {
		wrapper := func() { c.ErrorAt(1, "other.fault", client.Code("x")) }
		wrapper()
	})
	if len(got) != 1 || got[0].Metric != "other.fault" || !strings.HasPrefix(got[0].Labels[0].Value, "github.com/tacit-telemetry/tacit/agent/client_test.TestErrorAt.func1 failure_test.go:") {
		t.Errorf("reported %+v", got)
	}
}

func TestRecover(t *testing.T) {
	for want, cause := range map[string]any{"panic": secret, "quota": codedError{quotaError{secret}}} {
		got := failures(t, func(c *client.Client) {
			defer func() {
				if v := recover(); v != cause {
					t.Errorf("%v went on, want %v", v, cause)
				}
			}()
			defer c.Recover()
			panicHere(cause)
		})
		if len(got) != 1 || got[0].Value != schema.Text(want) {
			t.Fatalf("reported %+v, want %s", got, want)
		}
		if frames := got[0].Labels[0].Value; !strings.HasPrefix(frames, "github.com/tacit-telemetry/tacit/agent/client_test.panicHere failure_test.go:") {
			t.Errorf("frames %s", frames)
		}
	}
	if got := failures(t, func(c *client.Client) { defer c.Recover() }); len(got) != 0 {
		t.Errorf("without a panic: %+v", got)
	}
}

//go:noinline
func panicHere(v any) { panic(v) }
