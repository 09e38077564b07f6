// Command finder stands for a product in the tests: it reports what one short
// session of a desktop client would, with functions that were generated from
// the example's registry, and ends with the exit code that it is told. It
// prints nothing unless it is asked for what a Help → About shows.
//
// With -searches it stands for a product that is broken instead: its user
// searches again and again, and -fail says how many of the last searches fail.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/integration/example/finder/telemetry"
)

//go:generate go run github.com/tacit-telemetry/tacit/cmd/tacit registry generate --product finder --out telemetry/telemetry.go ../../../schema/registry/example/finder.yaml ../../../schema/registry/example/engine.yaml ../../../schema/registry/example/csp.yaml ../../../schema/registry/example/survey.yaml

// version is the product's, unless it is told to be another.
const version = "5.3.1"

type options struct {
	dir, version       string
	exit               int
	searches, fail     int
	about, send, crash bool
	never, text        string
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "", "the agent's run directory; without it, the system's")
	flag.StringVar(&o.version, "version", version, "the version that it reports as")
	flag.IntVar(&o.searches, "searches", 0, "do nothing but search so often")
	flag.IntVar(&o.fail, "fail", 0, "how many of these searches fail, the last ones")
	flag.IntVar(&o.exit, "exit", 0, "the exit code")
	flag.BoolVar(&o.about, "about", false, "print the installation ID to read out")
	flag.BoolVar(&o.send, "send", false, "have the agent send at the end")
	flag.BoolVar(&o.crash, "crash", false, "crash in the end, and have that reported")
	flag.StringVar(&o.never, "never", "", "a text that must never leave this host")
	flag.StringVar(&o.text, "text", "", "a text that errors and panics have in them, and nothing else has")
	flag.Parse()
	os.Exit(run(o))
}

func run(o options) int {
	c := telemetry.Start(o.version, client.Config{Dir: o.dir})
	defer c.Close()
	if o.crash {
		if err := c.MonitorCrashes(); err != nil {
			fmt.Fprintf(os.Stderr, "error: %v\n", err)
		}
	}
	if o.never != "" {
		c.Never(o.never)
	}
	if o.searches > 0 {
		search(o.searches-o.fail, o.fail)
	} else {
		session(o.dir)
	}
	if o.text != "" {
		fail(c, o.text)
	}
	if err := user(c, o); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
	}
	if o.crash {
		crash(o.never + o.text)
	}
	return o.exit
}

// session is what a user does in a few moments.
func session(dir string) {
	began := time.Now()
	telemetry.SetEdition(telemetry.EditionEnterprise)
	telemetry.SetDeployment(telemetry.DeploymentOnPremises)
	telemetry.SetSyncOn(true)
	telemetry.MenuUsed(telemetry.MenuOpen)
	telemetry.AddMenuUsed(3, telemetry.MenuFind)
	telemetry.ButtonUsed(telemetry.ButtonSearch)
	telemetry.SetSearchResults(42)
	telemetry.OperationDuration(time.Since(began)+340*time.Millisecond, telemetry.OperationSearch)
	telemetry.Error(open(dir), telemetry.ErrorOperationOpen)
	telemetry.Error(fmt.Errorf("save %s: %w", dir, telemetry.ErrorDiskFull), telemetry.ErrorOperationSave)
	telemetry.SetSurveyUsage(telemetry.SurveyUsageHigh)
	telemetry.AnswerSurveyScore(9)
	telemetry.AnswerSurveyReason(telemetry.SurveyReasonFast)
}

// open fails with an error that has a path in it.
func open(dir string) error { return &fs.PathError{Op: "open", Path: dir, Err: fs.ErrNotExist} }

// fail fails in every way in which a text gets into an error: in its message, in
// what it wraps, in a panic that is caught, and as the argument of a goroutine
// that a crash finds waiting.
func fail(c *client.Client, text string) {
	within := &fs.PathError{Op: "open", Path: text, Err: errors.New(text)}
	telemetry.Error(within, telemetry.ErrorOperationOpen)
	telemetry.Error(fmt.Errorf("save %s: %w", text, within), telemetry.ErrorOperationSave)
	telemetry.Error(errors.Join(errors.New(text), within), telemetry.ErrorOperationSearch)
	func() {
		defer func() { _ = recover() }() // it was reported, and the session goes on
		defer c.Recover()
		panic(text)
	}()
	go func(string) { select {} }(text)
}

// user is what a user asks for himself.
func user(c *client.Client, o options) error {
	if o.about {
		in, err := c.Installation(context.Background())
		if err != nil {
			return err
		}
		fmt.Println(in.Spoken)
	}
	if o.send {
		sent, err := c.SendNow(context.Background())
		if err != nil {
			return err
		}
		if sent.Reason != "" {
			return errors.New(sent.Reason)
		}
	}
	return nil
}

// crash panics with a text that must not leave this host.
func crash(secret string) { panic("cannot go on: " + secret) }
