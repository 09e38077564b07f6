// Package process is what a process does about its own memory: it keeps what it
// knows inside, and gives back what it does not need.
//
// Keys, installation IDs and records in memory must not get into a core file,
// which outlives every promise about the disk: see [KeepSecrets].
// On Linux the process is made undumpable, which also keeps other processes of
// the same user from attaching to it and reading its memory, and is the only
// thing that stops a core pattern that is a pipe. On every Unix the greatest
// core file is set to nothing, for good: neither GOTRACEBACK=crash nor a shell's
// ulimit brings it back. On Windows the box and the report of a crash are
// switched off. What a panic or SIGQUIT prints is Go's: names of functions,
// and numbers for arguments; the text of a panic's value is printed, so do not
// panic with a value that a stranger or a record could fill.
//
// It promises nothing against root, hibernation or swap.
//
// A process that waits for an hour gives back free memory and, on Linux, the
// pages of its own code: see [GiveBack]. They stay in the host's page cache as
// long as the host has room for them, and count for this process again once they
// are used; where the host has dropped them, that first use reads the disk.
package process
