// Package figures holds Tacit's promises about custody and anonymity as one
// table: promise, the test that could refute it, and the figure of the last run.
//
// A test picks its size with [Size] and notes what it measured with [Report].
// The commands that run the tests print the table:
//
//	make test     short sizes        TACIT_RUN=test, the default
//	make faults   long               TACIT_RUN=faults
//	make soak     very long          TACIT_RUN=soak
//
// TACIT_FIGURES names the directory in which tests leave their figures for the
// command table to gather; without it a figure is logged only. A promise that a
// run should have a figure for, and has not, fails the command: a test that did
// not run proves nothing.
package figures
