package client

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
)

// Code is a registered code of a failure. It is an error itself, so that the
// product can return or wrap it.
type Code string

// Error returns the code.
func (c Code) Error() string { return string(c) }

// Code returns the code: any error that has such a method is reported by it.
func (c Code) Code() string { return string(c) }

// Codes of failures that name none themselves. Register them where they are
// wanted.
const (
	codePanic = "panic" // by Recover
	codeCrash = "crash" // by MonitorCrashes
	codeOther = "other" // an error without a name
)

// Error reports a failure: the registered code of err or of what it wraps, that
// is what its method Code() string returns, or else the name of its Go type as
// OpenTelemetry writes it, such as *fs.PathError; and where in the product's own code it was reported.
// Never a message, a value or a path. A nil err is no failure.
func (c *Client) Error(err error, labels ...Label) {
	if c != nil {
		c.ErrorAt(1, c.config.ErrorMetric, err, labels...)
	}
}

// ErrorAt reports a failure of another metric than Config's as [Client.Error]
// does, leaving out skip callers: for functions that wrap it, as the generated
// ones do.
func (c *Client) ErrorAt(skip int, metric string, err error, labels ...Label) {
	if c != nil && err != nil {
		c.fail(metric, codeOf(err), c.callers(skip+1), labels)
	}
}

// Recover reports a panic and lets it go on: the registered code of the error
// that the product panicked with, or else "panic". Defer it in main, and first
// in each goroutine that is to be watched:
//
//	defer c.Recover()
//
// It hands over as [Client.Close] does, since the program may end now. A
// program with [Client.MonitorCrashes] needs it only where panics are caught.
func (c *Client) Recover() {
	if c == nil {
		return // the panic goes on by itself
	}
	v := recover()
	if v == nil {
		return
	}
	c.fail(c.config.ErrorMetric, panicCode(v), c.callers(1), nil)
	c.flush(context.Background(), closeTimeout)
	panic(v)
}

// fail reports a failure.
func (c *Client) fail(metric, code, frames string, labels []Label) {
	c.add(newSeries(metric, slices.Concat(labels, []Label{{Name: "frames", Value: frames}})), 0, code)
}

// panicCode returns the code of what was panicked with.
func panicCode(v any) string {
	if err, ok := v.(error); ok {
		return guarded(codePanic, func() string { return registered(err) })
	}
	return codePanic
}

// codeOf returns the code of an error or the name of its type.
func codeOf(err error) string {
	return guarded(codeOther, func() string { return cmp.Or(registered(err), typeName(err)) })
}

// guarded calls methods of the product's own errors: that one of them panics is
// no reason for this package to.
func guarded(otherwise string, name func() string) (code string) {
	defer func() {
		if recover() != nil {
			code = otherwise
		}
	}()
	return cmp.Or(name(), otherwise)
}

// registered returns what the first error in the tree that has a code says of
// itself, or "".
func registered(err error) string {
	var coded interface{ Code() string }
	if !errors.As(err, &coded) {
		return ""
	}
	return coded.Code()
}

// typeName names the type of the first error in the tree that has one to speak
// of, or returns "": the wrappers of packages fmt and errors say nothing.
func typeName(err error) string {
	for ; err != nil; err = within(err) {
		named := reflect.TypeOf(err)
		if named.Kind() == reflect.Pointer {
			named = named.Elem()
		}
		if in := named.PkgPath(); named.Name() == "" || in == "fmt" || in == "errors" {
			continue
		}
		// Without type arguments, which have import paths in them.
		name, _, _ := strings.Cut(reflect.TypeOf(err).String(), "[")
		return name
	}
	return ""
}

// within returns what an error wraps, the first of several.
func within(err error) error {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return e.Unwrap()
	case interface{ Unwrap() []error }:
		if all := e.Unwrap(); len(all) > 0 {
			return all[0]
		}
	}
	return nil
}
